//! Readers on other threads while the owner changes everything.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::*;
use highwater_protocol::record::{BatchIter, RecordIter, verify_crc};
use highwater_storage::{LogConfig, LogReader, ReadError};
use highwater_types::{Offset, TimestampMs};

/// Reads at random places. Every batch must be whole, and every value must be
/// one that was appended at its offset.
fn read_on(reader: &LogReader, stop: &AtomicBool, reads: &AtomicU64) {
    let mut random = 7u64;
    while !stop.load(Ordering::Relaxed) {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let offsets = reader.offsets();
        assert!(offsets.log_start <= offsets.last_stable);
        assert!(offsets.high_watermark <= offsets.log_end);
        let span = (offsets.log_end.0 - offsets.log_start.0).max(1);
        let from = Offset(offsets.log_start.0 + ((random >> 33) as i64) % span);
        let read = match reader.read(from, 2000, offsets.log_end, true) {
            Ok(read) => read,
            Err(ReadError::OffsetOutOfRange { .. }) => continue,
            Err(error) => panic!("{error}"),
        };
        reads.fetch_add(1, Ordering::Relaxed);
        for (header, bytes) in BatchIter::new(read.into_bytes()).map(Result::unwrap) {
            verify_crc(&bytes).unwrap();
            for record in RecordIter::new(&bytes, 1 << 20).unwrap() {
                let record = record.unwrap();
                let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                let base: i64 = value.split(['-', ':']).next().unwrap().parse().unwrap();
                assert_eq!(base, header.base_offset, "{value} at {}", record.offset);
            }
        }
    }
}

#[test]
fn readers_never_see_garbage() {
    let dir = tempfile::tempdir().unwrap();
    let config = LogConfig {
        segment_bytes: 5000,
        index_interval_bytes: 200,
        retention_bytes: 20_000,
        file_delete_delay_ms: 0,
        ..LogConfig::default()
    };
    let mut log = open(&dir.path().join("t-0"), &config, true);
    let stop = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (reader, stop, reads) = (log.reader(), stop.clone(), reads.clone());
            std::thread::spawn(move || read_on(&reader, &stop, &reads))
        })
        .collect();
    for round in 0..3000usize {
        let value = format!("{}:{}", log.log_end_offset(), "y".repeat(round % 97));
        log.append_as_leader(batch(&value, 1 + round % 4), EPOCH, NOW)
            .unwrap();
        if round % 11 == 0 {
            let back = Offset(
                (log.log_end_offset().0 - (round % 23) as i64).max(log.log_start_offset().0),
            );
            log.truncate_to(back).unwrap();
        }
        if round % 13 == 0 {
            log.close_idle_files();
        }
        if round % 100 == 0 {
            log.update_high_watermark(log.log_end_offset());
            log.apply_retention(NOW).unwrap();
            log.purge_deleted_files(TimestampMs(NOW.0 + 1)).unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(reads.load(Ordering::Relaxed) > 100);
}
