//! The log manager: directories, identities, checkpoints, clean and unclean stops.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::*;
use highwater_storage::testing::SimulatedDisk;
use highwater_storage::{
    Disk, Log, LogConfig, LogManager, LogManagerConfig, MetaProperties, StdDisk, StorageError,
};
use highwater_types::{
    BrokerEpoch, ClusterId, DirectoryId, NodeId, Offset, TimestampMs, TopicId, TopicPartition, Uuid,
};

const TOPIC: TopicId = TopicId(Uuid([1; 16]));

fn config(dirs: &[&Path]) -> LogManagerConfig {
    let dirs: Vec<PathBuf> = dirs.iter().map(|dir| dir.to_path_buf()).collect();
    let ids = (0..dirs.len()).map(|n| DirectoryId(Uuid([n as u8 + 1; 16])));
    let new_directory_ids = ids.collect();
    LogManagerConfig {
        new_directory_ids,
        ..LogManagerConfig::new(dirs, ClusterId("cluster".into()), NodeId(1))
    }
}

fn manager(disk: impl Disk, dirs: &[&Path]) -> LogManager {
    LogManager::open(Arc::new(disk), config(dirs)).unwrap()
}

fn partition(n: i32) -> TopicPartition {
    TopicPartition::new("topic", n)
}

fn log(manager: &LogManager, n: i32) -> Log {
    let config = LogConfig::default();
    manager
        .open_or_create(&partition(n), TOPIC, config, NOW)
        .unwrap()
}

#[test]
fn a_clean_stop_and_start() {
    let dir = tempfile::tempdir().unwrap();
    let manager_one = manager(StdDisk, &[dir.path()]);
    let mut first = log(&manager_one, 0);
    append(&mut first, 0..10, 2);
    first.flush().unwrap();
    first.update_high_watermark(Offset(14));
    first.advance_log_start(Offset(4)).unwrap();
    log(&manager_one, 1).close().unwrap();
    first.close().unwrap();
    manager_one.shutdown(Some(BrokerEpoch(42))).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(
        read(".kafka_cleanshutdown"),
        "{\"version\":0,\"brokerEpoch\":42}"
    );
    assert_eq!(
        read("recovery-point-offset-checkpoint"),
        "0\n2\ntopic 0 20\ntopic 1 0\n"
    );
    assert_eq!(
        read("replication-offset-checkpoint"),
        "0\n2\ntopic 0 14\ntopic 1 0\n"
    );
    assert_eq!(read("log-start-offset-checkpoint"), "0\n1\ntopic 0 4\n");

    let manager = manager(StdDisk, &[dir.path()]);
    assert!(!dir.path().join(".kafka_cleanshutdown").exists());
    assert_eq!(manager.previous_broker_epoch(), Some(BrokerEpoch(42)));
    let found = manager.found_logs();
    assert_eq!(found.len(), 2);
    assert_eq!(
        (&found[0].partition, found[0].topic_id),
        (&partition(0), Some(TOPIC))
    );
    let log = log(&manager, 0);
    let offsets = log.reader().offsets();
    assert_eq!(
        (offsets.log_start, offsets.high_watermark),
        (Offset(4), Offset(14))
    );
    assert_eq!(records(&log.reader(), 4), expected(2..10, 2));
    assert_eq!(manager.found_logs().len(), 1);
}

#[test]
fn a_log_left_open_makes_the_stop_unclean() {
    let dir = tempfile::tempdir().unwrap();
    let manager = manager(StdDisk, &[dir.path()]);
    log(&manager, 0).close().unwrap();
    drop(log(&manager, 1));
    manager.shutdown(None).unwrap();
    assert!(!dir.path().join(".kafka_cleanshutdown").exists());
}

#[test]
fn power_loss_keeps_what_was_flushed() {
    for seed in 0..50 {
        let disk = SimulatedDisk::new(seed);
        disk.create_dir_all(Path::new("/data")).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let dir = Path::new("/data/logs");
        let first = manager(disk.clone(), &[dir]);
        let mut one = log(&first, 0);
        append(&mut one, 0..10, 2);
        one.flush().unwrap();
        first.checkpoint().unwrap();
        append(&mut one, 10..12, 2);
        one.flush().unwrap();
        append(&mut one, 12..20, 2);
        drop((one, first));
        disk.crash();
        let second = manager(disk, &[dir]);
        let one = log(&second, 0);
        let end = one.log_end_offset().0 as usize;
        assert!(end >= 24, "seed {seed}: {end}");
        assert_eq!(records(&one.reader(), 0), expected(0..end / 2, 2));
    }
}

#[test]
fn deleted_logs_do_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let first = manager(StdDisk, &[dir.path()]);
    let mut one = log(&first, 0);
    append(&mut one, 0..10, 2);
    one.flush().unwrap();
    first.checkpoint().unwrap();
    let reader = one.reader();
    first.delete(one, Uuid([0xab; 16]), NOW).unwrap();
    assert!(reader.read(Offset(0), 100, Offset(20), true).is_err());
    let gone = dir
        .path()
        .join(format!("topic-0.{}-delete", "ab".repeat(16)));
    assert!(gone.exists());
    first.purge_deleted(TimestampMs(NOW.0 + 59_999)).unwrap();
    assert!(gone.exists());
    first.purge_deleted(TimestampMs(NOW.0 + 60_000)).unwrap();
    assert!(!gone.exists());
    // A new log of that name knows nothing of the old one.
    let new = TopicId(Uuid([2; 16]));
    let two = first
        .open_or_create(&partition(0), new, LogConfig::default(), NOW)
        .unwrap();
    assert_eq!(two.log_end_offset(), Offset(0));
    assert_eq!(two.topic_id(), Some(new));
    let again = first.open_or_create(&partition(0), new, LogConfig::default(), NOW);
    assert!(matches!(again, Err(StorageError::AlreadyExists(_))));
    first.delete(two, Uuid([0xcd; 16]), NOW).unwrap();
    drop(first);
    let second = manager(StdDisk, &[dir.path()]);
    assert!(second.found_logs().is_empty());
    second.purge_deleted(NOW).unwrap();
    let mut left = std::fs::read_dir(dir.path()).unwrap();
    assert!(!left.any(|entry| entry.unwrap().path().is_dir()));
}

#[test]
fn another_topics_log_is_not_opened_but_can_be_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let first = manager(StdDisk, &[dir.path()]);
    let mut one = log(&first, 0);
    append(&mut one, 0..3, 1);
    one.close().unwrap();
    drop(first);
    let second = manager(StdDisk, &[dir.path()]);
    let other = TopicId(Uuid([9; 16]));
    let open = || second.open_or_create(&partition(0), other, LogConfig::default(), NOW);
    assert!(matches!(
        open(),
        Err(StorageError::InconsistentTopicId { .. })
    ));
    let found = second.found_logs();
    let kept = second.set_aside(&found[0], Uuid([3; 16])).unwrap();
    assert_eq!(open().unwrap().topic_id(), Some(other));
    drop(second);
    // It outlives a start and a purge, and comes back under its own name.
    let third = manager(StdDisk, &[dir.path()]);
    third.purge_deleted(TimestampMs(i64::MAX)).unwrap();
    assert_eq!(third.found_logs().len(), 1);
    drop(third);
    let home = found[0].dir.join("topic-0");
    std::fs::remove_dir_all(&home).unwrap();
    std::fs::rename(kept, home).unwrap();
    let fourth = manager(StdDisk, &[dir.path()]);
    assert_eq!(records(&log(&fourth, 0).reader(), 0), expected(0..3, 1));
}

#[test]
fn directories_of_others_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = manager(StdDisk, &[dir.path()]);
    let locked = LogManager::open(Arc::new(StdDisk), config(&[dir.path()]));
    assert!(matches!(locked, Err(StorageError::Locked(_))));
    let meta = MetaProperties::read(&StdDisk, dir.path()).unwrap().unwrap();
    assert_eq!(meta.directory_id, Some(first.directories()[0].id));
    log(&first, 0).close().unwrap();
    drop(first);
    for (cluster, node) in [("other", 1), ("cluster", 2)] {
        let config = LogManagerConfig {
            cluster_id: ClusterId(cluster.into()),
            node_id: NodeId(node),
            ..config(&[dir.path()])
        };
        let wrong = LogManager::open(Arc::new(StdDisk), config);
        assert!(matches!(wrong, Err(StorageError::WrongDirectory { .. })));
    }
    std::fs::remove_file(dir.path().join("meta.properties")).unwrap();
    let unformatted = LogManager::open(Arc::new(StdDisk), config(&[dir.path()]));
    assert!(matches!(
        unformatted,
        Err(StorageError::WrongDirectory { .. })
    ));
}

#[test]
fn logs_are_spread_and_failed_directories_are_left_alone() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let manager = manager(StdDisk, &[one.path(), two.path()]);
    let logs: Vec<_> = (0..4).map(|n| log(&manager, n)).collect();
    let in_one = logs.iter().filter(|log| log.dir().starts_with(one.path()));
    assert_eq!(in_one.count(), 2);
    assert_eq!(manager.open_logs().len(), 4);
    manager.mark_offline(one.path(), "it smokes");
    for n in 4..6 {
        assert!(log(&manager, n).dir().starts_with(two.path()));
    }
    assert_eq!(
        manager.directories()[0].offline.as_deref(),
        Some("it smokes")
    );
    manager.checkpoint().unwrap();
}

#[test]
fn a_log_can_be_closed_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let manager = manager(StdDisk, &[dir.path()]);
    let mut one = log(&manager, 0);
    append(&mut one, 0..3, 1);
    one.close().unwrap();
    let mut one = log(&manager, 0);
    append(&mut one, 3..5, 1);
    drop(one);
    let one = log(&manager, 0);
    assert_eq!(records(&one.reader(), 0), expected(0..5, 1));
}

#[test]
fn unknown_and_damaged_things_do_not_hinder_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = manager(StdDisk, &[dir.path()]);
    let mut one = log(&first, 0);
    append(&mut one, 0..3, 1);
    one.close().unwrap();
    first.shutdown(None).unwrap();
    for name in [
        "lost+found",
        "remote-log-index-cache",
        "__cluster_metadata-0",
        "topic-x",
    ] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    for name in [
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
        ".kafka_cleanshutdown",
    ] {
        std::fs::write(dir.path().join(name), b"\xff\xfe garbage").unwrap();
    }
    let second = manager(StdDisk, &[dir.path()]);
    assert_eq!(second.found_logs().len(), 1);
    assert_eq!(records(&log(&second, 0).reader(), 0), expected(0..3, 1));
    assert!(dir.path().join("__cluster_metadata-0").exists());
}
