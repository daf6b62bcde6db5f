//! One hosted partition as its worker sees it: the log, the role, the parked appends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_replication::{
    CommitRule, Effect, IsrSet, LeaderInfo, LeaderSettings, PartitionLeader, Progress,
};
use highwater_storage::{AppendError, AppendInfo, FlushOutcome, FlushTask, Log, StorageError};
use highwater_types::{LeaderEpoch, NodeId, Offset, PartitionEpoch, TimestampMs};

use tokio::time::Instant;

use super::append::{Acks, AppendFailure, PendingAppend, storage_error_code};
use super::config::TopicSettings;
use super::partition::{Condition, Partition};
use crate::metadata::PartitionAssignment;

/// One hosted partition. Lives in its worker from open to close; only the worker
/// touches it, one event at a time.
pub(super) struct Hosted {
    pub(super) partition: Arc<Partition>,
    log: Log,
    role: Role,
    min_in_sync: usize,
    local: NodeId,
    /// See [`super::ReplicaConfig::testing_ack_before_flush`].
    ack_before_flush: bool,
    /// Appends with `acks=all` that are not committed yet, by ascending offset
    /// (a duplicate may wait behind later appends).
    parked: VecDeque<ParkedAppend>,
    /// Length of `parked` at which those that nobody waits for are swept out.
    sweep_at: usize,
    effects: Vec<Effect>,
    /// What the cores count time from.
    origin: Instant,
}

enum Role {
    Leader(Box<PartitionLeader>),
    /// Another broker leads, or nobody; epochs fence late assignments.
    Idle {
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
    },
    /// The log failed; nothing more is done with it.
    Offline,
}

struct ParkedAppend {
    /// Committed once the high watermark is here.
    end: Offset,
    pending: Arc<PendingAppend>,
    index: usize,
    info: AppendInfo,
}

const SWEEP_LENGTH_MIN: usize = 1024;

impl Hosted {
    pub(super) fn new(
        partition: Arc<Partition>,
        log: Log,
        settings: &TopicSettings,
        local: NodeId,
        ack_before_flush: bool,
    ) -> Self {
        Self {
            partition,
            log,
            role: Role::Idle {
                leader_epoch: LeaderEpoch::UNKNOWN,
                partition_epoch: PartitionEpoch(-1),
            },
            min_in_sync: settings.min_in_sync,
            local,
            ack_before_flush,
            parked: VecDeque::new(),
            sweep_at: SWEEP_LENGTH_MIN,
            effects: Vec::new(),
            origin: Instant::now(),
        }
    }

    fn moment(&self) -> Duration {
        self.origin.elapsed()
    }

    fn leader_settings(&self) -> LeaderSettings {
        LeaderSettings {
            commit_rule: self.commit_rule(),
            min_in_sync: self.min_in_sync,
            ..LeaderSettings::default()
        }
    }

    /// Takes what the controller decided; what is older than the known is ignored.
    pub(super) fn assign(&mut self, assignment: &PartitionAssignment) {
        let (leader_epoch, partition_epoch) = match &self.role {
            Role::Leader(leader) => (leader.leader_epoch(), leader.partition_epoch()),
            Role::Idle {
                leader_epoch,
                partition_epoch,
            } => (*leader_epoch, *partition_epoch),
            Role::Offline => return,
        };
        let known = (leader_epoch, partition_epoch);
        if (assignment.leader_epoch, assignment.partition_epoch) <= known {
            return;
        }
        let isr = IsrSet::new(self.local, &assignment.replicas, &assignment.isr);
        match (assignment.leader == self.local, isr) {
            (true, Ok(isr)) => self.lead(assignment, isr),
            (true, Err(error)) => {
                let name = &self.partition.name;
                tracing::error!(%name, ?error, "an assignment contradicts itself");
                self.step_down(assignment);
            }
            (false, _) => self.step_down(assignment),
        }
    }

    fn lead(&mut self, assignment: &PartitionAssignment, isr: IsrSet) {
        let mut effects = std::mem::take(&mut self.effects);
        let now = self.moment();
        match &mut self.role {
            Role::Leader(leader) if leader.leader_epoch() == assignment.leader_epoch => {
                leader.on_isr_change(assignment.partition_epoch, isr, now, &mut effects);
            }
            _ => {
                let info = LeaderInfo {
                    local: self.local,
                    leader_epoch: assignment.leader_epoch,
                    partition_epoch: assignment.partition_epoch,
                    replicas: isr,
                    progress: Progress::new(
                        self.log.log_end_offset(),
                        self.log.flushed_end_offset(),
                    ),
                    high_watermark: self.log.high_watermark(),
                    settings: self.leader_settings(),
                    now,
                };
                let leader = PartitionLeader::new(info, &mut effects);
                self.role = Role::Leader(Box::new(leader));
                self.partition
                    .publish(Condition::Leading, assignment.leader_epoch);
            }
        }
        self.carry_out(effects);
        self.answer_parked();
    }

    fn step_down(&mut self, assignment: &PartitionAssignment) {
        self.role = Role::Idle {
            leader_epoch: assignment.leader_epoch,
            partition_epoch: assignment.partition_epoch,
        };
        self.fail_parked(ErrorCode::NotLeaderOrFollower);
        self.partition
            .publish(Condition::NotLeading, assignment.leader_epoch);
    }

    fn commit_rule(&self) -> CommitRule {
        match self.log.config().write_caching || self.ack_before_flush {
            true => CommitRule::Appended,
            false => CommitRule::Flushed,
        }
    }

    pub(super) fn update_settings(&mut self, settings: TopicSettings) {
        self.min_in_sync = settings.min_in_sync;
        self.log.update_config(settings.log);
        let (settings, now) = (self.leader_settings(), self.moment());
        let mut effects = std::mem::take(&mut self.effects);
        if let Role::Leader(leader) = &mut self.role {
            leader.on_settings_change(settings, now, &mut effects);
        }
        self.carry_out(effects);
    }

    /// Appends a producer's batch and answers it, now or when it is committed.
    ///
    /// # Errors
    /// When the log failed; the producer was told.
    pub(super) fn append(
        &mut self,
        records: Bytes,
        acks: Acks,
        pending: &Arc<PendingAppend>,
        index: usize,
        now: TimestampMs,
    ) -> Result<(), StorageError> {
        let appended = match self.check_append(acks) {
            Ok(epoch) => self.log.append_as_leader(records, epoch, now),
            Err(code) => {
                pending.set(index, Err(AppendFailure::new(code)));
                return Ok(());
            }
        };
        let info = match appended {
            Ok(info) => info,
            Err(error) => {
                let log_start = self.log.log_start_offset();
                let failure = match error {
                    AppendError::Storage(error) => {
                        let failure = AppendFailure::new(storage_error_code(&error));
                        pending.set(index, Err(failure));
                        return Err(error);
                    }
                    refused => AppendFailure::from_error(refused, log_start),
                };
                pending.set(index, Err(failure));
                return Ok(());
            }
        };
        match acks {
            Acks::All => self.park(ParkedAppend {
                end: info.last_offset.plus(1),
                pending: pending.clone(),
                index,
                info,
            }),
            Acks::None | Acks::Leader => pending.set(index, Ok(info)),
        }
        let (log_end, moment) = (self.log.log_end_offset(), self.moment());
        let mut effects = std::mem::take(&mut self.effects);
        if let Role::Leader(leader) = &mut self.role {
            leader.on_local_append(log_end, moment, &mut effects);
        }
        self.carry_out(effects);
        // A duplicate may be committed long since.
        self.answer_parked();
        Ok(())
    }

    fn check_append(&self, acks: Acks) -> Result<LeaderEpoch, ErrorCode> {
        match &self.role {
            Role::Leader(leader) => {
                if acks == Acks::All && !leader.has_enough_in_sync() {
                    return Err(ErrorCode::NotEnoughReplicas);
                }
                Ok(leader.leader_epoch())
            }
            Role::Idle { .. } => Err(ErrorCode::NotLeaderOrFollower),
            Role::Offline => Err(ErrorCode::KafkaStorageError),
        }
    }

    fn park(&mut self, append: ParkedAppend) {
        if self.parked.len() >= self.sweep_at {
            // Only a disk that hangs lets so many gather; most timed out by now.
            self.parked.retain(|parked| !parked.pending.is_abandoned());
            self.sweep_at = (self.parked.len() * 2).max(SWEEP_LENGTH_MIN);
        }
        self.parked.push_back(append);
    }

    /// Whether the log wants to be flushed now, see [`Log::needs_flush`].
    pub(super) fn needs_flush(&self, now: TimestampMs) -> bool {
        !matches!(self.role, Role::Offline) && self.log.needs_flush(now)
    }

    /// Whether something appended is not flushed, wanted or not.
    pub(super) fn has_unflushed(&self) -> bool {
        self.log.flushed_end_offset() < self.log.log_end_offset()
    }

    pub(super) fn prepare_flush(&mut self) -> Option<FlushTask> {
        match self.role {
            Role::Offline => None,
            _ => self.log.prepare_flush(),
        }
    }

    /// # Errors
    /// When the flush failed: the log is of no use any more.
    pub(super) fn on_flushed(&mut self, outcome: FlushOutcome) -> Result<(), StorageError> {
        if matches!(self.role, Role::Offline) {
            return Ok(());
        }
        let flushed_end = self.log.on_flushed(outcome)?;
        let now = self.moment();
        let mut effects = std::mem::take(&mut self.effects);
        if let Role::Leader(leader) = &mut self.role {
            leader.on_local_flushed(flushed_end, now, &mut effects);
        }
        self.carry_out(effects);
        Ok(())
    }

    /// Carries out what the leader decided; gives the buffer back for next time.
    fn carry_out(&mut self, mut effects: Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::AdvanceHighWatermark(to) => {
                    self.log.update_high_watermark(to);
                    self.partition.waiters.wake(to);
                    self.answer_parked();
                }
                // Nothing is replicated yet.
                Effect::ProposeIsr(_) => {}
            }
        }
        self.effects = effects;
    }

    /// Answers what is committed, and what will not be for want of replicas.
    fn answer_parked(&mut self) {
        let Role::Leader(leader) = &self.role else {
            return;
        };
        let high_watermark = leader.high_watermark();
        let enough = leader.has_enough_in_sync();
        while let Some(parked) = self.parked.pop_front_if(|p| p.end <= high_watermark) {
            parked.pending.set(parked.index, Ok(parked.info));
        }
        if !enough {
            // The in-sync set shrank after the append, and the high watermark stands still.
            self.fail_parked(ErrorCode::NotEnoughReplicasAfterAppend);
        }
    }

    fn fail_parked(&mut self, code: ErrorCode) {
        for parked in self.parked.drain(..) {
            parked
                .pending
                .set(parked.index, Err(AppendFailure::new(code)));
        }
    }

    /// Moves the log start up; answers the new one. KIP-107.
    ///
    /// # Errors
    /// The code for the client.
    pub(super) fn delete_records(&mut self, before: Offset) -> Result<Offset, DeleteError> {
        let leader = match &self.role {
            Role::Leader(leader) => leader,
            Role::Idle { .. } => return Err(DeleteError::Refused(ErrorCode::NotLeaderOrFollower)),
            Role::Offline => return Err(DeleteError::Refused(ErrorCode::KafkaStorageError)),
        };
        if !self.log.config().cleanup_policy.delete && self.log.config().cleanup_policy.compact {
            return Err(DeleteError::Refused(ErrorCode::PolicyViolation));
        }
        let high_watermark = leader.high_watermark();
        let to = match before {
            Offset::NONE => high_watermark,
            before => before,
        };
        if to < Offset::ZERO || to > high_watermark {
            return Err(DeleteError::Refused(ErrorCode::OffsetOutOfRange));
        }
        if to > self.log.log_start_offset() {
            self.log
                .advance_log_start(to)
                .map_err(DeleteError::Storage)?;
            self.partition.waiters.wake_all();
        }
        Ok(self.log.log_start_offset())
    }

    /// Rolls, deletes and purges what is due.
    ///
    /// # Errors
    /// When files can not be changed.
    pub(super) fn apply_retention(&mut self, now: TimestampMs) -> Result<(), StorageError> {
        if matches!(self.role, Role::Offline) {
            return Ok(());
        }
        let log_start = self.log.log_start_offset();
        self.log.apply_retention(now)?;
        if self.log.log_start_offset() != log_start {
            self.partition.waiters.wake_all();
        }
        self.log.purge_deleted_files(now)?;
        self.log.close_idle_files();
        Ok(())
    }

    pub(super) fn expire_producers(&mut self, now: TimestampMs) {
        self.log.expire_producers(now);
    }

    /// Stops serving for good: its disk failed.
    pub(super) fn go_offline(&mut self) {
        self.role = Role::Offline;
        self.fail_parked(ErrorCode::KafkaStorageError);
        let epoch = self.partition.leader_epoch();
        self.partition.publish(Condition::Offline, epoch);
    }

    pub(super) fn is_offline(&self) -> bool {
        matches!(self.role, Role::Offline)
    }

    /// Ends the hosting and gives the log back.
    pub(super) fn close(mut self) -> Log {
        self.fail_parked(ErrorCode::NotLeaderOrFollower);
        let epoch = self.partition.leader_epoch();
        self.partition.publish(Condition::Removed, epoch);
        self.log
    }
}

/// Why records were not deleted.
pub(super) enum DeleteError {
    Refused(ErrorCode),
    Storage(StorageError),
}
