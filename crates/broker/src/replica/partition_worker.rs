//! The owner of many partitions' logs and roles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use highwater_platform::Platform;
use highwater_protocol::ErrorCode;
use highwater_storage::{Log, StorageError};
use highwater_types::{DirectoryId, NodeId, Offset, TimestampMs};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use super::append::storage_error_code;
use super::command::{AppendBatches, Command, OpenPartition, PartitionNumber};
use super::config::ReplicaConfig;
use super::directory_failures::DirectoryFailures;
use super::flusher::{Flushed, Flusher};
use super::hosted::{DeleteError, Hosted};
use super::isr_proposals::IsrProposals;
use super::peer::PeerLinks;
use crate::metadata::PartitionAssignment;

/// What all workers of a broker share.
#[allow(dead_code)] // until followers follow
pub(super) struct WorkerShared {
    pub(super) node_id: NodeId,
    pub(super) platform: Platform,
    pub(super) config: ReplicaConfig,
    pub(super) failures: DirectoryFailures,
    /// Who pushes what is led here to its followers.
    pub(super) links: PeerLinks,
    /// Where a leader's wishes for other in-sync replicas go.
    pub(super) isr_proposals: Arc<IsrProposals>,
    /// Something changed that the checkpoints do not have yet.
    pub(super) checkpoint_due: AtomicBool,
}

/// One task that owns the logs and roles of many partitions and runs every change
/// of them to completion: no await between check and act.
///
/// It takes many commands per wake-up, writes inline, and lets one flush round
/// gather what was appended meanwhile. Lives as long as the replica manager.
///
/// Invariant: an id in `to_flush` or `caching` is in `hosted`.
pub(super) struct PartitionWorker {
    shared: Arc<WorkerShared>,
    commands: mpsc::Receiver<Command>,
    hosted: BTreeMap<PartitionNumber, Hosted>,
    flusher: Flusher,
    /// Partitions that the next flush round takes.
    to_flush: BTreeSet<PartitionNumber>,
    /// Partitions whose write caching allows them to wait; looked at on each tick.
    caching: BTreeSet<PartitionNumber>,
    next_retention: Instant,
    next_expiration: Instant,
    /// Bytes appended since the last [`PartitionWorker::turn`].
    appended_bytes: usize,
}

/// Commands taken from the queue at a time.
const COMMANDS_PER_ROUND: usize = 256;

/// Bytes after which a round looks up: starts a flush, answers what is flushed, and
/// lets other tasks of this thread run.
const TURN_BYTES: usize = 1 << 20;

impl PartitionWorker {
    pub(super) fn new(shared: Arc<WorkerShared>, commands: mpsc::Receiver<Command>) -> Self {
        let now = Instant::now();
        let flusher = Flusher::new(
            shared.platform.offload.clone(),
            shared.config.flush_jobs_max,
        );
        Self {
            commands,
            hosted: BTreeMap::new(),
            flusher,
            to_flush: BTreeSet::new(),
            caching: BTreeSet::new(),
            next_retention: now + shared.config.retention_check_interval,
            next_expiration: now + shared.config.producer_expiration_check_interval,
            appended_bytes: 0,
            shared,
        }
    }

    /// Runs until told to shut down, or until nobody can tell it anything.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(self.shared.config.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut round = Vec::with_capacity(COMMANDS_PER_ROUND);
        loop {
            // The first two are rare, so they can not starve the commands.
            tokio::select! { biased;
                _ = tick.tick() => self.on_tick(),
                flushed = self.flusher.completed() => self.on_flushed(flushed),
                count = self.commands.recv_many(&mut round, COMMANDS_PER_ROUND) => {
                    if count == 0 {
                        return;
                    }
                }
            }
            for command in round.drain(..) {
                if let Command::Shutdown { done } = command {
                    self.shut_down(done);
                    return;
                }
                self.on_command(command);
                if self.appended_bytes >= TURN_BYTES {
                    self.turn();
                    tokio::task::yield_now().await;
                }
            }
            self.turn();
        }
    }

    /// Takes in the flushes that are done and starts the next round.
    fn turn(&mut self) {
        self.appended_bytes = 0;
        while let Some(flushed) = self.flusher.try_completed() {
            self.on_flushed(flushed);
        }
        if self.to_flush.is_empty() || !self.flusher.is_idle() {
            return;
        }
        let mut tasks = Vec::with_capacity(self.to_flush.len());
        for number in std::mem::take(&mut self.to_flush) {
            let task = self.hosted.get_mut(&number).and_then(Hosted::prepare_flush);
            tasks.extend(task.map(|task| (number, task)));
        }
        if !tasks.is_empty() {
            self.flusher.start(tasks);
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Append(batches) => self.on_append(*batches),
            Command::Open(open) => self.on_open(*open),
            Command::Assign {
                partition,
                assignment,
                done,
            } => self.on_assign(partition, &assignment, done),
            Command::UpdateSettings {
                partition,
                settings,
            } => {
                if let Some(hosted) = self.hosted.get_mut(&partition) {
                    hosted.update_settings(*settings);
                    self.note_unflushed(partition, self.now());
                }
            }
            Command::Close { partition, done } => {
                self.to_flush.remove(&partition);
                self.caching.remove(&partition);
                // Who asked may be gone; the log is then closed by its drop.
                let _ = done.send(self.hosted.remove(&partition).map(Hosted::close));
            }
            Command::DeleteRecords {
                partition,
                before,
                done,
            } => self.on_delete_records(partition, before, done),
            // Nothing is replicated yet.
            Command::Replicate(_)
            | Command::FollowerProgress { .. }
            | Command::IsrAnswered { .. } => {}
            Command::FailDirectory { directory, reason } => self.on_failed(directory, &reason),
            Command::Shutdown { .. } => unreachable!("handled by the loop"),
        }
    }

    fn on_open(&mut self, open: OpenPartition) {
        let number = open.partition.number;
        let mut hosted = Hosted::new(
            open.partition,
            open.log,
            &open.settings,
            self.shared.node_id,
            self.shared.config.testing_ack_before_flush,
        );
        hosted.assign(&open.assignment);
        self.hosted.insert(number, hosted);
        // What recovery found may be in the page cache only.
        self.note_unflushed(number, self.now());
        let _ = open.done.send(());
    }

    fn on_assign(
        &mut self,
        number: PartitionNumber,
        assignment: &PartitionAssignment,
        done: oneshot::Sender<()>,
    ) {
        if let Some(hosted) = self.hosted.get_mut(&number) {
            hosted.assign(assignment);
        }
        let _ = done.send(());
    }

    fn on_append(&mut self, mut batches: AppendBatches) {
        let now = self.now();
        let acks = batches.acks;
        for append in std::mem::take(&mut batches.appends) {
            let Some(hosted) = self.hosted.get_mut(&append.partition) else {
                // Dropping it tells the producer.
                batches.appends.push(append);
                continue;
            };
            self.appended_bytes += append.records.len();
            let result = hosted.append(append.records, acks, &batches.pending, append.index, now);
            match result {
                Ok(()) => self.note_unflushed(append.partition, now),
                Err(error) => self.fail(append.partition, &error),
            }
        }
        self.shared.checkpoint_due.store(true, Ordering::Relaxed);
    }

    /// Remembers a partition that has something to flush, now or later.
    fn note_unflushed(&mut self, number: PartitionNumber, now: TimestampMs) {
        let Some(hosted) = self.hosted.get(&number) else {
            return;
        };
        if hosted.needs_flush(now) {
            self.to_flush.insert(number);
            self.caching.remove(&number);
        } else if hosted.has_unflushed() {
            self.caching.insert(number);
        }
    }

    fn on_flushed(&mut self, flushed: Vec<Flushed>) {
        for (number, outcome) in flushed {
            let Some(hosted) = self.hosted.get_mut(&number) else {
                continue;
            };
            if let Err(error) = hosted.on_flushed(outcome) {
                self.fail(number, &error);
            }
        }
        self.shared.checkpoint_due.store(true, Ordering::Relaxed);
    }

    fn on_delete_records(
        &mut self,
        number: PartitionNumber,
        before: Offset,
        done: oneshot::Sender<Result<Offset, ErrorCode>>,
    ) {
        let Some(hosted) = self.hosted.get_mut(&number) else {
            // Dropping `done` says that the partition is not here.
            return;
        };
        let result = match hosted.delete_records(before) {
            Ok(log_start) => Ok(log_start),
            Err(DeleteError::Refused(code)) => Err(code),
            Err(DeleteError::Storage(error)) => {
                let code = storage_error_code(&error);
                self.fail(number, &error);
                Err(code)
            }
        };
        self.shared.checkpoint_due.store(true, Ordering::Relaxed);
        let _ = done.send(result);
    }

    fn on_tick(&mut self) {
        for number in std::mem::take(&mut self.caching) {
            self.note_unflushed(number, self.now());
        }
        let (now, instant) = (self.now(), Instant::now());
        if instant >= self.next_retention {
            self.next_retention = instant + self.shared.config.retention_check_interval;
            let numbers: Vec<_> = self.hosted.keys().copied().collect();
            for number in numbers {
                let hosted = self.hosted.get_mut(&number);
                if let Some(Err(error)) = hosted.map(|hosted| hosted.apply_retention(now)) {
                    self.fail(number, &error);
                }
            }
            self.shared.checkpoint_due.store(true, Ordering::Relaxed);
        }
        if instant >= self.next_expiration {
            self.next_expiration = instant + self.shared.config.producer_expiration_check_interval;
            for hosted in self.hosted.values_mut() {
                hosted.expire_producers(now);
            }
        }
    }

    /// A log failed: it goes offline, and with it its directory if the disk is to blame.
    fn fail(&mut self, number: PartitionNumber, error: &StorageError) {
        let Some(hosted) = self.hosted.get_mut(&number) else {
            return;
        };
        tracing::error!(partition = %hosted.partition.name, %error, "the log failed");
        hosted.go_offline();
        self.to_flush.remove(&number);
        self.caching.remove(&number);
        let disk_failed = matches!(error, StorageError::Io { .. } | StorageError::Poisoned(_));
        if let (true, Some(directory)) = (disk_failed, hosted.partition.directory) {
            self.shared.failures.report(directory, error.to_string());
        }
    }

    fn on_failed(&mut self, directory: DirectoryId, reason: &str) {
        for (number, hosted) in &mut self.hosted {
            if hosted.partition.directory == Some(directory) && !hosted.is_offline() {
                tracing::error!(partition = %hosted.partition.name, reason, "offline with its directory");
                hosted.go_offline();
                self.to_flush.remove(number);
                self.caching.remove(number);
            }
        }
    }

    fn shut_down(&mut self, done: oneshot::Sender<Vec<Log>>) {
        let hosted = std::mem::take(&mut self.hosted);
        let _ = done.send(hosted.into_values().map(Hosted::close).collect());
    }

    fn now(&self) -> TimestampMs {
        self.shared.platform.clock.now()
    }
}
