//! One walk over a batch's records, for what the header can not be trusted with.

use super::compression::Decompressor;
use super::parser::{Records, Source};
use super::record_iter::{check_count, split_batch};
use super::source::{BorrowedSource, StreamSource};
use super::{BatchError, BatchHeader, Compression};

/// What one batch may cost to validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationLimits {
    /// The most bytes its records may have when they are decompressed. It
    /// bounds time only: records pass through a window of 16 KiB.
    pub decompressed_bytes_max: usize,
}

impl Default for ValidationLimits {
    /// 256 MiB, which is 256 times Kafka's default `max.message.bytes`.
    fn default() -> Self {
        Self {
            decompressed_bytes_max: 256 * 1024 * 1024,
        }
    }
}

/// What the records of a batch really are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordsSummary {
    /// The batch's header; its `records_count` is now known to be true.
    pub header: BatchHeader,
    /// How many records there are. They ascend within the header's range of
    /// offsets, and so are without a gap if this is `last_offset_delta + 1`.
    pub count: i32,
    /// The least timestamp, milliseconds since the Unix epoch; `-1` without records.
    pub min_timestamp: i64,
    /// The greatest timestamp, which the header's need not be; `-1` without records.
    pub max_timestamp: i64,
    /// Offset of the first record that has `max_timestamp`; `-1` without records.
    pub offset_of_max_timestamp: i64,
    /// How many records have no key, which a compacted topic does not accept.
    pub null_keys: i32,
    /// Length of the records in bytes, decompressed.
    pub decompressed_bytes: usize,
}

/// One record as the walk sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// Position in the batch from 0, as record errors in a produce response count. KIP-467.
    pub index: i32,
    pub offset: i64,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Bytes of the key, `None` without one.
    pub key_len: Option<usize>,
    /// Bytes of the value, `None` for a tombstone.
    pub value_len: Option<usize>,
}

/// Walks every record of the batch at the front of `batch` without allocating
/// for any of them: structure, count, and offsets and timestamps against the
/// header. The checksum and header keys' encoding are not looked at.
///
/// # Errors
/// Whatever [`BatchError`] says of a batch. Kafka accepts header keys that are
/// not UTF-8, and so does this.
pub fn validate_records(
    batch: &[u8],
    limits: &ValidationLimits,
) -> Result<RecordsSummary, BatchError> {
    let mut summary = RecordsSummary {
        header: BatchHeader::default(),
        count: 0,
        min_timestamp: -1,
        max_timestamp: -1,
        offset_of_max_timestamp: -1,
        null_keys: 0,
        decompressed_bytes: 0,
    };
    let (header, decompressed_bytes) = walk(batch, limits, |record| {
        if summary.count == 0 || record.timestamp < summary.min_timestamp {
            summary.min_timestamp = record.timestamp;
        }
        if summary.count == 0 || record.timestamp > summary.max_timestamp {
            summary.max_timestamp = record.timestamp;
            summary.offset_of_max_timestamp = record.offset;
        }
        summary.null_keys += i32::from(record.key_len.is_none());
        summary.count += 1;
    })?;
    summary.header = header;
    summary.decompressed_bytes = decompressed_bytes;
    Ok(summary)
}

/// As [`validate_records`], showing each record to `visit`: for finding out
/// which records of a refused batch are to blame.
///
/// # Errors
/// Those of [`validate_records`]; `visit` has then seen the records before the bad one.
pub fn walk_records(
    batch: &[u8],
    limits: &ValidationLimits,
    visit: impl FnMut(&RecordView),
) -> Result<BatchHeader, BatchError> {
    walk(batch, limits, visit).map(|(header, _)| header)
}

fn walk(
    batch: &[u8],
    limits: &ValidationLimits,
    visit: impl FnMut(&RecordView),
) -> Result<(BatchHeader, usize), BatchError> {
    let (header, records) = split_batch(batch)?;
    let codec = header.compression()?;
    let length = if codec == Compression::None {
        check_count(&header, records.len())?;
        walk_source(header, BorrowedSource::new(records), visit)
    } else {
        let stream = Decompressor::new(codec, records, limits.decompressed_bytes_max)?;
        walk_source(header, StreamSource::new(stream), visit)
    };
    Ok((header, length?))
}

fn walk_source<S: Source>(
    header: BatchHeader,
    source: S,
    mut visit: impl FnMut(&RecordView),
) -> Result<usize, BatchError> {
    let mut records = Records::new(header, source);
    while let Some(record) = records.next_record()? {
        visit(&RecordView {
            index: record.index,
            offset: record.offset,
            timestamp: record.timestamp,
            key_len: record.span.key.map(|range| range.len()),
            value_len: record.span.value.map(|range| range.len()),
        });
    }
    Ok(records.source().position())
}
