//! Reading records of one topic.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::fetch::{FetchPartition, FetchTopic, PartitionData};
use highwater_protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use highwater_protocol::messages::{FetchRequest, ListOffsetsRequest};
use highwater_protocol::record::{BatchIter, Record, RecordIter};

use super::{Client, ClientError, PAUSE, Topic};

/// How long a broker waits for records before it answers without any.
const WAIT_MS: i32 = 500;
/// Bytes of one answer.
const FETCH_BYTES_MAX: i32 = 32 << 20;
/// Bytes of one partition in one answer.
const PARTITION_BYTES_MAX: i32 = 4 << 20;
/// Bytes of one batch after decompression.
const BATCH_BYTES_MAX: usize = 256 << 20;

const EARLIEST: i64 = -2;
const LATEST: i64 = -1;
const CONSUMER: i32 = -1;

/// Where reading begins, in every partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Beginning,
    End,
    Offset(i64),
    /// The first record at or after this time, in milliseconds since the Unix epoch.
    Timestamp(i64),
}

/// A record and where it was.
#[derive(Clone, Debug)]
pub struct Consumed {
    pub partition: i32,
    pub record: Record,
}

/// Reads some partitions of a topic from some offsets on.
pub struct Consumer {
    topic: Topic,
    /// The next offset to read, by partition.
    positions: BTreeMap<i32, i64>,
}

impl Consumer {
    /// A consumer of all partitions, or of the one that is named.
    pub async fn new(
        client: &mut Client,
        topic: &str,
        partition: Option<i32>,
        start: Start,
    ) -> Result<Self, ClientError> {
        let topic = client.topic(topic, false).await?;
        let wanted: Vec<i32> = topic
            .partitions
            .iter()
            .map(|each| each.index)
            .filter(|index| partition.is_none_or(|wanted| wanted == *index))
            .collect();
        if wanted.is_empty() {
            let subject = format!("{}-{}", topic.name, partition.unwrap_or_default());
            let unknown = ErrorCode::UnknownTopicOrPartition.code();
            return Err(ClientError::refused(&subject, unknown, None));
        }
        let positions = match start {
            Start::Offset(offset) => wanted.iter().map(|index| (*index, offset)).collect(),
            Start::Beginning => offsets_at(client, &topic, &wanted, EARLIEST).await?,
            Start::End => offsets_at(client, &topic, &wanted, LATEST).await?,
            Start::Timestamp(time) => offsets_at(client, &topic, &wanted, time).await?,
        };
        Ok(Self { topic, positions })
    }

    /// Where the partitions end now.
    pub async fn end_offsets(
        &self,
        client: &mut Client,
    ) -> Result<BTreeMap<i32, i64>, ClientError> {
        let wanted: Vec<i32> = self.positions.keys().copied().collect();
        offsets_at(client, &self.topic, &wanted, LATEST).await
    }

    /// The next offset to read, by partition.
    pub fn positions(&self) -> &BTreeMap<i32, i64> {
        &self.positions
    }

    /// The next records, possibly none.
    pub async fn poll(&mut self, client: &mut Client) -> Result<Vec<Consumed>, ClientError> {
        let leaders: BTreeSet<i32> = self
            .topic
            .partitions
            .iter()
            .filter(|each| self.positions.contains_key(&each.index))
            .map(|each| each.leader)
            .collect();
        let mut consumed = Vec::new();
        for leader in leaders {
            match self.poll_leader(client, leader, &mut consumed).await {
                Ok(()) => {}
                Err(error) if error.is_retriable() => self.refresh(client).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(consumed)
    }

    /// Asks again who leads, after a pause.
    async fn refresh(&mut self, client: &mut Client) -> Result<(), ClientError> {
        tokio::time::sleep(PAUSE).await;
        match client.topic(&self.topic.name, false).await {
            Ok(topic) => self.topic = topic,
            Err(error) if error.is_about_the_connection() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn poll_leader(
        &mut self,
        client: &mut Client,
        leader: i32,
        consumed: &mut Vec<Consumed>,
    ) -> Result<(), ClientError> {
        let partition = |each: &super::Partition| {
            Some(FetchPartition {
                partition: each.index,
                current_leader_epoch: each.leader_epoch,
                fetch_offset: *self.positions.get(&each.index)?,
                partition_max_bytes: PARTITION_BYTES_MAX,
                ..FetchPartition::default()
            })
        };
        let led = self
            .topic
            .partitions
            .iter()
            .filter(|each| each.leader == leader);
        let request = FetchRequest {
            max_wait_ms: WAIT_MS,
            min_bytes: 1,
            max_bytes: FETCH_BYTES_MAX,
            topics: vec![FetchTopic {
                topic: self.topic.name.clone(),
                topic_id: self.topic.id,
                partitions: led.filter_map(partition).collect(),
            }],
            ..FetchRequest::default()
        };
        let response = client.ask_node(leader, &request).await?;
        ClientError::check(&self.topic.name, response.error_code, None)?;
        let answers = response.responses.into_iter();
        for data in answers.flat_map(|topic| topic.partitions) {
            self.take(data, consumed)?;
        }
        Ok(())
    }

    /// Takes the records of one partition's answer. An answer begins with the whole
    /// batch that holds the wanted offset, so earlier records are left out.
    fn take(
        &mut self,
        data: PartitionData,
        consumed: &mut Vec<Consumed>,
    ) -> Result<(), ClientError> {
        let index = data.partition_index;
        let subject = format!("{}-{index}", self.topic.name);
        ClientError::check(&subject, data.error_code, None)?;
        let Some(position) = self.positions.get_mut(&index) else {
            return Ok(());
        };
        for batch in BatchIter::new(data.records.unwrap_or_default()) {
            let (header, bytes): (_, Bytes) = batch?;
            if header.next_offset() <= *position {
                continue;
            }
            if !header.is_control() {
                for record in RecordIter::new(&bytes, BATCH_BYTES_MAX)? {
                    let record = record?;
                    if record.offset >= *position {
                        consumed.push(Consumed {
                            partition: index,
                            record,
                        });
                    }
                }
            }
            *position = header.next_offset();
        }
        Ok(())
    }
}

/// Offsets by time, or the special ones; where no record is that new, the end.
async fn offsets_at(
    client: &mut Client,
    topic: &Topic,
    wanted: &[i32],
    timestamp: i64,
) -> Result<BTreeMap<i32, i64>, ClientError> {
    let mut offsets = BTreeMap::new();
    let mut without: Vec<i32> = Vec::new();
    for each in topic
        .partitions
        .iter()
        .filter(|each| wanted.contains(&each.index))
    {
        let request = ListOffsetsRequest {
            replica_id: CONSUMER,
            topics: vec![ListOffsetsTopic {
                name: topic.name.clone(),
                partitions: vec![ListOffsetsPartition {
                    partition_index: each.index,
                    current_leader_epoch: -1,
                    timestamp,
                }],
            }],
            ..ListOffsetsRequest::default()
        };
        let response = client.ask_node(each.leader, &request).await?;
        let answers = response.topics.into_iter();
        for answer in answers.flat_map(|topic| topic.partitions) {
            let subject = format!("{}-{}", topic.name, each.index);
            ClientError::check(&subject, answer.error_code, None)?;
            if answer.offset >= 0 {
                offsets.insert(each.index, answer.offset);
            } else {
                without.push(each.index);
            }
        }
    }
    if !without.is_empty() && timestamp != LATEST {
        let ends = Box::pin(offsets_at(client, topic, &without, LATEST)).await?;
        offsets.extend(ends);
    }
    Ok(offsets)
}
