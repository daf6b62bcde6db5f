//! The 61 bytes in front of a batch's records.

use bytes::{Buf, BufMut};

use super::{BatchError, Compression};

/// The bits of [`BatchHeader::attributes`].
pub mod attributes {
    /// The codec's code.
    pub const COMPRESSION_MASK: i16 = 0b111;
    /// Set: timestamps are the broker's ([`super::TimestampType::LogAppendTime`]). KIP-32.
    pub const LOG_APPEND_TIME: i16 = 1 << 3;
    /// Set: the batch belongs to a transaction. KIP-98.
    pub const TRANSACTIONAL: i16 = 1 << 4;
    /// Set: the records are markers for brokers, not data. KIP-98.
    pub const CONTROL: i16 = 1 << 5;
    /// Set: `base_timestamp` is the time from which tombstones may go. KIP-534.
    pub const DELETE_HORIZON: i16 = 1 << 6;
}

/// Whose clock the timestamps of a batch come from. KIP-32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimestampType {
    /// The producer's: each record has its own.
    #[default]
    CreateTime,
    /// The broker's: every record has the batch's maximum timestamp.
    LogAppendTime,
}

/// A decoded batch header. All times are milliseconds since the Unix epoch,
/// `-1` means "none" for times, producer id, producer epoch and sequence.
///
/// A value that [`BatchHeader::parse`] returned has a supported magic, a length
/// of at least a header, a count of records that is not negative, and offsets
/// that do not overflow. Everything else is as the sender wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record (kept by compaction even if that record goes).
    pub base_offset: i64,
    /// Bytes after this field; the whole batch is 12 longer.
    pub batch_length: i32,
    /// Epoch of the leader that appended the batch, `-1` from a producer. Not under the checksum.
    pub partition_leader_epoch: i32,
    /// The format, always 2.
    pub magic: i8,
    /// CRC-32C of everything from `attributes` to the end of the batch.
    pub crc: u32,
    /// See [`attributes`].
    pub attributes: i16,
    /// Offset of the last record less `base_offset` (kept by compaction).
    pub last_offset_delta: i32,
    /// The records' timestamps are relative to this; or the delete horizon, see [`attributes`].
    pub base_timestamp: i64,
    /// The greatest timestamp in the batch.
    pub max_timestamp: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// Sequence number of the first record.
    pub base_sequence: i32,
    /// How many records follow, after decompression. Only a claim until they are walked.
    pub records_count: i32,
}

impl BatchHeader {
    /// Length of a header in bytes: where the records begin.
    pub const LEN: usize = 61;
    /// The bytes that `batch_length` does not count: `base_offset` and itself.
    pub const LOG_OVERHEAD: usize = 12;
    /// The only supported format.
    pub const MAGIC: i8 = 2;
    /// Position of the magic byte, the same in all formats.
    pub(super) const MAGIC_AT: usize = 16;
    /// Position of the checksum.
    pub(super) const CRC_AT: usize = 17;
    /// Position of the first byte under the checksum.
    pub(super) const ATTRIBUTES_AT: usize = 21;
    /// The shortest content a message of format 0 can have: checksum, magic,
    /// attributes, two lengths. Below it a length is wrong in any format.
    const LEGACY_LENGTH_MIN: i32 = 14;

    /// Reads the header at the front of `bytes`, which need not hold the rest of the batch.
    ///
    /// # Errors
    /// [`BatchError::Truncated`] if the header is not all there, and
    /// `InvalidLength`, `UnsupportedMagic`, `InvalidMagic`, `InvalidRecordCount`
    /// or `InvalidOffsets` if it makes no sense.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        Self::peek_magic(bytes)?;
        let Some(mut header) = bytes.get(..Self::LEN) else {
            return Err(BatchError::Truncated {
                needed: Self::LEN,
                available: bytes.len(),
            });
        };
        // The length was just checked, so none of these reads can be short.
        let header = Self {
            base_offset: header.get_i64(),
            batch_length: header.get_i32(),
            partition_leader_epoch: header.get_i32(),
            magic: header.get_i8(),
            crc: header.get_u32(),
            attributes: header.get_i16(),
            last_offset_delta: header.get_i32(),
            base_timestamp: header.get_i64(),
            max_timestamp: header.get_i64(),
            producer_id: header.get_i64(),
            producer_epoch: header.get_i16(),
            base_sequence: header.get_i32(),
            records_count: header.get_i32(),
        };
        header.check()?;
        Ok(header)
    }

    /// As [`BatchHeader::parse`], and the whole batch must be in `bytes` (which may go on after it).
    ///
    /// # Errors
    /// Those of [`BatchHeader::parse`].
    pub fn parse_complete(bytes: &[u8]) -> Result<Self, BatchError> {
        let header = Self::parse(bytes)?;
        let needed = header.size_in_bytes();
        if bytes.len() < needed {
            return Err(BatchError::Truncated {
                needed,
                available: bytes.len(),
            });
        }
        Ok(header)
    }

    /// Checks length and magic, which stand at the same place in all formats,
    /// so that a short message of an old format is not taken for a torn batch.
    fn peek_magic(bytes: &[u8]) -> Result<(), BatchError> {
        let Some(mut prefix) = bytes.get(..=Self::MAGIC_AT) else {
            return Err(BatchError::Truncated {
                needed: Self::LEN,
                available: bytes.len(),
            });
        };
        prefix.advance(8);
        let length = prefix.get_i32();
        prefix.advance(4);
        let magic = prefix.get_i8();
        if length < Self::LEGACY_LENGTH_MIN {
            return Err(BatchError::InvalidLength(length.into()));
        }
        match magic {
            Self::MAGIC if Self::size_of_length(length) < Self::LEN => {
                Err(BatchError::InvalidLength(length.into()))
            }
            Self::MAGIC => Ok(()),
            0 | 1 => Err(BatchError::UnsupportedMagic(magic)),
            _ => Err(BatchError::InvalidMagic(magic)),
        }
    }

    fn check(&self) -> Result<(), BatchError> {
        if self.records_count < 0 {
            return Err(BatchError::InvalidRecordCount(self.records_count));
        }
        let next = self
            .base_offset
            .checked_add(i64::from(self.last_offset_delta))
            .and_then(|last| last.checked_add(1));
        if self.base_offset < 0 || self.last_offset_delta < 0 || next.is_none() {
            return Err(BatchError::InvalidOffsets {
                base_offset: self.base_offset,
                last_offset_delta: self.last_offset_delta,
            });
        }
        Ok(())
    }

    const fn size_of_length(length: i32) -> usize {
        if length < 0 {
            return Self::LOG_OVERHEAD;
        }
        // Lossless: it is not negative, and `usize` has 32 bits or more.
        length as usize + Self::LOG_OVERHEAD
    }

    /// Appends the header's 61 bytes, with `crc` as it stands.
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_i64(self.base_offset);
        out.put_i32(self.batch_length);
        out.put_i32(self.partition_leader_epoch);
        out.put_i8(self.magic);
        out.put_u32(self.crc);
        out.put_i16(self.attributes);
        out.put_i32(self.last_offset_delta);
        out.put_i64(self.base_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(self.producer_id);
        out.put_i16(self.producer_epoch);
        out.put_i32(self.base_sequence);
        out.put_i32(self.records_count);
    }

    /// Length of the whole batch in bytes, header included.
    #[must_use]
    pub const fn size_in_bytes(&self) -> usize {
        Self::size_of_length(self.batch_length)
    }

    /// Offset of the last record.
    #[must_use]
    pub const fn last_offset(&self) -> i64 {
        self.base_offset
            .saturating_add(self.last_offset_delta as i64)
    }

    /// Offset of the first record after this batch.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// The codec of the records.
    ///
    /// # Errors
    /// [`BatchError::UnknownCompression`].
    pub const fn compression(&self) -> Result<Compression, BatchError> {
        // Three bits always fit.
        Compression::from_code((self.attributes & attributes::COMPRESSION_MASK) as u8)
    }

    #[must_use]
    pub const fn timestamp_type(&self) -> TimestampType {
        if self.attributes & attributes::LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.attributes & attributes::TRANSACTIONAL != 0
    }

    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.attributes & attributes::CONTROL != 0
    }

    /// The time from which the batch's tombstones and markers may be removed,
    /// if the cleaner has set one. KIP-534.
    #[must_use]
    pub const fn delete_horizon_ms(&self) -> Option<i64> {
        if self.attributes & attributes::DELETE_HORIZON == 0 {
            None
        } else {
            Some(self.base_timestamp)
        }
    }

    /// Whether an idempotent or transactional producer wrote the batch.
    #[must_use]
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id > -1
    }

    /// Sequence number of the last record, `-1` without a sequence. Sequence
    /// numbers wrap from `i32::MAX` to 0. KIP-98.
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        add_sequence(self.base_sequence, self.last_offset_delta)
    }
}

/// `sequence + increment` in the ring 0..=`i32::MAX`.
#[must_use]
pub const fn add_sequence(sequence: i32, increment: i32) -> i32 {
    // Both signs cleared after a wrapping sum is the sum modulo 2^31.
    sequence.wrapping_add(increment) & i32::MAX
}

/// Checks the checksum of the batch at the front of `bytes`.
///
/// # Errors
/// [`BatchError::CrcMismatch`], and those of [`BatchHeader::parse_complete`].
pub fn verify_crc(bytes: &[u8]) -> Result<(), BatchError> {
    let header = BatchHeader::parse_complete(bytes)?;
    let computed = crc32c::crc32c(checked_bytes(bytes, &header)?);
    if computed == header.crc {
        Ok(())
    } else {
        Err(BatchError::CrcMismatch {
            stored: header.crc,
            computed,
        })
    }
}

/// The part of the batch that the checksum covers.
pub(super) fn checked_bytes<'a>(
    bytes: &'a [u8],
    header: &BatchHeader,
) -> Result<&'a [u8], BatchError> {
    let needed = header.size_in_bytes();
    bytes
        .get(BatchHeader::ATTRIBUTES_AT..needed)
        .ok_or(BatchError::Truncated {
            needed,
            available: bytes.len(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> BatchHeader {
        BatchHeader {
            base_offset: 0x0102_0304_0506_0708,
            batch_length: 49,
            partition_leader_epoch: 5,
            magic: 2,
            crc: 0xdead_beef,
            attributes: 0,
            last_offset_delta: 3,
            base_timestamp: 1000,
            max_timestamp: 2000,
            producer_id: 77,
            producer_epoch: 8,
            base_sequence: i32::MAX - 1,
            records_count: 4,
        }
    }

    fn bytes(header: &BatchHeader) -> Vec<u8> {
        let mut out = Vec::new();
        header.write(&mut out);
        out
    }

    #[test]
    fn headers_round_trip() {
        let bytes = bytes(&header());
        assert_eq!(bytes.len(), BatchHeader::LEN);
        assert_eq!(BatchHeader::parse(&bytes), Ok(header()));
        assert_eq!(header().size_in_bytes(), 61);
        assert_eq!(header().next_offset(), 0x0102_0304_0506_070c);
    }

    #[test]
    fn every_truncation_is_reported() {
        let bytes = bytes(&header());
        for length in 0..bytes.len() {
            assert_eq!(
                BatchHeader::parse(&bytes[..length]),
                Err(BatchError::Truncated {
                    needed: 61,
                    available: length
                })
            );
        }
    }

    #[test]
    fn old_and_unknown_formats_have_their_own_errors() {
        for (magic, error) in [
            (0, BatchError::UnsupportedMagic(0)),
            (1, BatchError::UnsupportedMagic(1)),
            (3, BatchError::InvalidMagic(3)),
            (-1, BatchError::InvalidMagic(-1)),
        ] {
            let bytes = bytes(&BatchHeader { magic, ..header() });
            assert_eq!(BatchHeader::parse(&bytes), Err(error.clone()));
            // A message of an old format can be shorter than a header of this one.
            assert_eq!(BatchHeader::parse(&bytes[..26]), Err(error));
        }
    }

    #[test]
    fn impossible_fields_are_refused() {
        for length in [i32::MIN, -1, 0, 13, 14, 48] {
            let bytes = bytes(&BatchHeader {
                batch_length: length,
                ..header()
            });
            assert_eq!(
                BatchHeader::parse(&bytes),
                Err(BatchError::InvalidLength(length.into()))
            );
        }
        let count = BatchHeader {
            records_count: -1,
            ..header()
        };
        assert_eq!(
            BatchHeader::parse(&bytes(&count)),
            Err(BatchError::InvalidRecordCount(-1))
        );
        for (base_offset, last_offset_delta) in [(-1, 0), (0, -1), (i64::MAX, 0), (i64::MAX - 5, 6)]
        {
            let offsets = BatchHeader {
                base_offset,
                last_offset_delta,
                ..header()
            };
            assert_eq!(
                BatchHeader::parse(&bytes(&offsets)),
                Err(BatchError::InvalidOffsets {
                    base_offset,
                    last_offset_delta
                })
            );
        }
    }

    #[test]
    fn a_batch_may_be_longer_than_what_is_there() {
        let bytes = bytes(&BatchHeader {
            batch_length: i32::MAX,
            ..header()
        });
        assert!(BatchHeader::parse(&bytes).is_ok());
        assert_eq!(
            BatchHeader::parse_complete(&bytes),
            Err(BatchError::Truncated {
                needed: i32::MAX as usize + 12,
                available: 61
            })
        );
    }

    #[test]
    fn sequences_wrap_to_zero() {
        assert_eq!(header().last_sequence(), 1);
        assert_eq!(add_sequence(i32::MAX, 1), 0);
        assert_eq!(add_sequence(5, 6), 11);
        assert_eq!(
            BatchHeader {
                base_sequence: -1,
                ..header()
            }
            .last_sequence(),
            -1
        );
    }

    #[test]
    fn attribute_bits_are_read() {
        let with = |attributes| BatchHeader {
            attributes,
            ..header()
        };
        assert_eq!(with(4).compression(), Ok(Compression::Zstd));
        assert_eq!(
            with(7).compression(),
            Err(BatchError::UnknownCompression(7))
        );
        assert_eq!(with(8).timestamp_type(), TimestampType::LogAppendTime);
        assert!(with(16).is_transactional() && !with(32).is_transactional());
        assert!(with(32).is_control() && !with(16).is_control());
        assert_eq!(with(64).delete_horizon_ms(), Some(1000));
        assert_eq!(with(0).delete_horizon_ms(), None);
    }
}
