//! The log on real files: appending, reading, closing, cutting, deleting.

mod common;

use common::*;
use highwater_storage::{AppendError, LogConfig, ReadError};
use highwater_types::{LeaderEpoch, Offset, TimestampMs};

#[test]
fn what_is_appended_is_read_back_from_every_offset() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir.path().join("t-0"), &small_segments(), true);
    append(&mut log, 0..60, 3);
    let reader = log.reader();
    assert!(reader.segment_count() > 3);
    let all = expected(0..60, 3);
    assert_eq!(records(&reader, 0), all);
    log.close_idle_files();
    for from in 0..180 {
        assert_eq!(records(&reader, from), all[from as usize..]);
    }
    assert!(matches!(
        reader.read(Offset(181), 100, Offset(181), true),
        Err(ReadError::OffsetOutOfRange { .. })
    ));
    assert!(
        reader
            .read(Offset(180), 100, Offset(180), true)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn reads_respect_size_and_bound_in_memory_and_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir.path().join("t-0"), &LogConfig::default(), true);
    append(&mut log, 0..20, 5);
    let reader = log.reader();
    let size = batch("0", 5).len();
    for _ in 0..2 {
        let read =
            |from, max, bound, min| reader.read(Offset(from), max, Offset(bound), min).unwrap();
        assert_eq!(read(0, 2 * size, 100, true).size_bytes, 2 * size);
        assert_eq!(read(0, size - 1, 100, false).size_bytes, 0);
        let one = read(7, 1, 100, true);
        assert_eq!((one.size_bytes, one.next_offset), (size, Offset(10)));
        // Never a batch that goes beyond the bound.
        assert_eq!(read(0, 1 << 20, 14, true).next_offset, Offset(10));
        assert_eq!(read(10, 1 << 20, 14, true).size_bytes, 0);
        assert_eq!(read(0, 1 << 20, 100, true).next_offset, Offset(100));
        log.close_idle_files();
    }
}

#[test]
fn a_closed_log_opens_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..40, 2);
    log.append_as_leader(idempotent(9, 0, 0, 2), LeaderEpoch(3), NOW)
        .unwrap();
    log.close().unwrap();
    for clean in [true, false] {
        let mut log = open(&path, &small_segments(), clean);
        assert_eq!(log.log_end_offset(), Offset(82));
        assert_eq!(log.flushed_end_offset(), Offset(82));
        assert_eq!(records(&log.reader(), 0)[..80], expected(0..40, 2));
        assert_eq!(log.latest_epoch(), Some(LeaderEpoch(3)));
        assert_eq!(
            log.end_offset_for_epoch(LeaderEpoch(1)),
            (LeaderEpoch(0), Offset(80))
        );
        let repeated = log
            .append_as_leader(idempotent(9, 0, 0, 2), LeaderEpoch(3), NOW)
            .unwrap();
        assert!(repeated.duplicate);
        assert_eq!(repeated.first_offset, Offset(80));
        log.close().unwrap();
    }
}

#[test]
fn a_torn_tail_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &LogConfig::default(), true);
    append(&mut log, 0..10, 2);
    drop(log);
    let file = path.join("00000000000000000000.log");
    let whole = std::fs::read(&file).unwrap();
    let size = whole.len() / 10;
    for cut in [1, size - 1, size, size + 5] {
        std::fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        let log = open(&path, &LogConfig::default(), false);
        let left = (whole.len() - cut) / size;
        assert_eq!(records(&log.reader(), 0), expected(0..left, 2), "cut {cut}");
        assert_eq!(
            std::fs::metadata(&file).unwrap().len(),
            (left * size) as u64
        );
    }
    let mut garbage = whole.clone();
    garbage[5 * size + 70] ^= 1;
    std::fs::write(&file, &garbage).unwrap();
    let mut log = open(&path, &LogConfig::default(), false);
    assert_eq!(log.log_end_offset(), Offset(10));
    append(&mut log, 5..6, 2);
    assert_eq!(records(&log.reader(), 0), expected(0..6, 2));
}

#[test]
fn segments_behind_a_damaged_one_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..60, 1);
    let count = log.reader().segment_count();
    drop(log);
    let mut logs: Vec<_> = std::fs::read_dir(&path)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    logs.retain(|p| p.extension().is_some_and(|e| e == "log"));
    logs.sort();
    let mut bytes = std::fs::read(&logs[1]).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&logs[1], bytes).unwrap();
    let log = open(&path, &small_segments(), false);
    assert!(count > 3);
    assert_eq!(log.reader().segment_count(), 2);
    let end = log.log_end_offset().0 as usize;
    assert_eq!(records(&log.reader(), 0), expected(0..end, 1));
}

#[test]
fn lost_and_damaged_side_files_are_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..60, 2);
    log.append_as_leader(idempotent(9, 0, 0, 2), LeaderEpoch(1), NOW)
        .unwrap();
    log.close().unwrap();
    for clean in [true, false] {
        for entry in std::fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().path();
            match file.extension().and_then(|e| e.to_str()) {
                Some("index") => std::fs::remove_file(file).unwrap(),
                Some("timeindex") => std::fs::write(file, b"short").unwrap(),
                Some("snapshot") => std::fs::write(file, b"garbage").unwrap(),
                Some("log") => {}
                _ => std::fs::write(file, b"what").unwrap(),
            }
        }
        let mut log = open(&path, &small_segments(), clean);
        log.close_idle_files();
        assert_eq!(records(&log.reader(), 0)[..120], expected(0..60, 2));
        assert_eq!(
            log.end_offset_for_epoch(LeaderEpoch(0)),
            (LeaderEpoch(0), Offset(120))
        );
        let repeated = log.append_as_leader(idempotent(9, 0, 0, 2), LeaderEpoch(1), NOW);
        assert!(repeated.unwrap().duplicate);
        log.close().unwrap();
    }
}

#[test]
fn truncation_goes_to_batch_boundaries_and_is_forgotten_by_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..60, 3);
    log.append_as_leader(batch("60", 3), LeaderEpoch(5), NOW)
        .unwrap();
    log.truncate_to(Offset(500)).unwrap();
    assert_eq!(log.log_end_offset(), Offset(183));
    log.truncate_to(Offset(100)).unwrap();
    assert_eq!(log.log_end_offset(), Offset(99));
    assert_eq!(log.latest_epoch(), Some(EPOCH));
    append(&mut log, 33..40, 3);
    assert_eq!(records(&log.reader(), 0), expected(0..40, 3));
    log.close_idle_files();
    assert_eq!(records(&log.reader(), 0), expected(0..40, 3));
    log.truncate_to(Offset::ZERO).unwrap();
    assert_eq!(log.log_end_offset(), Offset::ZERO);
    append(&mut log, 0..5, 3);
    log.close().unwrap();
    let log = open(&path, &small_segments(), true);
    assert_eq!(records(&log.reader(), 0), expected(0..5, 3));
}

#[test]
fn a_log_can_begin_anew_at_any_offset() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &small_segments(), true);
    append(&mut log, 0..30, 3);
    log.truncate_fully_and_start_at(Offset(1000)).unwrap();
    assert_eq!(log.log_start_offset(), Offset(1000));
    let info = log.append_as_leader(batch("x", 1), EPOCH, NOW).unwrap();
    assert_eq!(info.first_offset, Offset(1000));
    log.close().unwrap();
    let log = open(&path, &small_segments(), true);
    assert_eq!(records(&log.reader(), 1000), [(1000, "x-0".to_owned())]);
    assert_eq!(log.log_start_offset(), Offset(1000));
}

#[test]
fn retention_by_size_time_and_start() {
    let dir = tempfile::tempdir().unwrap();
    let later = |days: i64| TimestampMs(NOW.0 + days * 86_400_000);
    let fill = |name: &str, config: &LogConfig| {
        let mut log = open(&dir.path().join(name), config, true);
        append(&mut log, 0..60, 3);
        log
    };
    let mut log = fill(
        "size-0",
        &LogConfig {
            retention_bytes: 2000,
            ..small_segments()
        },
    );
    assert_eq!(log.apply_retention(NOW).unwrap(), 0);
    log.update_high_watermark(log.log_end_offset());
    assert!(log.apply_retention(NOW).unwrap() > 1);
    assert!(
        (2000..3000).contains(&log.size_bytes()),
        "{}",
        log.size_bytes()
    );
    assert_eq!(
        log.log_start_offset().0,
        records(&log.reader(), log.log_start_offset().0)[0].0
    );

    let mut log = fill("time-0", &small_segments());
    log.update_high_watermark(log.log_end_offset());
    assert_eq!(log.apply_retention(later(6)).unwrap(), 0);
    assert!(log.apply_retention(later(8)).unwrap() > 3);
    assert_eq!(log.log_start_offset(), log.log_end_offset());
    assert_eq!(log.reader().segment_count(), 1);
    append(&mut log, 60..61, 3);
    assert_eq!(records(&log.reader(), 180), expected(60..61, 3));

    let mut log = fill("start-0", &small_segments());
    log.update_high_watermark(Offset(100));
    assert!(log.advance_log_start(Offset(101)).is_err());
    log.advance_log_start(Offset(100)).unwrap();
    log.advance_log_start(Offset(50)).unwrap();
    assert_eq!(log.log_start_offset(), Offset(100));
    let before = log.reader().segment_count();
    let deleted = log.apply_retention(NOW).unwrap();
    assert!(deleted > 0 && deleted < before);
    assert!(
        log.reader()
            .read(Offset(99), 100, Offset(180), true)
            .is_err()
    );
    assert_eq!(records(&log.reader(), 100).len(), 80);
    let files = || std::fs::read_dir(log.dir()).unwrap().count();
    let with_deleted = files();
    log.purge_deleted_files(TimestampMs(NOW.0 + 59_999))
        .unwrap();
    let files = || {
        std::fs::read_dir(dir.path().join("start-0"))
            .unwrap()
            .count()
    };
    assert_eq!(files(), with_deleted);
    log.purge_deleted_files(TimestampMs(NOW.0 + 60_000))
        .unwrap();
    assert!(files() < with_deleted);
}

#[test]
fn records_are_found_by_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(&dir.path().join("t-0"), &small_segments(), true);
    // Times go up by ten, with one far ahead in the middle.
    for n in 0..40i64 {
        let time = if n == 20 {
            NOW.0 + 1000
        } else {
            NOW.0 + n * 10
        };
        log.append_as_leader(batch_at(&n.to_string(), 2, time), LeaderEpoch(4), NOW)
            .unwrap();
    }
    let reader = log.reader();
    let find = |time: i64| {
        let found = reader
            .offset_for_timestamp(TimestampMs(NOW.0 + time))
            .unwrap();
        found.map(|f| {
            (
                f.timestamp.0 - NOW.0,
                f.offset.0,
                f.leader_epoch.map(|e| e.0),
            )
        })
    };
    assert_eq!(find(-5), Some((0, 0, Some(4))));
    assert_eq!(find(35), Some((40, 8, Some(4))));
    assert_eq!(find(190), Some((190, 38, Some(4))));
    assert_eq!(find(195), Some((1000, 40, Some(4))));
    assert_eq!(find(1000), Some((1000, 40, Some(4))));
    assert_eq!(find(1001), None);
    let max = reader.max_timestamp().unwrap().unwrap();
    assert_eq!((max.timestamp.0, max.offset.0), (NOW.0 + 1000, 40));
}

#[test]
fn transactions_move_the_last_stable_offset_and_leave_their_aborts() {
    use highwater_protocol::record::EndTransactionMarker;
    use highwater_storage::AppendOrigin;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t-0");
    let mut log = open(&path, &LogConfig::default(), true);
    append(&mut log, 0..5, 1);
    log.append_as_leader(transactional(7, 0, 0, 5), EPOCH, NOW)
        .unwrap();
    log.append_as_leader(transactional(8, 0, 0, 5), EPOCH, NOW)
        .unwrap();
    log.update_high_watermark(Offset(15));
    assert_eq!(log.last_stable_offset(), Offset(5));
    let end = |committed| EndTransactionMarker {
        committed,
        coordinator_epoch: 0,
    };
    let abort = end(false).to_batch(NOW.0, 7, 0).unwrap();
    let refused = log.append_as_leader(abort.clone(), EPOCH, NOW);
    assert!(matches!(refused, Err(AppendError::InvalidRecord { .. })));
    log.append_from(AppendOrigin::Coordinator, abort, EPOCH, NOW)
        .unwrap();
    assert_eq!(log.last_stable_offset(), Offset(5));
    log.update_high_watermark(Offset(16));
    assert_eq!(log.last_stable_offset(), Offset(10));
    let commit = end(true).to_batch(NOW.0, 8, 0).unwrap();
    log.append_from(AppendOrigin::Coordinator, commit, EPOCH, NOW)
        .unwrap();
    log.update_high_watermark(Offset(17));
    assert_eq!(log.last_stable_offset(), Offset(17));
    log.close().unwrap();
    for clean in [true, false] {
        let log = open(&path, &LogConfig::default(), clean);
        let aborted = log
            .reader()
            .aborted_transactions(Offset(0), Offset(17))
            .unwrap();
        assert_eq!(aborted.len(), 1);
        assert_eq!(
            (aborted[0].producer_id.0, aborted[0].first_offset.0),
            (7, 5)
        );
        assert_eq!(
            (aborted[0].last_offset.0, aborted[0].last_stable_offset.0),
            (15, 10)
        );
        assert!(
            log.reader()
                .aborted_transactions(Offset(16), Offset(17))
                .unwrap()
                .is_empty()
        );
        log.close().unwrap();
    }
}

#[test]
fn followers_take_batches_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut leader = open(&dir.path().join("l-0"), &small_segments(), true);
    append(&mut leader, 0..30, 3);
    let mut follower = open(&dir.path().join("f-0"), &small_segments(), true);
    let all = leader
        .reader()
        .read(Offset(0), 1 << 20, Offset(90), true)
        .unwrap()
        .into_bytes();
    let info = follower.append_as_follower(all.clone()).unwrap();
    assert_eq!(
        (info.first_offset, info.last_offset),
        (Offset(0), Offset(89))
    );
    assert_eq!(records(&follower.reader(), 0), expected(0..30, 3));
    let again = follower.append_as_follower(all);
    assert!(matches!(again, Err(AppendError::OffsetGap { .. })));
}
