//! A follower's view of one partition.

use highwater_types::{LeaderEpoch, Offset};

use crate::divergence;
use crate::{CommitRule, LogView, Progress, Push, PushKind, RejectReason, Rejection};

/// What a follower has to do with a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowerStep {
    /// Tell the leader no. Nothing changed.
    Reject(Rejection),
    /// Answer a probe with this; the log stays as it is.
    Acknowledge(Progress),
    /// Cut the log off at this offset, which the leader's log parts from, and ask again.
    Truncate(Offset),
    /// Empty the log and begin at this offset, where the leader's log begins, and ask again.
    Restart(Offset),
    /// Append the batches, if any came, then see [`PartitionFollower::on_taken`].
    Take,
    /// What the leader wants would remove records that are committed and that no
    /// failure may have taken from the leader: stop following, for a person to look.
    Fault { cut: Offset },
}

/// What a follower learned from a push that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The new high watermark, if it moved.
    pub high_watermark: Option<Offset>,
    /// The new log start, if it moved; never above the high watermark.
    pub log_start: Option<Offset>,
    /// What to tell the leader now, rather than when more is flushed.
    pub acknowledge: Option<Progress>,
}

/// Decides what a replica does with what its leader pushes.
///
/// Lives for one leader epoch and one life of the process, owned by the partition's
/// worker; sees this replica only. It holds no offsets of its own: those are the log's.
///
/// ```text
///   new leader epoch,      a push continues a record that both logs have;
///   or started             what the leader does not have was cut off
///   ┌───────────┐ ────────────────────────────────────────────────► ┌───────────┐
///   │ Comparing │                                                   │ Following │
///   └───────────┘                                                   └───────────┘
/// ```
///
/// Invariants: while following, the whole log is a prefix of the leader's log; it is
/// cut only on the way from comparing to following, so that an old message can never
/// undo what a newer one did; nothing is acknowledged that is not such a prefix.
#[derive(Clone, Debug)]
pub struct PartitionFollower {
    leader_epoch: LeaderEpoch,
    state: State,
    /// As last committed by the controller.
    is_in_sync: bool,
    commit_rule: CommitRule,
    /// Of the last push that was answered well.
    round: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Comparing,
    Following,
}

impl PartitionFollower {
    /// Begins to follow; nothing is known yet about the leader's log.
    #[must_use]
    pub fn new(leader_epoch: LeaderEpoch, is_in_sync: bool, commit_rule: CommitRule) -> Self {
        Self {
            leader_epoch,
            state: State::Comparing,
            is_in_sync,
            commit_rule,
            round: 0,
        }
    }

    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Whether the whole log is known to be a prefix of the leader's.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.state == State::Following
    }

    /// The round to echo in acknowledgements.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The controller committed other in-sync replicas for the same leader epoch.
    pub fn on_isr_change(&mut self, is_in_sync: bool) {
        self.is_in_sync = is_in_sync;
    }

    /// The topic's `write.caching` changed.
    pub fn on_commit_rule_change(&mut self, rule: CommitRule) {
        self.commit_rule = rule;
    }

    /// What to do with a push. After a cut it is asked again with the same push.
    pub fn on_push(&mut self, push: &Push, log: &impl LogView) -> FollowerStep {
        if push.leader_epoch != self.leader_epoch {
            let reason = match push.leader_epoch < self.leader_epoch {
                true => RejectReason::FencedEpoch,
                false => RejectReason::UnknownEpoch,
            };
            return reject(reason, push, log);
        }
        let step = match self.state {
            State::Comparing => self.compare(push, log),
            State::Following => follow(push, log),
        };
        if matches!(step, FollowerStep::Take | FollowerStep::Acknowledge(_)) {
            self.round = push.round;
        }
        step
    }

    /// Finds out whether the log goes on where the push does, and makes it so.
    fn compare(&mut self, push: &Push, log: &impl LogView) -> FollowerStep {
        let at = push.previous_offset;
        let step = match is_common(push, log) {
            true if log.log_end() > at => FollowerStep::Truncate(at),
            true => FollowerStep::Take,
            false if begins_anew(push) => FollowerStep::Restart(at),
            false => return reject(RejectReason::Diverged, push, log),
        };
        match push.kind {
            // A watermark says nothing that could be compared.
            PushKind::Watermark => return reject(RejectReason::OutOfRange, push, log),
            PushKind::Probe if matches!(step, FollowerStep::Restart(_)) => {
                return reject(RejectReason::OutOfRange, push, log);
            }
            PushKind::Probe => {
                let progress = Progress::new(at, log.flushed_end().min(at));
                return FollowerStep::Acknowledge(progress);
            }
            PushKind::Append => {}
        }
        if step == FollowerStep::Take {
            self.state = State::Following;
            return step;
        }
        // An in-sync replica's leader has everything committed; what it does not have
        // was not, unless it lost what it had flushed.
        let is_safe = at >= log.high_watermark();
        if !is_safe && self.is_in_sync && self.commit_rule == CommitRule::Flushed {
            return FollowerStep::Fault { cut: at };
        }
        step
    }

    /// After a push was taken and its batches are in the log.
    #[must_use]
    pub fn on_taken(&self, push: &Push, appended: bool, log: &impl LogView) -> Taken {
        assert!(self.is_following(), "took a push while comparing");
        let high_watermark = push.high_watermark.min(log.log_end());
        let known = log.high_watermark();
        let log_start = push.log_start.min(high_watermark.max(known));
        // What was appended is acknowledged when it counts.
        let counts = !appended || self.commit_rule == CommitRule::Appended;
        let is_asked = push.kind == PushKind::Append && counts;
        Taken {
            high_watermark: (high_watermark > known).then_some(high_watermark),
            log_start: (log_start > log.log_start()).then_some(log_start),
            acknowledge: is_asked.then(|| progress_of(log)),
        }
    }

    /// What to tell the leader after a flush, if it may know.
    #[must_use]
    pub fn on_local_flushed(&self, log: &impl LogView) -> Option<Progress> {
        self.is_following().then(|| progress_of(log))
    }
}

fn follow(push: &Push, log: &impl LogView) -> FollowerStep {
    let (at, log_end) = (push.previous_offset, log.log_end());
    let knows_both = push.previous_epoch != LeaderEpoch::UNKNOWN && at > log.log_start();
    if knows_both && at <= log_end && log.epoch_before(at) != push.previous_epoch {
        // The leader lost records within its own epoch. It must not have ours as well.
        return reject(RejectReason::Diverged, push, log);
    }
    match push.kind {
        PushKind::Probe => FollowerStep::Acknowledge(progress_of(log)),
        PushKind::Watermark => FollowerStep::Take,
        PushKind::Append if at == log_end => FollowerStep::Take,
        // So far behind that the leader does not have what comes next.
        PushKind::Append if at > log_end && begins_anew(push) => FollowerStep::Restart(at),
        PushKind::Append => reject(RejectReason::OutOfRange, push, log),
    }
}

/// Whether the leader's log begins where the push does, so that it has nothing that
/// could be compared.
fn begins_anew(push: &Push) -> bool {
    push.previous_epoch == LeaderEpoch::UNKNOWN && push.previous_offset == push.log_start
}

fn is_common(push: &Push, log: &impl LogView) -> bool {
    let at = push.previous_offset;
    if begins_anew(push) {
        // What is before was committed and is deleted at the leader.
        return (log.log_start()..=log.log_end()).contains(&at);
    }
    divergence::is_common(log, at, push.previous_epoch)
}

fn reject(reason: RejectReason, push: &Push, log: &impl LogView) -> FollowerStep {
    let (hint_epoch, hint_end) = divergence::hint(log, push.previous_epoch);
    FollowerStep::Reject(Rejection {
        reason,
        log_end: log.log_end(),
        hint_epoch,
        hint_end,
    })
}

fn progress_of(log: &impl LogView) -> Progress {
    Progress::new(log.log_end(), log.flushed_end())
}
