//! Power losses at random moments: what was flushed is there, and nothing else is made up.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::*;
use highwater_storage::testing::SimulatedDisk;
use highwater_storage::{Disk, FlushTask, Log, LogConfig, OpenInfo};
use highwater_types::{LeaderEpoch, Offset};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Append {
        records: usize,
        size: usize,
        epoch: bool,
    },
    /// A flush on the spot.
    Flush,
    /// A flush elsewhere begins, and what was out is done.
    BeginFlush,
    EndFlush,
    Truncate {
        back: usize,
    },
    Advance {
        part: usize,
    },
    Retention,
    Roll,
    Checkpoint,
    CloseIdle,
    Crash,
    CleanRestart,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => (1usize..5, 1usize..200, any::<bool>())
            .prop_map(|(records, size, epoch)| Op::Append { records, size, epoch }),
        3 => Just(Op::Flush),
        3 => Just(Op::BeginFlush),
        3 => Just(Op::EndFlush),
        2 => (1usize..30).prop_map(|back| Op::Truncate { back }),
        1 => (0usize..10).prop_map(|part| Op::Advance { part }),
        1 => Just(Op::Retention),
        1 => Just(Op::Roll),
        2 => Just(Op::Checkpoint),
        1 => Just(Op::CloseIdle),
        3 => Just(Op::Crash),
        1 => Just(Op::CleanRestart),
    ]
}

/// The log beside a plain list of what must be in it.
struct Model {
    disk: SimulatedDisk,
    dir: PathBuf,
    config: LogConfig,
    log: Option<Log>,
    task: Option<FlushTask>,
    /// Values by offset from `base` on, and where each batch begins.
    values: Vec<String>,
    starts: Vec<usize>,
    /// What the log said was flushed, never taken back except by truncation.
    flushed: usize,
    checkpoint: (i64, i64),
    epoch: i32,
    counter: usize,
}

impl Model {
    fn new(seed: u64) -> Self {
        let disk = SimulatedDisk::new(seed);
        disk.create_dir_all(Path::new("/data")).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let dir = PathBuf::from("/data/t-0");
        let config = LogConfig {
            retention_bytes: 3000,
            ..small_segments()
        };
        let log = Some(open_on(Arc::new(disk.clone()), &dir, &config, false));
        Self {
            disk,
            dir,
            config,
            log,
            task: None,
            values: Vec::new(),
            starts: Vec::new(),
            flushed: 0,
            checkpoint: (0, 0),
            epoch: 0,
            counter: 0,
        }
    }

    fn log(&mut self) -> &mut Log {
        self.log.as_mut().unwrap()
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append {
                records,
                size,
                epoch,
            } => {
                self.epoch += i32::from(epoch && self.counter.is_multiple_of(7));
                self.counter += 1;
                let value = format!("{}{}", self.counter, "x".repeat(size));
                let epoch = LeaderEpoch(self.epoch);
                let info = self
                    .log()
                    .append_as_leader(batch(&value, records), epoch, NOW)
                    .unwrap();
                assert_eq!(info.first_offset.0 as usize, self.values.len());
                self.starts.push(self.values.len());
                self.values
                    .extend((0..records).map(|i| format!("{value}-{i}")));
            }
            Op::Flush => {
                self.flushed = self.log().flush().unwrap().0 as usize;
                assert_eq!(self.flushed, self.values.len());
            }
            Op::BeginFlush => {
                if self.task.is_none() {
                    self.task = self.log().prepare_flush();
                }
            }
            Op::EndFlush => {
                if let Some(task) = self.task.take() {
                    let flushed = self.log().on_flushed(task.run()).unwrap().0 as usize;
                    assert!(flushed >= self.flushed && flushed <= self.values.len());
                    self.flushed = flushed;
                }
            }
            Op::Truncate { back } => {
                let log_start = self.log().log_start_offset().0 as usize;
                let to = self.values.len().saturating_sub(back).max(log_start);
                let whole = self.starts.iter().rev().find(|s| **s <= to);
                let whole = whole.copied().unwrap_or(0);
                if whole < log_start {
                    // Half a batch can go at the log start only, which may be forgotten.
                    return;
                }
                self.log().truncate_to(Offset(to as i64)).unwrap();
                let end = self.log().log_end_offset().0 as usize;
                assert!([to, whole].contains(&end), "{end} for {to}");
                self.forget_from(end);
            }
            Op::Advance { part } => {
                let end = self.log().flushed_end_offset();
                self.log().update_high_watermark(end);
                let to = Offset(end.0 * part as i64 / 10);
                self.log().advance_log_start(to).unwrap();
            }
            Op::Retention => {
                self.log().apply_retention(NOW).unwrap();
            }
            Op::Roll => {
                let later = highwater_types::TimestampMs(NOW.0 + 8 * 86_400_000);
                self.log().maybe_roll(later).unwrap();
            }
            Op::Checkpoint => {
                let offsets = self.log().reader().offsets();
                self.checkpoint = (offsets.flushed_end.0, offsets.log_start.0);
            }
            Op::CloseIdle => self.log().close_idle_files(),
            Op::Crash => self.crash(),
            Op::CleanRestart => {
                self.task = None;
                let log_start = self.log().log_start_offset();
                self.log.take().unwrap().close().unwrap();
                self.flushed = self.values.len();
                self.checkpoint = (self.flushed as i64, log_start.0);
                self.reopen(true);
                assert_eq!(self.log().log_end_offset().0 as usize, self.values.len());
            }
        }
        self.check();
    }

    fn forget_from(&mut self, end: usize) {
        self.values.truncate(end);
        self.starts.retain(|start| *start < end);
        self.flushed = self.flushed.min(end);
        self.checkpoint.0 = self.checkpoint.0.min(end as i64);
    }

    fn crash(&mut self) {
        self.task = None;
        self.log = None;
        self.disk.crash();
        self.reopen(false);
        let end = self.log().log_end_offset().0 as usize;
        assert!(
            end >= self.flushed,
            "{end} records left of {} flushed",
            self.flushed
        );
        assert!(
            end <= self.values.len(),
            "records came back: {end} of {}",
            self.values.len()
        );
        assert!(
            end == self.values.len() || self.starts.contains(&end),
            "half a batch at {end}"
        );
        assert_eq!(self.log().flushed_end_offset().0 as usize, end);
        self.forget_from(end);
        self.flushed = end;
    }

    fn reopen(&mut self, clean: bool) {
        let info = OpenInfo {
            clean_shutdown: clean,
            recovery_point: Offset(self.checkpoint.0),
            log_start: Offset(self.checkpoint.1),
            topic_id: None,
            now: NOW,
        };
        let disk = Arc::new(self.disk.clone());
        self.log = Some(Log::open(disk, self.dir.clone(), self.config.clone(), info).unwrap());
    }

    fn check(&mut self) {
        let log = self.log.as_ref().unwrap();
        let offsets = log.reader().offsets();
        assert_eq!(offsets.log_end.0 as usize, self.values.len());
        let start = offsets.log_start.0 as usize;
        let read = records(&log.reader(), start as i64);
        let read: Vec<_> = read
            .into_iter()
            .map(|(offset, value)| (offset as usize, value))
            .collect();
        let expected: Vec<_> = (start..)
            .zip(self.values[start..].iter().cloned())
            .collect();
        assert_eq!(read, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_flushed_survives(seed in any::<u64>(), ops in prop::collection::vec(op(), 1..60)) {
        let mut model = Model::new(seed);
        for op in &ops {
            model.apply(op);
        }
    }
}

#[test]
fn without_a_flush_records_are_lost() {
    // Shows that the test above can fail: the disk does lose what is not synced.
    let lost = (0..20).any(|seed| {
        let mut model = Model::new(seed);
        model.apply(&Op::Append {
            records: 3,
            size: 10,
            epoch: false,
        });
        model.crash();
        model.values.is_empty()
    });
    assert!(lost);
}

#[test]
fn a_failed_sync_poisons_the_log() {
    let disk = SimulatedDisk::new(0);
    let mut log = open_on(
        Arc::new(disk.clone()),
        &PathBuf::from("/d/t-0"),
        &LogConfig::default(),
        true,
    );
    append(&mut log, 0..3, 1);
    log.flush().unwrap();
    append(&mut log, 3..4, 1);
    disk.set_syncs_fail(true);
    let outcome = log.prepare_flush().unwrap().run();
    assert!(outcome.result.is_err());
    assert!(log.on_flushed(outcome).is_err());
    disk.set_syncs_fail(false);
    assert!(log.poisoned().is_some());
    assert!(log.append_as_leader(batch("x", 1), EPOCH, NOW).is_err());
    assert!(log.flush().is_err());
    assert!(log.prepare_flush().is_none());
    // What was flushed is still counted, and everything can still be read.
    assert_eq!(log.flushed_end_offset(), Offset(3));
    assert_eq!(records(&log.reader(), 0), expected(0..4, 1));
    assert!(log.close().is_err());
}

#[test]
fn a_full_disk_poisons_the_log_and_leaves_it_readable() {
    let disk = SimulatedDisk::new(0);
    let dir = PathBuf::from("/d/t-0");
    let mut log = open_on(Arc::new(disk.clone()), &dir, &LogConfig::default(), true);
    append(&mut log, 0..3, 1);
    log.flush().unwrap();
    let used: usize = disk.contents().values().map(Vec::len).sum();
    let used = used as u64;
    disk.set_capacity(Some(used + 20));
    assert!(log.append_as_leader(batch("x", 1), EPOCH, NOW).is_err());
    assert_eq!(records(&log.reader(), 0), expected(0..3, 1));
    assert!(log.append_as_leader(batch("x", 1), EPOCH, NOW).is_err());
    disk.set_capacity(None);
    assert!(log.append_as_leader(batch("x", 1), EPOCH, NOW).is_err());
    drop(log);
    let mut log = open_on(Arc::new(disk), &dir, &LogConfig::default(), false);
    append(&mut log, 3..5, 1);
    assert_eq!(records(&log.reader(), 0), expected(0..5, 1));
}

#[test]
fn one_flush_at_a_time_and_an_overtaken_one_changes_nothing() {
    let disk = SimulatedDisk::new(0);
    let mut log = open_on(
        Arc::new(disk),
        &PathBuf::from("/d/t-0"),
        &LogConfig::default(),
        true,
    );
    append(&mut log, 0..3, 1);
    assert!(log.needs_flush(NOW));
    let task = log.prepare_flush().unwrap();
    assert_eq!(task.up_to(), Offset(3));
    append(&mut log, 3..5, 1);
    assert!(log.prepare_flush().is_none());
    assert_eq!(log.flushed_end_offset(), Offset(0));
    let outcome = task.run();
    assert_eq!(log.flush().unwrap(), Offset(5));
    log.truncate_to(Offset(2)).unwrap();
    assert_eq!(log.on_flushed(outcome).unwrap(), Offset(2));
    append(&mut log, 5..6, 1);
    let task = log.prepare_flush().unwrap();
    log.truncate_to(Offset(1)).unwrap();
    append(&mut log, 6..8, 1);
    // The task knew nothing of what came after the cut.
    assert_eq!(log.on_flushed(task.run()).unwrap(), Offset(1));
    assert_eq!(log.flush().unwrap(), Offset(3));
    assert!(!log.needs_flush(NOW));
}

#[test]
fn with_write_caching_only_the_flush_settings_ask_for_one() {
    let config = LogConfig {
        write_caching: true,
        flush_messages: 3,
        flush_ms: 1000,
        ..LogConfig::default()
    };
    let disk = Arc::new(SimulatedDisk::new(0));
    let mut log = open_on(disk, &PathBuf::from("/d/t-0"), &config, true);
    append(&mut log, 0..2, 1);
    let later = |ms| highwater_types::TimestampMs(NOW.0 + ms);
    assert!(!log.needs_flush(later(999)));
    assert!(log.needs_flush(later(1000)));
    append(&mut log, 2..3, 1);
    assert!(log.needs_flush(NOW));
    log.flush().unwrap();
    assert!(!log.needs_flush(later(5000)));
}

#[test]
fn a_log_that_nobody_wrote_to_is_closed_without_writing() {
    let disk = SimulatedDisk::new(1);
    let dir = Path::new("/data/topic-0");
    disk.create_dir_all(dir).unwrap();
    let open = |clean| open_on(Arc::new(disk.clone()), dir, &LogConfig::default(), clean);
    let fail = |fail| {
        disk.set_writes_fail(fail);
        disk.set_syncs_fail(fail);
    };
    open(true).close().unwrap();
    let mut log = open(true);
    append(&mut log, 0..3, 1);
    log.close().unwrap();
    for clean in [true, false] {
        let log = open(clean);
        fail(true);
        assert_eq!(log.close().is_ok(), clean, "what was repaired is written");
        fail(false);
    }
    let mut log = open(true);
    assert_eq!(records(&log.reader(), 0), expected(0..3, 1));
    append(&mut log, 3..5, 1);
    fail(true);
    assert!(log.close().is_err());
}
