//! Making a batch out of records.

use bytes::Bytes;

use super::header::attributes;
use super::varint::{varint_len, write_varint, write_varlong};
use super::{BatchError, BatchHeader, Compression, Header, RawRecord, patch};

/// Collects records and writes them as one batch. Begins as an uncompressed
/// batch of a producer without idempotence, at offset 0, with the producers'
/// timestamps; the consuming methods change that and come before the first
/// record.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    header: BatchHeader,
    compression: Compression,
    level: Option<i32>,
    log_append_time: Option<i64>,
    base_timestamp: Option<i64>,
    /// The encoded records behind room for the header.
    buffer: Vec<u8>,
    next_offset: i64,
}

impl Default for BatchBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl BatchBuilder {
    #[must_use]
    pub fn new() -> Self {
        let header = BatchHeader {
            magic: BatchHeader::MAGIC,
            partition_leader_epoch: -1,
            last_offset_delta: -1,
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            ..BatchHeader::default()
        };
        Self {
            header,
            compression: Compression::None,
            level: None,
            log_append_time: None,
            base_timestamp: None,
            buffer: vec![0; BatchHeader::LEN],
            next_offset: 0,
        }
    }

    /// A builder for what a cleaner keeps of a batch: producer, sequence,
    /// epoch, attributes and offset range stay, whichever records are appended;
    /// so does the maximum timestamp if there are none. Records must come with
    /// their offsets, by [`BatchBuilder::append_raw`].
    ///
    /// # Errors
    /// [`BatchError::UnknownCompression`].
    pub fn retaining(original: &BatchHeader, level: Option<i32>) -> Result<Self, BatchError> {
        let mut builder = Self::new().base_offset(original.base_offset);
        builder.compression = original.compression()?;
        builder.level = level;
        builder.base_timestamp = original.delete_horizon_ms();
        builder.header = BatchHeader {
            records_count: 0,
            ..*original
        };
        Ok(builder)
    }

    /// Offset of the first record, and where the batch's range begins.
    #[must_use]
    pub fn base_offset(mut self, offset: i64) -> Self {
        self.header.base_offset = offset;
        self.next_offset = offset;
        self
    }

    #[must_use]
    pub fn partition_leader_epoch(mut self, epoch: i32) -> Self {
        self.header.partition_leader_epoch = epoch;
        self
    }

    /// The codec and its level, see [`Compression::compress_into`].
    #[must_use]
    pub fn compression(mut self, codec: Compression, level: Option<i32>) -> Self {
        self.compression = codec;
        self.level = level;
        self
    }

    /// The idempotent producer and the sequence number of its first record. KIP-98.
    #[must_use]
    pub fn producer(mut self, id: i64, epoch: i16, base_sequence: i32) -> Self {
        self.header.producer_id = id;
        self.header.producer_epoch = epoch;
        self.header.base_sequence = base_sequence;
        self
    }

    /// Makes the batch part of its producer's transaction.
    #[must_use]
    pub fn transactional(mut self) -> Self {
        self.header.attributes |= attributes::TRANSACTIONAL;
        self
    }

    /// Makes the records markers for brokers, see [`super::ControlRecordType`].
    #[must_use]
    pub fn control(mut self) -> Self {
        self.header.attributes |= attributes::CONTROL;
        self
    }

    /// Gives every record the broker's time, in milliseconds since the Unix
    /// epoch. The producer's times stay in the records, where readers ignore them.
    #[must_use]
    pub fn log_append_time(mut self, time_ms: i64) -> Self {
        self.header.attributes |= attributes::LOG_APPEND_TIME;
        self.log_append_time = Some(time_ms);
        self
    }

    /// Sets the time from which tombstones and markers may go. KIP-534.
    #[must_use]
    pub fn delete_horizon(mut self, time_ms: i64) -> Self {
        self.header.attributes |= attributes::DELETE_HORIZON;
        self.base_timestamp = Some(time_ms);
        self
    }

    /// Appends a record at the next offset.
    ///
    /// # Errors
    /// [`BatchError::InvalidRecord`] if the timestamp is too far from the first
    /// one's, `InvalidOffsets` at the end of the offsets, and `InvalidLength`
    /// if a part is too long. The builder is as before then.
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> Result<(), BatchError> {
        let headers_length: usize = headers
            .iter()
            .map(|header| {
                bytes_len(Some(header.key.as_bytes())) + bytes_len(header.value.as_deref())
            })
            .sum();
        let parts = Parts {
            attributes: 0,
            offset: self.next_offset,
            timestamp,
            key,
            value,
            header_count: headers.len(),
            headers_length,
        };
        self.append_parts(&parts, |buffer| {
            for header in headers {
                put_bytes(buffer, Some(header.key.as_bytes()));
                put_bytes(buffer, header.value.as_deref());
            }
        })
    }

    /// Appends a record with its own offset, which may leave a gap, and its headers as they are.
    ///
    /// # Errors
    /// Those of [`BatchBuilder::append`]; `InvalidOffsets` also if the offset does not ascend.
    pub fn append_raw(&mut self, record: &RawRecord) -> Result<(), BatchError> {
        let parts = Parts {
            attributes: record.attributes,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            header_count: record.header_count,
            headers_length: record.headers.len(),
        };
        self.append_parts(&parts, |buffer| buffer.extend_from_slice(&record.headers))
    }

    fn append_parts(
        &mut self,
        parts: &Parts<'_>,
        put_headers: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), BatchError> {
        let base_timestamp = self.base_timestamp.unwrap_or(parts.timestamp);
        let timestamp_delta =
            parts
                .timestamp
                .checked_sub(base_timestamp)
                .ok_or(BatchError::InvalidRecord {
                    index: self.header.records_count,
                    reason: "its timestamp is too far from the first one's",
                })?;
        let offset_delta = self.offset_delta(parts.offset)?;
        let header_count = length_i32(parts.header_count)?;
        for part in [parts.key, parts.value].into_iter().flatten() {
            length_i32(part.len())?;
        }
        let length = 1
            + varint_len(timestamp_delta)
            + varint_len(offset_delta.into())
            + bytes_len(parts.key)
            + bytes_len(parts.value)
            + varint_len(header_count.into())
            + parts.headers_length;
        // The whole batch must be countable too, before compression.
        length_i32(self.buffer.len().saturating_add(length))?;

        write_varint(&mut self.buffer, length_i32(length)?);
        let start = self.buffer.len();
        self.buffer.push(parts.attributes.cast_unsigned());
        write_varlong(&mut self.buffer, timestamp_delta);
        write_varint(&mut self.buffer, offset_delta);
        put_bytes(&mut self.buffer, parts.key);
        put_bytes(&mut self.buffer, parts.value);
        write_varint(&mut self.buffer, header_count);
        put_headers(&mut self.buffer);
        assert_eq!(
            self.buffer.len() - start,
            length,
            "a record is as long as it says"
        );

        self.base_timestamp = Some(base_timestamp);
        self.next_offset = parts.offset + 1;
        self.header.max_timestamp = match self.log_append_time {
            Some(time) => time,
            // The first record replaces what `retaining` has taken over.
            None if self.is_empty() => parts.timestamp,
            None => self.header.max_timestamp.max(parts.timestamp),
        };
        self.header.last_offset_delta = self.header.last_offset_delta.max(offset_delta);
        self.header.records_count += 1;
        Ok(())
    }

    fn offset_delta(&self, offset: i64) -> Result<i32, BatchError> {
        let impossible = BatchError::InvalidOffsets {
            base_offset: offset,
            last_offset_delta: self.header.last_offset_delta,
        };
        if offset < self.next_offset || offset < 0 || offset == i64::MAX {
            return Err(impossible);
        }
        i32::try_from(offset - self.header.base_offset).map_err(|_| impossible)
    }

    /// How many records have been appended.
    #[must_use]
    pub fn records_count(&self) -> i32 {
        self.header.records_count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.records_count == 0
    }

    /// Length of the batch in bytes, were it not compressed.
    #[must_use]
    pub fn uncompressed_size(&self) -> usize {
        self.buffer.len()
    }

    /// Writes the batch. One without records is only possible after
    /// [`BatchBuilder::retaining`], where it keeps its offsets and its
    /// producer's sequence alive.
    ///
    /// # Errors
    /// [`BatchError::InvalidOffsets`] for an empty batch without a range of
    /// offsets, `Codec` from the compressor, `InvalidLength` above 2 GiB.
    pub fn build(mut self) -> Result<Bytes, BatchError> {
        if self.is_empty() {
            // An empty stream of some codecs has a length; no records have none.
            self.compression = Compression::None;
        }
        let code = i16::from(self.compression.code());
        self.header.attributes = self.header.attributes & !attributes::COMPRESSION_MASK | code;
        self.header.base_timestamp = self.base_timestamp.unwrap_or(self.header.base_timestamp);
        let batch = if self.compression == Compression::None {
            self.buffer
        } else {
            let records = self.buffer.get(BatchHeader::LEN..).unwrap_or_default();
            let mut batch = vec![0; BatchHeader::LEN];
            self.compression
                .compress_into(self.level, records, &mut batch)?;
            batch
        };
        seal(self.header, batch)
    }
}

/// Writes `header` over the first 61 bytes of `batch`, with the right length and checksum.
pub(super) fn seal(mut header: BatchHeader, mut batch: Vec<u8>) -> Result<Bytes, BatchError> {
    header.batch_length = length_i32(batch.len().saturating_sub(BatchHeader::LOG_OVERHEAD))?;
    let available = batch.len();
    let mut front = batch
        .get_mut(..BatchHeader::LEN)
        .ok_or(BatchError::Truncated {
            needed: BatchHeader::LEN,
            available,
        })?;
    header.write(&mut front);
    patch::update_crc(&mut batch)?;
    Ok(batch.into())
}

/// One record's parts, before they are encoded.
struct Parts<'a> {
    attributes: i8,
    offset: i64,
    timestamp: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    header_count: usize,
    headers_length: usize,
}

fn length_i32(length: usize) -> Result<i32, BatchError> {
    i32::try_from(length)
        .map_err(|_| BatchError::InvalidLength(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// Encoded length of nullable bytes.
fn bytes_len(bytes: Option<&[u8]>) -> usize {
    // Lengths that do not fit are refused before anything is written.
    let length = bytes.map_or(-1, |bytes| bytes.len() as i64);
    varint_len(length) + bytes.map_or(0, <[u8]>::len)
}

fn put_bytes(buffer: &mut Vec<u8>, bytes: Option<&[u8]>) {
    write_varlong(buffer, bytes.map_or(-1, |bytes| bytes.len() as i64));
    buffer.extend_from_slice(bytes.unwrap_or_default());
}
