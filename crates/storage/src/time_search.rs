//! Finding records by time. KIP-79, KIP-734.

use highwater_protocol::record::{RawRecordIter, TimestampType};
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

use crate::error::StorageError;
use crate::log_reader::{LogReader, Published, TimestampAndOffset};
use crate::segment::{MaxTimestamp, Segment};

/// Batches were checked when they were appended, so this only bounds damage.
const DECOMPRESSED_BYTES_MAX: usize = 256 << 20;

impl LogReader {
    /// The first record with this or a later timestamp, if there is one.
    ///
    /// # Errors
    /// When files can not be read.
    pub fn offset_for_timestamp(
        &self,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, StorageError> {
        self.consistently(|view| search(view, timestamp.0))
    }

    /// The record with the largest timestamp, the first of them; `None` if empty. KIP-734.
    ///
    /// # Errors
    /// When files can not be read.
    pub fn max_timestamp(&self) -> Result<Option<TimestampAndOffset>, StorageError> {
        self.consistently(search_max)
    }
}

fn search(view: &Published, timestamp: i64) -> Result<Option<TimestampAndOffset>, StorageError> {
    for segment in view.segments.iter() {
        if segment.max_timestamp()?.timestamp < timestamp {
            continue;
        }
        let found = first_at_or_after(segment, timestamp, view.offsets.log_start.0)?;
        if let Some((timestamp, offset, epoch)) = found {
            return Ok(Some(answer(timestamp, offset, epoch)));
        }
    }
    Ok(None)
}

fn search_max(view: &Published) -> Result<Option<TimestampAndOffset>, StorageError> {
    let mut largest: Option<(MaxTimestamp, &Segment)> = None;
    for segment in view.segments.iter() {
        let max = segment.max_timestamp()?;
        if max.timestamp >= 0 && largest.is_none_or(|(l, _)| max.timestamp > l.timestamp) {
            largest = Some((max, segment));
        }
    }
    let Some((max, segment)) = largest else {
        return Ok(None);
    };
    let found = first_at_or_after(segment, max.timestamp, view.offsets.log_start.0)?;
    Ok(found.map(|(timestamp, offset, epoch)| answer(timestamp, offset, epoch)))
}

fn answer(timestamp: i64, offset: i64, epoch: i32) -> TimestampAndOffset {
    TimestampAndOffset {
        timestamp: TimestampMs(timestamp),
        offset: Offset(offset),
        leader_epoch: Some(LeaderEpoch(epoch)).filter(|epoch| *epoch != LeaderEpoch::UNKNOWN),
    }
}

/// Timestamp, offset and leader epoch of the first record at or after a time.
fn first_at_or_after(
    segment: &Segment,
    timestamp: i64,
    log_start: i64,
) -> Result<Option<(i64, i64, i32)>, StorageError> {
    let from = segment
        .time_index
        .offset_before(segment.time_index_file(), timestamp)?;
    let start = segment.find(from.max(log_start))?;
    let Some(start) = start.map(|found| found.position) else {
        return Ok(None);
    };
    let mut walk = segment.headers(start)?;
    while let Some((position, header)) = segment.walked(walk.next_header())? {
        if header.max_timestamp < timestamp || header.last_offset() < log_start {
            continue;
        }
        if header.timestamp_type() == TimestampType::LogAppendTime {
            let offset = header.base_offset.max(log_start);
            return Ok(Some((
                header.max_timestamp,
                offset,
                header.partition_leader_epoch,
            )));
        }
        let mut batch = segment.batches(position)?;
        let Some((_, _, bytes)) = segment.walked(batch.next_batch())? else {
            return Ok(None);
        };
        let corrupt = |error: highwater_protocol::record::BatchError| {
            segment.log_file().corrupt(error.to_string())
        };
        let records = RawRecordIter::new(&bytes, DECOMPRESSED_BYTES_MAX).map_err(corrupt)?;
        for record in records {
            let record = record.map_err(corrupt)?;
            if record.timestamp >= timestamp && record.offset >= log_start {
                return Ok(Some((
                    record.timestamp,
                    record.offset,
                    header.partition_leader_epoch,
                )));
            }
        }
    }
    Ok(None)
}
