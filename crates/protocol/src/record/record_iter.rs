//! The records of a batch, one after the other.

use bytes::Bytes;

use super::parser::{Parsed, RECORD_LEN_MIN, Records};
use super::source::OwnedSource;
use super::{BatchError, BatchHeader, RawRecord, Record};

/// Reads a batch's records without decoding their headers. Uncompressed
/// records are slices of the batch; compressed ones of one decompressed buffer.
///
/// Control batches are read like others. The checksum is not looked at. The
/// first error ends the iteration, so that everything before it is good.
pub struct RawRecordIter {
    records: Records<OwnedSource>,
}

/// [`RawRecordIter`] with headers decoded, for records whose author is known.
pub struct RecordIter(RawRecordIter);

impl RawRecordIter {
    /// Begins with the batch at the front of `batch`, decompressing to at most
    /// `decompressed_bytes_max` bytes of memory.
    ///
    /// # Errors
    /// Those of [`BatchHeader::parse_complete`] and of
    /// [`super::Compression::decompress`].
    pub fn new(batch: &Bytes, decompressed_bytes_max: usize) -> Result<Self, BatchError> {
        let (header, records) = decompressed(batch, decompressed_bytes_max)?;
        Ok(Self {
            records: Records::new(header, OwnedSource::new(records)),
        })
    }

    /// The batch's header.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        self.records.header()
    }

    fn raw(&self, parsed: Parsed) -> RawRecord {
        let bytes = &self.records.source().bytes;
        let span = parsed.span;
        RawRecord {
            attributes: span.attributes,
            timestamp: parsed.timestamp,
            offset: parsed.offset,
            key: span.key.map(|range| bytes.slice(range)),
            value: span.value.map(|range| bytes.slice(range)),
            header_count: span.header_count,
            headers: bytes.slice(span.headers),
            index: parsed.index,
        }
    }
}

impl Iterator for RawRecordIter {
    type Item = Result<RawRecord, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let parsed = self.records.next_record().transpose()?;
        Some(parsed.map(|parsed| self.raw(parsed)))
    }
}

impl RecordIter {
    /// See [`RawRecordIter::new`].
    ///
    /// # Errors
    /// See [`RawRecordIter::new`].
    pub fn new(batch: &Bytes, decompressed_bytes_max: usize) -> Result<Self, BatchError> {
        RawRecordIter::new(batch, decompressed_bytes_max).map(Self)
    }

    /// The batch's header.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        self.0.header()
    }
}

impl Iterator for RecordIter {
    type Item = Result<Record, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(RawRecord::decode))
    }
}

/// The header and the records of a complete batch, still compressed.
pub(super) fn split_batch(batch: &[u8]) -> Result<(BatchHeader, &[u8]), BatchError> {
    let header = BatchHeader::parse_complete(batch)?;
    let records = batch
        .get(BatchHeader::LEN..header.size_in_bytes())
        .unwrap_or_default();
    Ok((header, records))
}

/// The header and the records of a complete batch, decompressed.
pub(super) fn decompressed(
    batch: &Bytes,
    decompressed_bytes_max: usize,
) -> Result<(BatchHeader, Bytes), BatchError> {
    let (header, records) = split_batch(batch)?;
    let codec = header.compression()?;
    let records = codec.decompress(&batch.slice_ref(records), decompressed_bytes_max)?;
    check_count(&header, records.len())?;
    Ok((header, records))
}

/// Refuses a count that so many decompressed bytes can not hold.
pub(super) fn check_count(header: &BatchHeader, length: usize) -> Result<(), BatchError> {
    let count = header.records_count;
    match usize::try_from(count) {
        Ok(least) if least <= length / RECORD_LEN_MIN => Ok(()),
        _ => Err(BatchError::InvalidRecordCount(count)),
    }
}
