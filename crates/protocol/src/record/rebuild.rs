//! A batch in another codec.

use bytes::Bytes;

use super::batch_builder::seal;
use super::header::attributes;
use super::record_iter::decompressed;
use super::{BatchError, BatchHeader, Compression};

/// Writes the batch at the front of `batch` with another codec or level.
/// Producer, sequence, offsets, timestamps and every record stay as they are,
/// to the byte; only length, codec bits and checksum are new.
///
/// The records are not walked: see [`super::validate_records`].
///
/// # Errors
/// Those of [`BatchHeader::parse_complete`] and of both codecs;
/// [`BatchError::OutputLimit`] above `decompressed_bytes_max` bytes of records;
/// `InvalidLength` if the result is above 2 GiB.
pub fn rebuild(
    batch: &Bytes,
    codec: Compression,
    level: Option<i32>,
    decompressed_bytes_max: usize,
) -> Result<Bytes, BatchError> {
    let (header, records) = decompressed(batch, decompressed_bytes_max)?;
    let mut out = Vec::with_capacity(BatchHeader::LEN + records.len() / 2);
    out.resize(BatchHeader::LEN, 0);
    codec.compress_into(level, &records, &mut out)?;
    let attributes = header.attributes & !attributes::COMPRESSION_MASK;
    let header = BatchHeader {
        attributes: attributes | i16::from(codec.code()),
        ..header
    };
    seal(header, out)
}
