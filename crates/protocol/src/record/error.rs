//! What can be wrong with a record batch.

use thiserror::Error;

use super::Compression;

/// Why a record batch, or a record in it, can not be read or written.
///
/// The log maps these to Kafka's codes: a batch that is not what its sender
/// sent is CORRUPT_MESSAGE, one that was sent wrongly is INVALID_RECORD.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// The buffer ends inside the batch. Harmless at the end of a fetched
    /// chunk or of a torn file, where the caller stops before the batch.
    #[error("the batch needs {needed} bytes, of which {available} are there")]
    Truncated { needed: usize, available: usize },

    /// The length field is shorter than a header, or the batch is longer than an `i32` can say.
    #[error("a batch can not have the length {0}")]
    InvalidLength(i64),

    /// A message set of format 0 or 1 (before Kafka 0.11), which is recognized to be refused.
    #[error("record format {0} is not supported, only format 2 is")]
    UnsupportedMagic(i8),

    /// A format that never existed.
    #[error("there is no record format {0}")]
    InvalidMagic(i8),

    /// The checksum in the header is not that of the bytes.
    #[error("the checksum is {stored:#010x}, but the bytes have {computed:#010x}")]
    CrcMismatch { stored: u32, computed: u32 },

    /// A negative offset, a negative offset range, or one that leaves the range of `i64`.
    #[error(
        "the offsets from {base_offset} on, with a last delta of {last_offset_delta}, are impossible"
    )]
    InvalidOffsets {
        base_offset: i64,
        last_offset_delta: i32,
    },

    /// A negative number of records, or more of them than their bytes can hold.
    #[error("a batch can not have {0} records")]
    InvalidRecordCount(i32),

    /// The records end before, or go on after, the number that the header promises.
    #[error("the header promises {declared} records, but there are {found}")]
    RecordCountMismatch { declared: i32, found: i32 },

    /// A compression code that is not assigned.
    #[error("there is no compression code {0}")]
    UnknownCompression(u8),

    /// The codec did not accept its input, or failed to write.
    #[error("{codec}: {reason}")]
    Codec { codec: Compression, reason: String },

    /// More comes out of the decompressor than the caller allows, in bytes.
    #[error("the records are longer than {limit} bytes when they are decompressed")]
    OutputLimit { limit: usize },

    /// A record that breaks the format; `index` counts from 0 within the batch.
    #[error("record {index} of the batch: {reason}")]
    InvalidRecord { index: i32, reason: &'static str },

    /// A control record whose key or value can not be read.
    #[error("control record: {0}")]
    InvalidControlRecord(&'static str),
}
