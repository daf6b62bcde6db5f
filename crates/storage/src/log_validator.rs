//! What a leader checks before it appends, and what it stamps into the batches.

use bytes::{Bytes, BytesMut};
use highwater_protocol::record::{
    BatchError, BatchHeader, BatchIter, Compression, EndTransactionMarker, RawRecordIter,
    RecordView, TimestampType, ValidationLimits, patch, rebuild, verify_crc, walk_records,
};
use highwater_types::{LeaderEpoch, TimestampMs};

use crate::append::AppendOrigin;
use crate::config::{CompressionType, LogConfig, MessageTimestampType};
use crate::error::{AppendError, RecordError};
use crate::producer_state::Marker;

/// A refused batch may have very many bad records; so many are named.
const RECORD_ERRORS_MAX: usize = 100;

/// A batch that passed, and where it is in the bytes to append.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckedBatch {
    pub(crate) header: BatchHeader,
    /// Set for a control batch that ends a transaction.
    pub(crate) marker: Option<Marker>,
}

/// Checks batches on their way into a leader's log. Kafka: `LogValidator` and
/// the checks of `UnifiedLog` before it.
pub(crate) struct LogValidator<'a> {
    pub(crate) config: &'a LogConfig,
    pub(crate) origin: AppendOrigin,
    pub(crate) now: TimestampMs,
}

impl LogValidator<'_> {
    /// Checks the batches and recompresses them if the topic asks for it. Offsets
    /// are not assigned yet.
    pub(crate) fn check(&self, batches: Bytes) -> Result<(Bytes, Vec<CheckedBatch>), AppendError> {
        let size = batches.len();
        let mut checked = Vec::with_capacity(1);
        let mut rebuilt: Option<BytesMut> = None;
        for batch in BatchIter::new(batches.clone()) {
            let (header, bytes) = batch.map_err(|error| refused(&error))?;
            if self.is_client() && !checked.is_empty() {
                return Err(invalid("a produce request has one batch per partition"));
            }
            let begin = bytes.as_ptr() as usize - batches.as_ptr() as usize;
            let (batch, kept) = self.check_batch(header, bytes)?;
            if let Some(new) = kept {
                rebuilt
                    .get_or_insert_with(|| BytesMut::from(batches.get(..begin).unwrap_or_default()))
                    .extend_from_slice(&new);
            } else if let Some(rebuilt) = &mut rebuilt {
                let end = begin + header.size_in_bytes();
                rebuilt.extend_from_slice(batches.get(begin..end).unwrap_or_default());
            }
            checked.push(batch);
        }
        if checked.is_empty() {
            return Err(invalid(&format!("there is no batch in {size} bytes")));
        }
        Ok((rebuilt.map_or(batches, BytesMut::freeze), checked))
    }

    fn is_client(&self) -> bool {
        self.origin == AppendOrigin::Client
    }

    /// Checks one batch. Answers its bytes if they are other than before.
    fn check_batch(
        &self,
        header: BatchHeader,
        bytes: Bytes,
    ) -> Result<(CheckedBatch, Option<Bytes>), AppendError> {
        self.check_size(bytes.len())?;
        verify_crc(&bytes).map_err(|error| refused(&error))?;
        let mut header = header;
        let mut kept = None;
        if self.is_client() {
            check_client_header(&header)?;
            let max_timestamp = self.check_records(&header, &bytes)?;
            // The producer's own claim is not trusted: readers search by it.
            header.max_timestamp = max_timestamp;
        }
        if self.origin != AppendOrigin::RaftLeader
            && !header.is_control()
            && let Some(new) = self.recompress(&header, &bytes)?
        {
            self.check_size(new.len())?;
            let max_timestamp = header.max_timestamp;
            header = BatchHeader::parse(&new).map_err(|error| refused(&error))?;
            header.max_timestamp = max_timestamp;
            kept = Some(new);
        }
        let marker = read_marker(&header, kept.as_ref().unwrap_or(&bytes))?;
        Ok((CheckedBatch { header, marker }, kept))
    }

    fn check_size(&self, size: usize) -> Result<(), AppendError> {
        let limit = self.config.max_message_bytes as usize;
        if size > limit && self.origin != AppendOrigin::RaftLeader {
            return Err(AppendError::RecordTooLarge { size, limit });
        }
        Ok(())
    }

    /// Looks at every record: a count that lies, a missing key or a wrong time
    /// would be found by consumers otherwise, who can not get past it. Answers
    /// the largest timestamp.
    fn check_records(&self, header: &BatchHeader, bytes: &Bytes) -> Result<i64, AppendError> {
        let mut errors = Vec::new();
        let mut bad_time = false;
        let mut max_timestamp = TimestampMs::NONE.0;
        walk_records(bytes, &ValidationLimits::default(), |record| {
            max_timestamp = max_timestamp.max(record.timestamp);
            if let Some((is_time, message)) = self.check_record(header, record) {
                bad_time |= is_time;
                if errors.len() < RECORD_ERRORS_MAX {
                    errors.push(RecordError {
                        batch_index: record.index,
                        message,
                    });
                }
            }
        })
        .map_err(|error| refused(&error))?;
        if errors.is_empty() {
            return Ok(max_timestamp);
        }
        Err(if bad_time {
            AppendError::InvalidTimestamp {
                message: "One or more records have been rejected due to invalid timestamp".into(),
                records: errors,
            }
        } else {
            AppendError::InvalidRecord {
                message: format!(
                    "One or more records have been rejected due to {} record errors",
                    errors.len()
                ),
                records: errors,
            }
        })
    }

    /// What is wrong with a record, and whether that is its timestamp.
    fn check_record(&self, header: &BatchHeader, record: &RecordView) -> Option<(bool, String)> {
        if self.config.cleanup_policy.compact && record.key_len.is_none() {
            let message = "Compacted topic cannot accept message without key";
            return Some((false, message.into()));
        }
        let create_time = self.config.message_timestamp_type == MessageTimestampType::CreateTime;
        if create_time && record.timestamp != TimestampMs::NONE.0 {
            let age = self.now.0.saturating_sub(record.timestamp);
            let before = self.config.message_timestamp_before_max_ms;
            let after = self.config.message_timestamp_after_max_ms;
            if age > before || age.saturating_neg() > after {
                let earliest = self.now.0.saturating_sub(before);
                let latest = self.now.0.saturating_add(after);
                let message = format!(
                    "Timestamp {} of message with offset {} is out of range. The timestamp \
                     should be within [{earliest}, {latest}]",
                    record.timestamp, record.offset
                );
                return Some((true, message));
            }
        } else if header.timestamp_type() == TimestampType::LogAppendTime {
            let message = "Producer should not set timestamp type to LogAppendTime";
            return Some((true, message.into()));
        }
        None
    }

    fn recompress(
        &self,
        header: &BatchHeader,
        bytes: &Bytes,
    ) -> Result<Option<Bytes>, AppendError> {
        let (target, level) = match self.config.compression {
            CompressionType::Producer => return Ok(None),
            CompressionType::Uncompressed => (Compression::None, None),
            CompressionType::Gzip { level } => (Compression::Gzip, Some(level)),
            CompressionType::Snappy => (Compression::Snappy, None),
            CompressionType::Lz4 { level } => (Compression::Lz4, Some(level)),
            CompressionType::Zstd { level } => (Compression::Zstd, Some(level)),
        };
        let source = header.compression().map_err(|error| refused(&error))?;
        if source == target {
            return Ok(None);
        }
        let limit = ValidationLimits::default().decompressed_bytes_max;
        let rebuilt = rebuild(bytes, target, level, limit);
        Ok(Some(rebuilt.map_err(|error| refused(&error))?))
    }

    /// Stamps offsets, leader epoch and timestamps into checked batches, without
    /// a copy if nobody else holds the bytes.
    pub(crate) fn assign(
        &self,
        bytes: Bytes,
        batches: &mut [CheckedBatch],
        mut next_offset: i64,
        leader_epoch: LeaderEpoch,
    ) -> Result<Bytes, AppendError> {
        let mut bytes = bytes
            .try_into_mut()
            .unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        let log_append_time =
            self.config.message_timestamp_type == MessageTimestampType::LogAppendTime;
        let mut at = 0;
        for batch in batches {
            let end = at + batch.header.size_in_bytes();
            let slice = bytes
                .get_mut(at..end)
                .ok_or_else(|| invalid("the batches changed while they were looked at"))?;
            let mut stamp = || -> Result<BatchHeader, BatchError> {
                patch::set_base_offset(slice, next_offset)?;
                patch::set_partition_leader_epoch(slice, leader_epoch.0)?;
                let (kind, time) = if log_append_time {
                    (TimestampType::LogAppendTime, self.now.0)
                } else {
                    (TimestampType::CreateTime, batch.header.max_timestamp)
                };
                if self.origin != AppendOrigin::RaftLeader {
                    patch::set_max_timestamp_and_type(slice, kind, time)?;
                }
                BatchHeader::parse(slice)
            };
            batch.header = stamp().map_err(|error| refused(&error))?;
            next_offset = batch.header.next_offset();
            at = end;
        }
        Ok(bytes.freeze())
    }
}

/// Checks that a follower makes, whose leader made the others.
pub(crate) fn check_replicated(batches: &Bytes) -> Result<Vec<CheckedBatch>, AppendError> {
    BatchIter::new(batches.clone())
        .map(|batch| {
            let (header, bytes) = batch.map_err(|error| refused(&error))?;
            verify_crc(&bytes).map_err(|error| refused(&error))?;
            let marker = read_marker(&header, &bytes)?;
            Ok(CheckedBatch { header, marker })
        })
        .collect()
}

/// The transaction marker in a batch, if it is a control batch with one.
pub(crate) fn read_marker(
    header: &BatchHeader,
    bytes: &Bytes,
) -> Result<Option<Marker>, AppendError> {
    if !header.is_control() || !header.has_producer_id() {
        return Ok(None);
    }
    let limit = ValidationLimits::default().decompressed_bytes_max;
    let records = RawRecordIter::new(bytes, limit);
    let first = records.map_err(|error| refused(&error))?.next();
    // The cleaner may have removed the marker and left the batch.
    let Some(record) = first else {
        return Ok(None);
    };
    let record = record.map_err(|error| refused(&error))?;
    let marker = EndTransactionMarker::parse(&record).map_err(|error| refused(&error))?;
    Ok(marker.map(|marker| Marker {
        committed: marker.committed,
        coordinator_epoch: marker.coordinator_epoch,
        timestamp: record.timestamp,
    }))
}

fn check_client_header(header: &BatchHeader) -> Result<(), AppendError> {
    if header.base_offset != 0 {
        return Err(invalid(&format!(
            "the base offset of a produced batch is 0, not {}",
            header.base_offset
        )));
    }
    if header.records_count <= 0
        || header.last_offset_delta.checked_add(1) != Some(header.records_count)
    {
        return Err(invalid(&format!(
            "{} records can not have the offsets 0 to {}",
            header.records_count, header.last_offset_delta
        )));
    }
    if header.is_control() {
        return Err(invalid("clients are not allowed to write control records"));
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        return Err(invalid(&format!(
            "sequence {} of producer {} is negative",
            header.base_sequence, header.producer_id
        )));
    }
    Ok(())
}

fn invalid(message: &str) -> AppendError {
    AppendError::InvalidRecord {
        message: message.to_owned(),
        records: Vec::new(),
    }
}

/// Damage on the way is CORRUPT_MESSAGE, so that the producer sends it again;
/// what was wrong from the start is INVALID_RECORD.
pub(crate) fn refused(error: &BatchError) -> AppendError {
    match error {
        BatchError::Truncated { .. }
        | BatchError::InvalidLength(_)
        | BatchError::InvalidMagic(_)
        | BatchError::CrcMismatch { .. } => AppendError::CorruptMessage(error.to_string()),
        BatchError::UnknownCompression(_) => {
            AppendError::UnsupportedCompressionType(error.to_string())
        }
        BatchError::UnsupportedMagic(_)
        | BatchError::InvalidOffsets { .. }
        | BatchError::InvalidRecordCount(_)
        | BatchError::RecordCountMismatch { .. }
        | BatchError::Codec { .. }
        | BatchError::OutputLimit { .. }
        | BatchError::InvalidRecord { .. }
        | BatchError::InvalidControlRecord(_) => invalid(&error.to_string()),
    }
}
