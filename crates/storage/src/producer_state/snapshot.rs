//! Kafka's `.snapshot` files: the producers of a log at one offset.

use std::collections::BTreeMap;

use crate::offset_index::{be_i64, be_u32};
use crate::producer_state::entry::{BatchMetadata, ProducerEntry};

const VERSION: i16 = 1;
/// Version and checksum.
const CRC_AT: usize = 2;
const ENTRIES_AT: usize = 6;
const COUNT_BYTES: usize = 4;
const ENTRY_SIZE: usize = 46;

/// The content of a snapshot file: version, CRC-32C of what follows it, and the
/// producers. Only the last batch of each is kept.
pub(crate) fn encode(producers: &BTreeMap<i64, ProducerEntry>) -> Vec<u8> {
    let count = u32::try_from(producers.len()).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(ENTRIES_AT + COUNT_BYTES + producers.len() * ENTRY_SIZE);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_be_bytes());
    for (producer_id, entry) in producers {
        let batch = entry.last_batch();
        out.extend_from_slice(&producer_id.to_be_bytes());
        out.extend_from_slice(&entry.epoch.to_be_bytes());
        out.extend_from_slice(&entry.last_sequence().to_be_bytes());
        out.extend_from_slice(&batch.map_or(-1, |b| b.last_offset).to_be_bytes());
        out.extend_from_slice(&batch.map_or(0, |b| b.offset_delta).to_be_bytes());
        out.extend_from_slice(&entry.last_timestamp.to_be_bytes());
        out.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        out.extend_from_slice(&entry.txn_first_offset.unwrap_or(-1).to_be_bytes());
    }
    let crc = crc32c::crc32c(out.get(ENTRIES_AT..).unwrap_or_default());
    if let Some(field) = out.get_mut(CRC_AT..ENTRIES_AT) {
        field.copy_from_slice(&crc.to_be_bytes());
    }
    out
}

/// Reads a file's content back.
///
/// # Errors
/// The reason, if it is damaged.
pub(crate) fn decode(bytes: &[u8]) -> Result<BTreeMap<i64, ProducerEntry>, &'static str> {
    let body = bytes.get(ENTRIES_AT..).ok_or("it is too short")?;
    if bytes.get(..CRC_AT) != Some(&VERSION.to_be_bytes()) {
        return Err("unknown version");
    }
    if be_u32(bytes, CRC_AT) != crc32c::crc32c(body) {
        return Err("the checksum is wrong");
    }
    let entries = body.get(COUNT_BYTES..).ok_or("it is too short")?;
    let count = usize::try_from(be_u32(body, 0)).unwrap_or(usize::MAX);
    if entries.len() % ENTRY_SIZE != 0 || entries.len() / ENTRY_SIZE != count {
        return Err("the number of entries is wrong");
    }
    Ok(entries.chunks_exact(ENTRY_SIZE).map(decode_entry).collect())
}

fn decode_entry(bytes: &[u8]) -> (i64, ProducerEntry) {
    let i32_at = |at| be_u32(bytes, at).cast_signed();
    let epoch = bytes.get(8..10).and_then(|b| b.try_into().ok());
    let epoch = i16::from_be_bytes(epoch.unwrap_or_default());
    let timestamp = be_i64(bytes, 26);
    let mut entry = ProducerEntry::new(epoch);
    let last_offset = be_i64(bytes, 14);
    if last_offset >= 0 {
        entry.add_batch(
            epoch,
            BatchMetadata {
                last_sequence: i32_at(10),
                last_offset,
                offset_delta: i32_at(22),
                timestamp,
            },
        );
    }
    entry.last_timestamp = timestamp;
    entry.coordinator_epoch = i32_at(34);
    entry.txn_first_offset = Some(be_i64(bytes, 38)).filter(|offset| *offset >= 0);
    (be_i64(bytes, 0), entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn producers() -> BTreeMap<i64, ProducerEntry> {
        let mut first = ProducerEntry::new(0);
        first.add_batch(
            3,
            BatchMetadata {
                last_sequence: 9,
                last_offset: 109,
                offset_delta: 4,
                timestamp: 1234,
            },
        );
        first.txn_first_offset = Some(100);
        let mut second = ProducerEntry::new(1);
        second.coordinator_epoch = 7;
        second.last_timestamp = 99;
        BTreeMap::from([(5, first), (6, second)])
    }

    #[test]
    fn snapshots_round_trip() {
        let bytes = encode(&producers());
        assert_eq!(bytes.len(), 10 + 2 * 46);
        assert_eq!(decode(&bytes).unwrap(), producers());
        assert_eq!(decode(&encode(&BTreeMap::new())).unwrap(), BTreeMap::new());
    }

    #[test]
    fn the_bytes_are_kafkas() {
        let bytes = encode(&producers());
        let entry = &bytes[10..56];
        assert_eq!(&bytes[..2], [0, 1]);
        assert_eq!(&bytes[6..10], [0, 0, 0, 2]);
        assert_eq!(&entry[..8], 5i64.to_be_bytes());
        assert_eq!(&entry[8..10], 3i16.to_be_bytes());
        assert_eq!(&entry[10..14], 9i32.to_be_bytes());
        assert_eq!(&entry[14..22], 109i64.to_be_bytes());
        assert_eq!(&entry[22..26], 4i32.to_be_bytes());
        assert_eq!(&entry[26..34], 1234i64.to_be_bytes());
        assert_eq!(&entry[34..38], (-1i32).to_be_bytes());
        assert_eq!(&entry[38..46], 100i64.to_be_bytes());
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let bytes = encode(&producers());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(decode(&damaged).is_err(), "byte {at}");
        }
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err(), "length {len}");
        }
    }
}
