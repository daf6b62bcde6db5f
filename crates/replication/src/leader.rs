//! The leader's view of one partition.

use std::collections::BTreeMap;

use highwater_types::{LeaderEpoch, NodeId, Offset, PartitionEpoch};

use crate::{CommitRule, Effect, IsrSet, Progress};

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
    pub commit_rule: CommitRule,
}

/// Why a follower's report was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressError {
    /// The report belongs to another leadership.
    WrongEpoch { expected: LeaderEpoch },
    /// The sender holds no replica of this partition.
    NotAReplica,
    /// The follower claims offsets that the leader does not have: the logs diverge.
    BeyondLogEnd,
}

/// Decides what is committed while this broker leads one partition.
///
/// Lives for one leader epoch, owned by the partition's worker, and sees the
/// partition (not only this broker). The high watermark is the smallest
/// committable end of all in-sync replicas and never goes back.
///
/// Invariants: `high_watermark <= log_end` of the leader; the leader is in sync;
/// the high watermark never exceeds what the commit rule allows, except where an
/// earlier, laxer rule had already committed it.
#[derive(Clone, Debug)]
pub struct PartitionLeader {
    local: NodeId,
    leader_epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    isr: IsrSet,
    progress: Progress,
    /// Replicas that have not reported since this leadership began are absent.
    followers: BTreeMap<NodeId, Progress>,
    high_watermark: Offset,
    commit_rule: CommitRule,
}

impl PartitionLeader {
    /// Begins a leadership; a lone in-sync leader commits what its log already has.
    #[must_use]
    pub fn new(info: LeaderInfo, effects: &mut Vec<Effect>) -> Self {
        let mut leader = Self {
            local: info.local,
            leader_epoch: info.leader_epoch,
            partition_epoch: info.partition_epoch,
            isr: info.replicas,
            progress: info.progress,
            followers: BTreeMap::new(),
            // A checkpoint may be ahead of a log that lost its tail.
            high_watermark: info.high_watermark.min(info.progress.log_end()),
            commit_rule: info.commit_rule,
        };
        leader.advance_high_watermark(effects);
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

    #[must_use]
    pub fn isr(&self) -> &IsrSet {
        &self.isr
    }

    /// Whether a write with `acks=all` may be accepted (`min.insync.replicas`). Asking
    /// for more replicas than the partition has asks for all of them, as in Kafka.
    #[must_use]
    pub fn has_in_sync(&self, min_in_sync: usize) -> bool {
        self.isr.in_sync().len() >= min_in_sync.min(self.isr.replicas().len())
    }

    /// The local log grew.
    pub fn on_local_append(&mut self, log_end: Offset, effects: &mut Vec<Effect>) {
        assert!(log_end >= self.progress.log_end(), "a leader's log shrank");
        let flushed_end = self.progress.flushed_end();
        self.progress.advance(log_end, flushed_end);
        self.advance_high_watermark(effects);
    }

    /// More of the local log is on stable storage.
    pub fn on_local_flushed(&mut self, flushed_end: Offset, effects: &mut Vec<Effect>) {
        let log_end = self.progress.log_end();
        self.progress.advance(log_end, flushed_end);
        self.advance_high_watermark(effects);
    }

    /// A follower reports its two ends.
    ///
    /// # Errors
    /// When the report can not be about this leadership's log; nothing changes then.
    pub fn on_follower_progress(
        &mut self,
        follower: NodeId,
        leader_epoch: LeaderEpoch,
        progress: Progress,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ProgressError> {
        if leader_epoch != self.leader_epoch {
            let expected = self.leader_epoch;
            return Err(ProgressError::WrongEpoch { expected });
        }
        if follower == self.local || !self.isr.is_replica(follower) {
            return Err(ProgressError::NotAReplica);
        }
        if progress.log_end() > self.progress.log_end() {
            return Err(ProgressError::BeyondLogEnd);
        }
        self.followers
            .entry(follower)
            .or_default()
            .advance(progress.log_end(), progress.flushed_end());
        self.advance_high_watermark(effects);
        Ok(())
    }

    /// The controller committed other replica sets for this leadership. An older
    /// partition epoch is ignored.
    pub fn on_isr_change(
        &mut self,
        partition_epoch: PartitionEpoch,
        isr: IsrSet,
        effects: &mut Vec<Effect>,
    ) {
        if partition_epoch <= self.partition_epoch {
            return;
        }
        assert!(isr.contains(self.local), "a leader left its own ISR");
        self.partition_epoch = partition_epoch;
        self.followers.retain(|node, _| isr.is_replica(*node));
        self.isr = isr;
        self.advance_high_watermark(effects);
    }

    /// The topic's `write.caching` changed. What was committed stays committed.
    pub fn on_commit_rule_change(&mut self, rule: CommitRule, effects: &mut Vec<Effect>) {
        self.commit_rule = rule;
        self.advance_high_watermark(effects);
    }

    fn advance_high_watermark(&mut self, effects: &mut Vec<Effect>) {
        let committed = self
            .isr
            .in_sync()
            .iter()
            .map(|node| self.committable_end_of(*node))
            .min()
            .unwrap_or(self.high_watermark);
        if committed > self.high_watermark {
            self.high_watermark = committed;
            effects.push(Effect::AdvanceHighWatermark(committed));
        }
        debug_assert!(self.invariants_hold());
    }

    fn committable_end_of(&self, node: NodeId) -> Offset {
        if node == self.local {
            return self.progress.committable_end(self.commit_rule);
        }
        self.followers
            .get(&node)
            .copied()
            .unwrap_or_default()
            .committable_end(self.commit_rule)
    }

    fn invariants_hold(&self) -> bool {
        self.high_watermark <= self.progress.log_end()
            && self.isr.contains(self.local)
            && self
                .followers
                .values()
                .all(|follower| follower.log_end() <= self.progress.log_end())
    }

    /// # Panics
    /// When the state contradicts itself, which is a bug.
    pub fn check_invariants(&self) {
        assert!(self.invariants_hold(), "inconsistent leader: {self:?}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EPOCH: LeaderEpoch = LeaderEpoch(3);

    fn isr(replicas: &[i32], in_sync: &[i32]) -> IsrSet {
        let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect::<Vec<_>>();
        IsrSet::new(NodeId(1), &nodes(replicas), &nodes(in_sync)).unwrap()
    }

    fn leader(replicas: IsrSet, rule: CommitRule) -> PartitionLeader {
        let info = LeaderInfo {
            local: NodeId(1),
            leader_epoch: EPOCH,
            partition_epoch: PartitionEpoch(0),
            replicas,
            progress: Progress::default(),
            high_watermark: Offset(0),
            commit_rule: rule,
        };
        let mut effects = Vec::new();
        let leader = PartitionLeader::new(info, &mut effects);
        assert_eq!(effects, []);
        leader
    }

    #[test]
    fn a_lone_leader_commits_what_it_flushed() {
        let mut leader = leader(isr(&[1], &[1]), CommitRule::Flushed);
        let mut effects = Vec::new();
        leader.on_local_append(Offset(10), &mut effects);
        assert_eq!(effects, []);
        leader.on_local_flushed(Offset(7), &mut effects);
        assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(7))]);
        effects.clear();
        leader.on_local_flushed(Offset(7), &mut effects);
        assert_eq!(effects, [], "no news, no effect");
    }

    #[test]
    fn with_write_caching_an_append_commits() {
        let mut leader = leader(isr(&[1], &[1]), CommitRule::Appended);
        let mut effects = Vec::new();
        leader.on_local_append(Offset(10), &mut effects);
        assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(10))]);
        leader.on_commit_rule_change(CommitRule::Flushed, &mut effects);
        assert_eq!(leader.high_watermark(), Offset(10), "never goes back");
    }

    #[test]
    fn the_slowest_in_sync_replica_decides() {
        let mut leader = leader(isr(&[1, 2, 3], &[1, 2]), CommitRule::Flushed);
        let mut effects = Vec::new();
        leader.on_local_append(Offset(10), &mut effects);
        leader.on_local_flushed(Offset(10), &mut effects);
        assert_eq!(leader.high_watermark(), Offset(0));
        let report = Progress::new(Offset(8), Offset(5));
        leader
            .on_follower_progress(NodeId(2), EPOCH, report, &mut effects)
            .unwrap();
        assert_eq!(leader.high_watermark(), Offset(5));
        leader.on_isr_change(PartitionEpoch(1), isr(&[1, 2, 3], &[1]), &mut effects);
        assert_eq!(leader.high_watermark(), Offset(10));
    }

    #[test]
    fn reports_that_can_not_be_true_are_refused() {
        let mut leader = leader(isr(&[1, 2], &[1, 2]), CommitRule::Flushed);
        let mut effects = Vec::new();
        let report = Progress::new(Offset(1), Offset(1));
        let mut report_from = |node, epoch| {
            leader.on_follower_progress(NodeId(node), LeaderEpoch(epoch), report, &mut effects)
        };
        assert_eq!(
            report_from(2, 2),
            Err(ProgressError::WrongEpoch { expected: EPOCH })
        );
        assert_eq!(report_from(9, 3), Err(ProgressError::NotAReplica));
        assert_eq!(report_from(2, 3), Err(ProgressError::BeyondLogEnd));
    }

    #[test]
    fn a_late_isr_change_is_ignored() {
        let mut leader = leader(isr(&[1, 2], &[1, 2]), CommitRule::Flushed);
        leader.on_isr_change(PartitionEpoch(5), isr(&[1, 2], &[1, 2]), &mut Vec::new());
        leader.on_isr_change(PartitionEpoch(4), isr(&[1, 2], &[1]), &mut Vec::new());
        assert!(leader.has_in_sync(2));
    }

    #[test]
    fn more_in_sync_replicas_than_there_are_can_not_be_asked_for() {
        assert!(leader(isr(&[1], &[1]), CommitRule::Flushed).has_in_sync(2));
        let one_of_two = leader(isr(&[1, 2], &[1]), CommitRule::Flushed);
        assert!(one_of_two.has_in_sync(1));
        assert!(!one_of_two.has_in_sync(2));
        assert!(!one_of_two.has_in_sync(3));
    }

    #[test]
    fn a_checkpoint_beyond_the_log_is_cut() {
        let info = LeaderInfo {
            local: NodeId(1),
            leader_epoch: EPOCH,
            partition_epoch: PartitionEpoch(0),
            replicas: isr(&[1, 2], &[1, 2]),
            progress: Progress::new(Offset(5), Offset(5)),
            high_watermark: Offset(9),
            commit_rule: CommitRule::Flushed,
        };
        let leader = PartitionLeader::new(info, &mut Vec::new());
        assert_eq!(leader.high_watermark(), Offset(5));
    }

    #[derive(Clone, Debug)]
    enum Event {
        Append(i64),
        Flush(i64),
        Follow(i32, i64, i64),
        Isr(Vec<i32>),
        Rule(CommitRule),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0..20i64).prop_map(Event::Append),
            (0..20i64).prop_map(Event::Flush),
            (2..5i32, 0..40i64, 0..40i64).prop_map(|(n, a, b)| Event::Follow(n, a, b)),
            prop::collection::vec(2..4i32, 0..3).prop_map(Event::Isr),
            prop_oneof![Just(CommitRule::Flushed), Just(CommitRule::Appended)]
                .prop_map(Event::Rule),
        ]
    }

    proptest! {
        /// Whatever happens, the high watermark only moves forward, every move is
        /// told, and under the flushed rule it is backed by every in-sync replica.
        #[test]
        fn high_watermark_is_monotonic_and_told(events in prop::collection::vec(event(), 1..80)) {
            let mut leader = leader(isr(&[1, 2, 3], &[1, 2, 3]), CommitRule::Flushed);
            let mut known = Offset(0);
            let mut partition_epoch = 0;
            for event in events {
                let mut effects = Vec::new();
                let end = leader.progress.log_end();
                match event {
                    Event::Append(n) => leader.on_local_append(end.plus(n), &mut effects),
                    Event::Flush(back) => {
                        let to = Offset((end.0 - back).max(0));
                        leader.on_local_flushed(to, &mut effects);
                    }
                    Event::Follow(node, a, b) => {
                        let progress = Progress::new(Offset(a.max(b)), Offset(a.min(b)));
                        let _ = leader.on_follower_progress(
                            NodeId(node), EPOCH, progress, &mut effects);
                    }
                    Event::Isr(mut others) => {
                        others.push(1);
                        partition_epoch += 1;
                        leader.on_isr_change(
                            PartitionEpoch(partition_epoch), isr(&[1, 2, 3], &others), &mut effects);
                    }
                    Event::Rule(rule) => leader.on_commit_rule_change(rule, &mut effects),
                }
                leader.check_invariants();
                for Effect::AdvanceHighWatermark(to) in effects {
                    prop_assert!(to > known);
                    for node in leader.isr.in_sync() {
                        prop_assert!(leader.committable_end_of(*node) >= to);
                    }
                    known = to;
                }
                prop_assert_eq!(known, leader.high_watermark());
            }
        }
    }
}
