//! What the tests of the log share.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use highwater_protocol::record::{BatchBuilder, BatchIter, RecordIter};
use highwater_storage::{Disk, Log, LogConfig, LogReader, OpenInfo, StdDisk};
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

pub const NOW: TimestampMs = TimestampMs(1_700_000_000_000);
pub const EPOCH: LeaderEpoch = LeaderEpoch(0);

/// A batch of `count` records whose values are `<value>-<index>`.
pub fn batch(value: &str, count: usize) -> Bytes {
    batch_at(value, count, NOW.0)
}

pub fn batch_at(value: &str, count: usize, timestamp: i64) -> Bytes {
    let mut builder = BatchBuilder::new();
    fill(&mut builder, value, count, timestamp);
    builder.build().unwrap()
}

pub fn fill(builder: &mut BatchBuilder, value: &str, count: usize, timestamp: i64) {
    for index in 0..count {
        let text = format!("{value}-{index}");
        builder
            .append(timestamp, Some(b"k"), Some(text.as_bytes()), &[])
            .unwrap();
    }
}

pub fn idempotent(producer_id: i64, epoch: i16, sequence: i32, count: usize) -> Bytes {
    let mut builder = BatchBuilder::new().producer(producer_id, epoch, sequence);
    fill(&mut builder, "p", count, NOW.0);
    builder.build().unwrap()
}

pub fn transactional(producer_id: i64, epoch: i16, sequence: i32, count: usize) -> Bytes {
    let mut builder = BatchBuilder::new()
        .producer(producer_id, epoch, sequence)
        .transactional();
    fill(&mut builder, "t", count, NOW.0);
    builder.build().unwrap()
}

pub fn open_info(clean: bool) -> OpenInfo {
    OpenInfo {
        clean_shutdown: clean,
        recovery_point: Offset::ZERO,
        log_start: Offset::ZERO,
        topic_id: None,
        now: NOW,
    }
}

pub fn open(dir: &Path, config: &LogConfig, clean: bool) -> Log {
    open_on(Arc::new(StdDisk), dir, config, clean)
}

pub fn open_on(disk: Arc<dyn Disk>, dir: &Path, config: &LogConfig, clean: bool) -> Log {
    Log::open(disk, dir.to_owned(), config.clone(), open_info(clean)).unwrap()
}

/// Small segments and dense indexes, so that little data goes everywhere.
pub fn small_segments() -> LogConfig {
    LogConfig {
        segment_bytes: 1000,
        index_interval_bytes: 100,
        ..LogConfig::default()
    }
}

/// All records from `from` on, as offset and value.
pub fn records(reader: &LogReader, from: i64) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    let mut next = Offset(from);
    let end = reader.offsets().log_end;
    while next < end {
        let read = reader.read(next, 512, end, true).unwrap();
        assert!(read.next_offset > next, "nothing at {next} of {end}");
        next = read.next_offset;
        for (_, bytes) in BatchIter::new(read.into_bytes()).map(Result::unwrap) {
            for record in RecordIter::new(&bytes, 1 << 20).unwrap() {
                let record = record.unwrap();
                let value = String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap();
                if record.offset >= from {
                    found.push((record.offset, value));
                }
            }
        }
    }
    found
}

/// What appending `batches` of `count` records each must have given.
pub fn expected(batches: std::ops::Range<usize>, count: usize) -> Vec<(i64, String)> {
    batches
        .flat_map(|n| (0..count).map(move |i| ((n * count + i) as i64, format!("{n}-{i}"))))
        .collect()
}

pub fn append(log: &mut Log, batches: std::ops::Range<usize>, count: usize) {
    for n in batches {
        log.append_as_leader(batch(&n.to_string(), count), EPOCH, NOW)
            .unwrap();
    }
}
