//! When a segment is closed, and what half-finished files mean.

mod common;

use bytes::BytesMut;
use common::*;
use highwater_protocol::record::patch;
use highwater_storage::LogConfig;
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

fn segments_after(config: &LogConfig, times: &[i64]) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir.path().join("t-0"), config, true);
    for time in times {
        let now = TimestampMs(NOW.0 + time);
        log.append_as_leader(batch_at("v", 1, now.0), EPOCH, now)
            .unwrap();
    }
    assert_eq!(records(&log.reader(), 0).len(), times.len());
    log.reader().segment_count()
}

#[test]
fn by_size() {
    let size = u32::try_from(batch("v", 1).len()).unwrap();
    let config = |segment_bytes| LogConfig {
        segment_bytes,
        ..LogConfig::default()
    };
    assert_eq!(segments_after(&config(4 * size), &[0; 8]), 2);
    assert_eq!(segments_after(&config(4 * size - 1), &[0; 8]), 3);
}

#[test]
fn by_time_between_records() {
    let config = LogConfig {
        segment_ms: 100,
        ..LogConfig::default()
    };
    assert_eq!(segments_after(&config, &[0, 50, 100]), 1);
    assert_eq!(segments_after(&config, &[0, 50, 101, 150, 201, 202]), 3);
}

#[test]
fn by_time_without_records() {
    let dir = tempfile::tempdir().unwrap();
    let config = LogConfig {
        segment_ms: 100,
        ..LogConfig::default()
    };
    let mut log = open(&dir.path().join("t-0"), &config, true);
    log.maybe_roll(TimestampMs(NOW.0 + 1000)).unwrap();
    assert_eq!(log.reader().segment_count(), 1);
    append(&mut log, 0..1, 1);
    log.maybe_roll(TimestampMs(NOW.0 + 1000)).unwrap();
    assert_eq!(log.reader().segment_count(), 2);
}

#[test]
fn by_full_indexes() {
    let config = LogConfig {
        segment_index_bytes: 36,
        index_interval_bytes: 1,
        ..LogConfig::default()
    };
    // The second batch is the first that is indexed, and an index has room for
    // four offsets or, with one kept free, two times.
    assert_eq!(segments_after(&config, &[0; 5]), 1);
    assert_eq!(segments_after(&config, &[0; 6]), 2);
    assert_eq!(segments_after(&config, &[0, 1, 2, 3]), 2);
}

#[test]
fn by_offsets_that_are_too_far_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &LogConfig::default(), true);
    let at = |offset: i64| {
        let mut bytes = BytesMut::from(&batch("v", 1)[..]);
        patch::set_base_offset(&mut bytes, offset).unwrap();
        patch::set_partition_leader_epoch(&mut bytes, 0).unwrap();
        bytes.freeze()
    };
    for offset in [0, 5, 3_000_000_000, 3_000_000_001] {
        log.append_as_follower(at(offset)).unwrap();
    }
    assert_eq!(log.reader().segment_count(), 2);
    log.close_idle_files();
    let offsets: Vec<_> = records(&log.reader(), 0).into_iter().map(|r| r.0).collect();
    assert_eq!(offsets, [0, 5, 3_000_000_000, 3_000_000_001]);
    log.close().unwrap();
    let log = open(&path, &LogConfig::default(), true);
    assert_eq!(log.log_end_offset(), Offset(3_000_000_002));
}

#[test]
fn leftovers_of_a_stop_are_removed_and_a_finished_compaction_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..40, 2);
    let segments = log.reader().segment_count();
    log.close().unwrap();
    let name = |offset: i64, suffix: &str| path.join(format!("{offset:020}{suffix}"));
    let mut bases: Vec<i64> = std::fs::read_dir(&path)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().ok())
        .filter_map(|n| n.strip_suffix(".log")?.parse().ok())
        .collect();
    bases.sort_unstable();
    // The second and third segment became one, which was not put in place yet.
    let mut merged = std::fs::read(name(bases[1], ".log")).unwrap();
    merged.extend(std::fs::read(name(bases[2], ".log")).unwrap());
    std::fs::write(name(bases[1], ".log.swap"), merged).unwrap();
    std::fs::write(name(bases[1], ".index.swap"), b"").unwrap();
    std::fs::write(name(bases[1], ".timeindex.swap"), b"").unwrap();
    for junk in [
        ".log.deleted",
        ".log.cleaned.x.deleted",
        ".snapshot.deleted",
    ] {
        std::fs::write(name(999, junk), b"junk").unwrap();
    }
    std::fs::write(path.join("leader-epoch-checkpoint.tmp"), b"junk").unwrap();
    std::fs::write(name(777, ".index"), b"orphan").unwrap();
    let log = open(&path, &small_segments(), true);
    assert_eq!(log.reader().segment_count(), segments - 1);
    assert_eq!(records(&log.reader(), 0), expected(0..40, 2));
    assert_eq!(log.latest_epoch(), Some(LeaderEpoch(0)));
    let left = std::fs::read_dir(&path).unwrap();
    for file in left.map(|e| e.unwrap().file_name().into_string().unwrap()) {
        let junk = ["deleted", "swap", "tmp"].iter().any(|s| file.ends_with(s));
        assert!(!junk && !file.starts_with("00000000000000000777"), "{file}");
    }
    log.close().unwrap();
}

#[test]
fn an_unfinished_compaction_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..20, 2);
    log.close().unwrap();
    std::fs::write(path.join(format!("{:020}.log.cleaned", 0)), b"half").unwrap();
    std::fs::write(path.join(format!("{:020}.log.swap", 10)), b"half").unwrap();
    let log = open(&path, &small_segments(), true);
    assert_eq!(records(&log.reader(), 0), expected(0..20, 2));
}
