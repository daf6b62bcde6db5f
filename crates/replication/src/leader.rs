//! The leader's view of one partition.

use std::collections::BTreeMap;
use std::time::Duration;

use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch};

use crate::follower_state::FollowerState;
use crate::isr_state::IsrState;
use crate::lag::Lag;
use crate::{CommitRule, Effect, IsrProposal, IsrRefusal, IsrSet, Progress};

/// Wait before a follower that the controller refused is proposed again; doubles with
/// each further refusal.
const REFUSED_MIN: Duration = Duration::from_millis(100);
const REFUSED_MAX: Duration = Duration::from_secs(5);

/// How long a sending of a proposal that was not answered may still be carried out.
const IN_DOUBT_MAX: Duration = Duration::from_secs(10);

/// What the controller committed about this leadership, and where the local log is.
#[derive(Clone, Debug)]
pub struct LeaderInfo {
    pub local: NodeId,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub replicas: IsrSet,
    /// The local log when leadership begins.
    pub progress: Progress,
    /// The highest offset known to be committed, for example from a checkpoint.
    pub high_watermark: Offset,
    pub settings: LeaderSettings,
    /// Since any fixed moment, the same in all events.
    pub now: Duration,
}

/// What the topic and the broker are configured to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderSettings {
    pub commit_rule: CommitRule,
    /// `min.insync.replicas`. Asking for more replicas than the partition has asks for
    /// all of them, as in Kafka.
    pub min_in_sync: usize,
    /// `replica.lag.time.max.ms`
    pub lag_max: Duration,
    /// A bug on purpose: commit without the followers that a pending proposal adds.
    #[doc(hidden)]
    pub testing_ignore_pending_isr: bool,
    /// A bug on purpose: propose followers that lack what earlier leaders committed.
    #[doc(hidden)]
    pub testing_ignore_epoch_start: bool,
}

impl Default for LeaderSettings {
    fn default() -> Self {
        Self {
            commit_rule: CommitRule::default(),
            min_in_sync: 1,
            lag_max: Duration::from_secs(30),
            testing_ignore_pending_isr: false,
            testing_ignore_epoch_start: false,
        }
    }
}

/// What a follower says of its log. The leader's epoch says that all of it is as the
/// leader has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerReport {
    pub leader_epoch: LeaderEpoch,
    /// The life of the follower's broker. KIP-903.
    pub broker_epoch: BrokerEpoch,
    pub progress: Progress,
    pub log_start: Offset,
}

/// Why a follower's report was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressError {
    /// The report belongs to another leadership.
    WrongEpoch { expected: LeaderEpoch },
    /// The sender holds no replica of this partition.
    NotAReplica,
    /// The report is from an earlier life of the follower's broker.
    StaleBroker,
    /// The follower claims offsets that the leader does not have: the logs diverge.
    BeyondLogEnd,
}

/// Decides what is committed while this broker leads one partition, and who is in sync.
///
/// Lives for one leader epoch, owned by the partition's worker, and sees the partition
/// (not only this broker). The high watermark is the smallest committable end of the
/// maximal in-sync set (KIP-497) and never goes back. It stands still while fewer
/// replicas than `min.insync.replicas` are in sync: so a replica that left the set when
/// it fell below has everything committed and may be elected (KIP-966).
///
/// A follower joins once it has everything that is committed: what this leader
/// committed, and, since an earlier leader may have committed anything in the log it
/// left behind, all that was in the log when this leadership began. Of a follower that
/// keeps up the high watermark waits, or it would run away from it for ever.
///
/// Invariants: `high_watermark <= log_end` of the leader; the leader is in sync;
/// the high watermark never exceeds what the commit rule allows, except where an
/// earlier, laxer rule had already committed it.
#[derive(Clone, Debug)]
pub struct PartitionLeader {
    local: NodeId,
    leader_epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    /// The log end when this leadership began.
    epoch_start: Offset,
    isr: IsrState,
    progress: Progress,
    /// All replicas but this one.
    followers: BTreeMap<NodeId, FollowerState>,
    high_watermark: Offset,
    settings: LeaderSettings,
}

impl PartitionLeader {
    /// Begins a leadership; a lone in-sync leader commits what its log already has.
    #[must_use]
    pub fn new(info: LeaderInfo, effects: &mut Vec<Effect>) -> Self {
        let log_end = info.progress.log_end();
        let mut leader = Self {
            local: info.local,
            leader_epoch: info.leader_epoch,
            partition_epoch: info.partition_epoch,
            epoch_start: log_end,
            isr: IsrState::new(info.replicas),
            progress: info.progress,
            followers: BTreeMap::new(),
            // A checkpoint may be ahead of a log that lost its tail.
            high_watermark: info.high_watermark.min(log_end),
            settings: info.settings,
        };
        leader.meet_followers(info.now);
        leader.advance_high_watermark(info.now, effects);
        leader.check_invariants();
        leader
    }

    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    #[must_use]
    pub fn partition_epoch(&self) -> PartitionEpoch {
        self.partition_epoch
    }

    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The log end when this leadership began. Until the high watermark is there, it may
    /// be behind what earlier leaders showed. KIP-207.
    #[must_use]
    pub fn epoch_start(&self) -> Offset {
        self.epoch_start
    }

    /// As last committed by the controller.
    #[must_use]
    pub fn isr(&self) -> &IsrSet {
        self.isr.committed()
    }

    /// All replicas but this one.
    pub fn followers(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.followers.keys().copied()
    }

    /// Whether a write with `acks=all` may be accepted (`min.insync.replicas`).
    #[must_use]
    pub fn has_enough_in_sync(&self) -> bool {
        let isr = self.isr.committed();
        isr.in_sync().len() >= self.settings.min_in_sync.min(isr.replicas().len())
    }

    /// The smallest log start of this replica and of the followers that are up. KIP-107.
    #[must_use]
    pub fn low_watermark(&self, local_log_start: Offset) -> Offset {
        let up = self.followers.values().filter(|f| f.eligible.is_some());
        let starts = up.map(|follower| follower.log_start);
        starts.min().unwrap_or(local_log_start).min(local_log_start)
    }

    /// The local log grew.
    pub fn on_local_append(&mut self, log_end: Offset, now: Duration, effects: &mut Vec<Effect>) {
        let before = self.progress.log_end();
        assert!(log_end >= before, "a leader's log shrank");
        let rule = self.settings.commit_rule;
        for follower in self.followers.values_mut() {
            if follower.committable_end(rule) >= before {
                follower.lag.on_left_behind(log_end, now);
            }
        }
        let flushed_end = self.progress.flushed_end();
        self.progress.advance(log_end, flushed_end);
        self.advance_high_watermark(now, effects);
    }

    /// More of the local log is on stable storage.
    pub fn on_local_flushed(
        &mut self,
        flushed_end: Offset,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let log_end = self.progress.log_end();
        self.progress.advance(log_end, flushed_end);
        self.advance_high_watermark(now, effects);
    }

    /// A follower reports where its log ends.
    ///
    /// # Errors
    /// When the report can not be about this leadership's log; nothing changes then.
    pub fn on_follower_report(
        &mut self,
        node: NodeId,
        report: &FollowerReport,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ProgressError> {
        if report.leader_epoch != self.leader_epoch {
            let expected = self.leader_epoch;
            return Err(ProgressError::WrongEpoch { expected });
        }
        let log_end = self.progress.log_end();
        let rule = self.settings.commit_rule;
        let follower = self
            .followers
            .get_mut(&node)
            .ok_or(ProgressError::NotAReplica)?;
        if report.progress.log_end() > log_end {
            return Err(ProgressError::BeyondLogEnd);
        }
        if !follower.on_report(report.broker_epoch, report.progress, report.log_start) {
            return Err(ProgressError::StaleBroker);
        }
        let end = follower.committable_end(rule);
        follower.lag.on_progress(end, log_end, now);
        self.advance_high_watermark(now, effects);
        self.decide_isr(now, effects);
        Ok(())
    }

    /// Other brokers are up than before: `epoch_of` says in which life, for those that
    /// are neither fenced nor stopping.
    pub fn on_brokers_change(
        &mut self,
        epoch_of: impl Fn(NodeId) -> Option<BrokerEpoch>,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        for (node, follower) in &mut self.followers {
            let eligible = epoch_of(*node);
            if eligible != follower.eligible {
                follower.eligible = eligible;
                follower.refused_until = Duration::ZERO;
                follower.refusals = 0;
            }
        }
        self.advance_high_watermark(now, effects);
        self.decide_isr(now, effects);
    }

    /// The controller committed other replica sets for this leadership, as its answer or
    /// the metadata says. An older partition epoch is ignored.
    pub fn on_isr_change(
        &mut self,
        partition_epoch: PartitionEpoch,
        isr: IsrSet,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        if partition_epoch <= self.partition_epoch {
            return;
        }
        self.partition_epoch = partition_epoch;
        self.isr.on_committed(isr);
        self.meet_followers(now);
        self.advance_high_watermark(now, effects);
        self.decide_isr(now, effects);
        self.check_invariants();
    }

    /// The controller did not carry out the proposal that was based on `partition_epoch`.
    pub fn on_isr_refused(
        &mut self,
        partition_epoch: PartitionEpoch,
        refusal: IsrRefusal,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        if partition_epoch != self.partition_epoch || !self.isr.is_pending() {
            return;
        }
        let doubt_ends = now.saturating_add(IN_DOUBT_MAX);
        match refusal {
            // The metadata that makes it so will come.
            IsrRefusal::Outdated => {}
            IsrRefusal::Unknown => {
                self.isr.on_in_doubt(doubt_ends);
                self.isr.retry(now.saturating_add(REFUSED_MIN));
            }
            IsrRefusal::Ineligible { in_doubt } => {
                if in_doubt {
                    self.isr.on_in_doubt(doubt_ends);
                }
                let retry_at = self.refuse_joining(now);
                if self.isr.on_not_carried_out(now, retry_at) {
                    self.advance_high_watermark(now, effects);
                    self.decide_isr(now, effects);
                }
            }
        }
    }

    /// Lets those wait that were refused; says until when.
    fn refuse_joining(&mut self, now: Duration) -> Duration {
        let mut until = now.saturating_add(REFUSED_MIN);
        let proposed: Vec<_> = self.isr.proposed().collect();
        for node in proposed {
            if self.isr.committed().contains(node) {
                continue;
            }
            if let Some(follower) = self.followers.get_mut(&node) {
                let wait = REFUSED_MIN.saturating_mul(1 << follower.refusals.min(10));
                follower.refusals += 1;
                follower.refused_until = now.saturating_add(wait.min(REFUSED_MAX));
                until = until.max(follower.refused_until);
            }
        }
        until
    }

    /// The topic is configured otherwise. What was committed stays committed.
    pub fn on_settings_change(
        &mut self,
        settings: LeaderSettings,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        self.settings = settings;
        self.advance_high_watermark(now, effects);
    }

    /// Time passed; see [`PartitionLeader::next_deadline`].
    pub fn on_tick(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if let Some(proposal) = self.isr.take_retry(now) {
            effects.push(Effect::ProposeIsr(proposal));
        }
        self.advance_high_watermark(now, effects);
        self.decide_isr(now, effects);
    }

    /// When [`PartitionLeader::on_tick`] has something to do, if nothing else happens;
    /// `None` while all followers have everything.
    #[must_use]
    pub fn next_deadline(&self, now: Duration) -> Option<Duration> {
        if self.isr.is_pending() {
            return self.isr.retry_at();
        }
        let behind = self.followers.iter().filter(|(_, f)| self.is_behind(f));
        let deadlines = behind.filter_map(|(node, follower)| {
            let patience = follower.lag.patience_ends(self.settings.lag_max);
            match self.isr.committed().contains(*node) {
                true => Some(patience.unwrap_or(now)),
                false if follower.refused_until > now => Some(follower.refused_until),
                false => patience.filter(|ends| *ends > now && follower.is_eligible()),
            }
        });
        let refused = self.followers.values().map(|f| f.refused_until);
        deadlines.chain(refused.filter(|until| *until > now)).min()
    }

    fn is_behind(&self, follower: &FollowerState) -> bool {
        follower.committable_end(self.settings.commit_rule) < self.progress.log_end()
    }

    /// Makes `followers` match the replicas.
    fn meet_followers(&mut self, now: Duration) {
        let (isr, log_end) = (self.isr.committed(), self.progress.log_end());
        self.followers.retain(|node, _| isr.is_replica(*node));
        for node in isr.replicas().iter().filter(|node| **node != self.local) {
            let in_sync = isr.contains(*node);
            let follower = self
                .followers
                .entry(*node)
                .or_insert_with(|| FollowerState::new(Lag::new(in_sync, log_end, now)));
            if in_sync {
                follower.lag.on_joined(now);
            }
        }
    }

    /// Proposes other in-sync replicas if there is reason to and no proposal is out.
    fn decide_isr(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.isr.is_pending() {
            return;
        }
        let committed = self.isr.committed();
        let belongs = |node: &NodeId| match self.followers.get(node) {
            None => true,
            Some(follower) if committed.contains(*node) => !self.has_fallen_out(follower, now),
            Some(follower) => self.may_join(follower, now),
        };
        let replicas = committed.replicas().iter().copied();
        let wanted: Vec<_> = replicas.filter(belongs).collect();
        if wanted == committed.in_sync() {
            return;
        }
        let in_sync = wanted.into_iter().map(|node| {
            let follower = self.followers.get(&node);
            (node, follower.and_then(|follower| follower.broker_epoch))
        });
        let proposal = IsrProposal {
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            in_sync: in_sync.collect(),
        };
        self.isr.propose(proposal.clone());
        effects.push(Effect::ProposeIsr(proposal));
        debug_assert!(self.invariants_hold());
    }

    fn has_fallen_out(&self, follower: &FollowerState, now: Duration) -> bool {
        let patience = follower.lag.patience_ends(self.settings.lag_max);
        self.is_behind(follower) && patience.is_none_or(|ends| now >= ends)
    }

    /// Whether a follower that is not in sync keeps up so well that it soon will be.
    fn is_joining(&self, follower: &FollowerState, now: Duration) -> bool {
        let patience = follower.lag.patience_ends(self.settings.lag_max);
        follower.is_eligible()
            && now >= follower.refused_until
            && (!self.is_behind(follower) || patience.is_some_and(|ends| now < ends))
    }

    /// Whether it has everything that may be committed. That alone would take back a
    /// follower that hangs as soon as it was dropped.
    fn may_join(&self, follower: &FollowerState, now: Duration) -> bool {
        let needed = match self.settings.testing_ignore_epoch_start {
            true => self.high_watermark,
            false => self.high_watermark.max(self.epoch_start),
        };
        let end = follower.committable_end(self.settings.commit_rule);
        end >= needed && self.is_joining(follower, now)
    }

    fn advance_high_watermark(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if !self.has_enough_in_sync() {
            return;
        }
        let rule = self.settings.commit_rule;
        let counts =
            |node: NodeId, follower: &FollowerState| match self.settings.testing_ignore_pending_isr
            {
                true => self.isr.committed().contains(node),
                false => self.isr.maximal_contains(node) || self.is_joining(follower, now),
            };
        let counting = self.followers.iter().filter(|(n, f)| counts(**n, f));
        let ends = counting.map(|(_, follower)| follower.committable_end(rule));
        let local = self.progress.committable_end(rule);
        let committed = ends.fold(local, Offset::min);
        if committed > self.high_watermark {
            self.high_watermark = committed;
            effects.push(Effect::AdvanceHighWatermark(committed));
        }
        debug_assert!(self.invariants_hold());
    }

    fn invariants_hold(&self) -> bool {
        let log_end = self.progress.log_end();
        let is_within = |follower: &FollowerState| follower.progress.log_end() <= log_end;
        self.high_watermark <= log_end
            && self.epoch_start <= log_end
            && self.isr.committed().contains(self.local)
            && !self.followers.contains_key(&self.local)
            && self.followers.values().all(is_within)
    }

    /// # Panics
    /// When the state contradicts itself, which is a bug.
    pub fn check_invariants(&self) {
        self.isr.check_invariants(self.local);
        assert!(self.invariants_hold(), "inconsistent leader: {self:?}");
    }
}
#[cfg(test)]
mod tests;
