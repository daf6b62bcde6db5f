//! Readers: one that follows the partitions during the faults, one that reads all at the end.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::fetch::{
    FetchPartition, FetchRequest, FetchTopic, PartitionData,
};
use highwater_protocol::record::{BatchIter, RecordIter};
use highwater_types::{Offset, Uuid};

use super::BACKOFF;
use crate::client::Client;
use crate::history::{Event, History, Value, Watermarks};

/// Decompressed bytes of one batch that a reader is ready to take.
const BATCH_BYTES_MAX: usize = 16 << 20;

struct Reader<'a> {
    reader: u32,
    is_final: bool,
    topic_id: Uuid,
    history: &'a History,
    positions: Vec<Offset>,
}

/// Follows all partitions from the beginning until `stop` is set.
pub async fn run_reader(
    address: &str,
    reader: u32,
    topic_id: Uuid,
    partitions: i32,
    history: &History,
    stop: &Cell<bool>,
) {
    let mut reader = Reader::new(reader, false, topic_id, partitions, history);
    while !stop.get() {
        if let Ok(mut client) = Client::connect(address).await {
            while !stop.get() && reader.poll(&mut client).await.is_ok() {}
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

/// Reads every partition from its beginning to its end.
pub async fn read_all(address: &str, topic_id: Uuid, partitions: i32, history: &History) {
    let mut reader = Reader::new(u32::MAX, true, topic_id, partitions, history);
    loop {
        if let Ok(mut client) = Client::connect(address).await {
            while let Ok(at_end) = reader.poll(&mut client).await {
                if at_end {
                    return;
                }
            }
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

impl<'a> Reader<'a> {
    fn new(
        reader: u32,
        is_final: bool,
        topic_id: Uuid,
        partitions: i32,
        history: &'a History,
    ) -> Self {
        Self {
            reader,
            is_final,
            topic_id,
            history,
            positions: vec![Offset::ZERO; partitions as usize],
        }
    }

    /// Fetches once from all partitions; whether all of them were at their end.
    async fn poll(&mut self, client: &mut Client) -> io::Result<bool> {
        let response = client.call(17, &self.request()).await?;
        let mut partitions_at_end = 0;
        for partition in response
            .responses
            .iter()
            .flat_map(|topic| &topic.partitions)
        {
            match ErrorCode::from_code(partition.error_code) {
                ErrorCode::None => partitions_at_end += usize::from(self.take(partition)),
                error if error.is_retriable() => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                error => self.start_over(partition.partition_index, error),
            }
        }
        Ok(partitions_at_end == self.positions.len())
    }

    /// The reader only asks for offsets that it was told of, so none can be wrong.
    fn start_over(&mut self, partition: i32, error: ErrorCode) {
        let position = &mut self.positions[partition as usize];
        let what = format!("reader {} got {error:?} at {position}", self.reader);
        self.history.record(partition, Event::Impossible { what });
        *position = Offset::ZERO;
    }

    fn take(&mut self, partition: &PartitionData) -> bool {
        let index = partition.partition_index;
        let position = self.positions[index as usize];
        let records = partition.records.clone().unwrap_or_default();
        // The network does not damage bytes, so the broker served something broken.
        let records = parse(records, position)
            .unwrap_or_else(|what| panic!("partition {index} from {position}: {what}"));
        let next = records.last().map_or(position, |last| last.0.plus(1));
        self.positions[index as usize] = next;
        let watermarks = Watermarks {
            log_start: Offset(partition.log_start_offset),
            last_stable: Offset(partition.last_stable_offset),
            high_watermark: Offset(partition.high_watermark),
        };
        let event = Event::Polled {
            reader: self.reader,
            position,
            records,
            watermarks,
            is_final: self.is_final,
        };
        self.history.record(index, event);
        next == watermarks.high_watermark
    }

    fn request(&self) -> FetchRequest {
        let partitions = self
            .positions
            .iter()
            .zip(0..)
            .map(|(offset, partition)| FetchPartition {
                partition,
                fetch_offset: offset.get(),
                partition_max_bytes: 64 * 1024,
                ..FetchPartition::default()
            });
        FetchRequest {
            max_wait_ms: 100,
            min_bytes: 1,
            topics: vec![FetchTopic {
                topic_id: self.topic_id,
                partitions: partitions.collect(),
                ..FetchTopic::default()
            }],
            ..FetchRequest::default()
        }
    }
}

/// The values of whole batches, from `position` on.
fn parse(batches: Bytes, position: Offset) -> Result<Vec<(Offset, Value)>, String> {
    let mut records = Vec::new();
    for batch in BatchIter::new(batches) {
        let (_, batch) = batch.map_err(|error| error.to_string())?;
        for record in RecordIter::new(&batch, BATCH_BYTES_MAX).map_err(|error| error.to_string())? {
            let record = record.map_err(|error| error.to_string())?;
            let offset = Offset(record.offset);
            let value = record.value.as_deref().and_then(Value::parse);
            let value = value.ok_or_else(|| format!("no producer wrote what is at {offset}"))?;
            if offset >= position {
                records.push((offset, value));
            }
        }
    }
    Ok(records)
}
