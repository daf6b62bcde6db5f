//! Decompression bombs: a gigabyte out of a few kilobytes costs neither memory
//! nor more time than the limit allows.
//!
//! The only test of its process, because it looks at the memory of all of it.
#![cfg(target_os = "linux")]

use bytes::Bytes;
use highwater_protocol::record::{
    BatchError, BatchHeader, Compression, RawRecordIter, ValidationLimits, patch, rebuild,
    validate_records,
};

const BLOCK: usize = 128 * 1024;
const BLOCKS: usize = 8192;
const MIB: usize = 1024 * 1024;

/// A zstd frame of a gigabyte: the given bytes, then run-length blocks of zeros.
fn zstd_bomb(first: &[u8], content_size: Option<u64>) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd];
    // Descriptor with or without an 8-byte content size, then a window of 128 KiB.
    frame.push(if content_size.is_some() { 0xc0 } else { 0 });
    frame.push(7 << 3);
    frame.extend(content_size.into_iter().flat_map(u64::to_le_bytes));
    let block = |size: usize, kind: u32, last: bool| {
        let header = u32::try_from(size).unwrap() << 3 | kind << 1 | u32::from(last);
        header.to_le_bytes()[..3].to_vec()
    };
    frame.extend(block(first.len(), 0, false));
    frame.extend_from_slice(first);
    for index in 0..BLOCKS {
        frame.extend(block(BLOCK, 1, index + 1 == BLOCKS));
        frame.push(0);
    }
    frame
}

fn batch(codec: Compression, records: &[u8]) -> Bytes {
    let header = BatchHeader {
        magic: 2,
        batch_length: 49 + i32::try_from(records.len()).unwrap(),
        attributes: i16::from(codec.code()),
        records_count: 1,
        ..BatchHeader::default()
    };
    let mut bytes = Vec::new();
    header.write(&mut bytes);
    bytes.extend_from_slice(records);
    patch::update_crc(&mut bytes).unwrap();
    bytes.into()
}

/// The front of a record that says it is 1,073,741,845 bytes long, with a
/// value of a gigabyte: length, attributes, deltas, no key, value length.
const RECORD_FRONT: [u8; 14] = [
    0x92, 0x80, 0x80, 0x80, 0x08, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x08,
];

/// The most memory this process has had, in bytes.
fn memory_peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[test]
fn bombs_cost_no_memory() {
    let before = memory_peak();
    for content_size in [
        None,
        Some((BLOCK * BLOCKS + RECORD_FRONT.len()) as u64),
        Some(u64::MAX),
    ] {
        let bomb = batch(Compression::Zstd, &zstd_bomb(&RECORD_FRONT, content_size));
        assert!(bomb.len() < 64 * 1024);
        let limit = 100 * MIB;
        let refused = BatchError::OutputLimit { limit };
        let limits = ValidationLimits {
            decompressed_bytes_max: limit,
        };
        assert_eq!(validate_records(&bomb, &limits), Err(refused));

        let limit = MIB;
        let refused = BatchError::OutputLimit { limit };
        assert_eq!(
            RawRecordIter::new(&bomb, limit).err(),
            Some(refused.clone())
        );
        assert_eq!(rebuild(&bomb, Compression::None, None, limit), Err(refused));
    }
    // A raw snappy block that claims 512 MiB and holds nothing.
    let lie = batch(Compression::Snappy, &[0x80, 0x80, 0x80, 0x80, 0x02, 0]);
    let limits = ValidationLimits::default();
    let refused = validate_records(&lie, &limits);
    assert!(matches!(refused, Err(BatchError::Codec { .. })));

    let grown = memory_peak() - before;
    assert!(grown < 16 * MIB, "{grown} bytes");
}
