//! Changes to a batch where it lies, for the fields that are the broker's.
//!
//! Base offset and leader epoch are outside the checksum, so that a leader can
//! set them without reading the batch. Each function takes a buffer with one
//! whole batch at its front, and leaves it alone if it returns an error.

use super::header::{attributes, checked_bytes};
use super::{BatchError, BatchHeader, TimestampType};

const LEADER_EPOCH_AT: usize = 12;
const MAX_TIMESTAMP_AT: usize = 35;

/// Sets the offset of the first record, and with it that of all records.
///
/// # Errors
/// [`BatchError::InvalidOffsets`] for an offset that is negative or too great,
/// and those of [`BatchHeader::parse`].
pub fn set_base_offset(batch: &mut [u8], base_offset: i64) -> Result<(), BatchError> {
    let header = BatchHeader::parse(batch)?;
    let last = base_offset.checked_add(i64::from(header.last_offset_delta));
    if base_offset < 0 || last.is_none_or(|last| last == i64::MAX) {
        return Err(BatchError::InvalidOffsets {
            base_offset,
            last_offset_delta: header.last_offset_delta,
        });
    }
    put(batch, 0, &base_offset.to_be_bytes())
}

/// Stamps the epoch of the leader that appends the batch. KIP-101.
///
/// # Errors
/// Those of [`BatchHeader::parse`].
pub fn set_partition_leader_epoch(batch: &mut [u8], epoch: i32) -> Result<(), BatchError> {
    BatchHeader::parse(batch)?;
    put(batch, LEADER_EPOCH_AT, &epoch.to_be_bytes())
}

/// Sets whose timestamps the batch carries and the greatest of them, in
/// milliseconds, and computes the checksum anew. With `LogAppendTime` readers
/// take the maximum for every record, so the records need no change. KIP-32.
///
/// The checksum must have been verified before, or a damaged batch gets a good one.
///
/// # Errors
/// Those of [`BatchHeader::parse_complete`].
pub fn set_max_timestamp_and_type(
    batch: &mut [u8],
    timestamp_type: TimestampType,
    max_timestamp: i64,
) -> Result<(), BatchError> {
    let header = BatchHeader::parse_complete(batch)?;
    if header.timestamp_type() == timestamp_type && header.max_timestamp == max_timestamp {
        return Ok(());
    }
    let attributes = match timestamp_type {
        TimestampType::CreateTime => header.attributes & !attributes::LOG_APPEND_TIME,
        TimestampType::LogAppendTime => header.attributes | attributes::LOG_APPEND_TIME,
    };
    put(batch, BatchHeader::ATTRIBUTES_AT, &attributes.to_be_bytes())?;
    put(batch, MAX_TIMESTAMP_AT, &max_timestamp.to_be_bytes())?;
    update_crc(batch)
}

/// Computes the checksum of the batch and writes it into the header.
///
/// # Errors
/// Those of [`BatchHeader::parse_complete`].
pub fn update_crc(batch: &mut [u8]) -> Result<(), BatchError> {
    let header = BatchHeader::parse_complete(batch)?;
    let crc = crc32c::crc32c(checked_bytes(batch, &header)?);
    put(batch, BatchHeader::CRC_AT, &crc.to_be_bytes())
}

fn put(batch: &mut [u8], at: usize, value: &[u8]) -> Result<(), BatchError> {
    let available = batch.len();
    let field = batch
        .get_mut(at..at + value.len())
        .ok_or(BatchError::Truncated {
            needed: BatchHeader::LEN,
            available,
        })?;
    field.copy_from_slice(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::verify_crc;
    use super::*;

    fn batch() -> Vec<u8> {
        let header = BatchHeader {
            batch_length: 52,
            magic: 2,
            attributes: 0b1_0010,
            last_offset_delta: 9,
            base_timestamp: 5,
            max_timestamp: 6,
            ..BatchHeader::default()
        };
        let mut out = Vec::new();
        header.write(&mut out);
        out.extend_from_slice(b"abc");
        update_crc(&mut out).unwrap();
        out
    }

    #[test]
    fn offset_and_epoch_are_outside_the_checksum() {
        let mut batch = batch();
        set_base_offset(&mut batch, 1 << 40).unwrap();
        set_partition_leader_epoch(&mut batch, 77).unwrap();
        verify_crc(&batch).unwrap();
        let header = BatchHeader::parse(&batch).unwrap();
        assert_eq!(
            (header.base_offset, header.partition_leader_epoch),
            (1 << 40, 77)
        );
        for offset in [-1, i64::MAX, i64::MAX - 9] {
            assert!(set_base_offset(&mut batch, offset).is_err());
        }
        set_base_offset(&mut batch, i64::MAX - 10).unwrap();
        assert!(BatchHeader::parse(&batch).is_ok());
    }

    #[test]
    fn timestamps_are_replaced_and_the_checksum_follows() {
        let mut batch = batch();
        let before = BatchHeader::parse(&batch).unwrap();
        set_max_timestamp_and_type(&mut batch, TimestampType::LogAppendTime, 99).unwrap();
        verify_crc(&batch).unwrap();
        let after = BatchHeader::parse(&batch).unwrap();
        assert_eq!(after.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(after.max_timestamp, 99);
        assert_ne!(after.crc, before.crc);
        set_max_timestamp_and_type(&mut batch, TimestampType::CreateTime, 6).unwrap();
        assert_eq!(BatchHeader::parse(&batch), Ok(before));
    }

    #[test]
    fn damage_is_found() {
        let good = batch();
        for at in BatchHeader::ATTRIBUTES_AT..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert!(verify_crc(&bad).is_err(), "byte {at}");
        }
        for length in 0..good.len() {
            let mut short = good[..length].to_vec();
            assert!(matches!(
                verify_crc(&short),
                Err(BatchError::Truncated { .. })
            ));
            assert!(update_crc(&mut short).is_err());
        }
    }
}
