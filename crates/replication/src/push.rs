//! What leaders and followers tell each other about one partition, without the bytes.

use highwater_types::{LeaderEpoch, Offset};

/// What a leader wants of a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushKind {
    /// To say whether its log and the leader's are the same up to `previous_offset`.
    Probe,
    /// To append the batches that come along. Without any it still makes the
    /// follower cut off what the leader does not have.
    Append,
    /// To take the high watermark and the log start.
    Watermark,
}

/// The head of one message from a leader to a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    pub kind: PushKind,
    pub leader_epoch: LeaderEpoch,
    /// Echoed in every answer, so that the leader's [`crate::FollowerCursor`] can tell
    /// which of its messages an answer belongs to.
    pub round: u32,
    /// The offset of the first batch, or where it would be.
    pub previous_offset: Offset,
    /// The epoch of the record before `previous_offset`; [`LeaderEpoch::UNKNOWN`] if
    /// the leader's log begins there.
    pub previous_epoch: LeaderEpoch,
    /// The leader's, which may be beyond what the follower has.
    pub high_watermark: Offset,
    /// The leader's.
    pub log_start: Offset,
}

/// Why a follower did not do what its leader wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// It has no replica of the partition, as far as it knows.
    NotReplica,
    /// It knows a newer leader epoch.
    FencedEpoch,
    /// It does not know this leader epoch yet: its metadata is behind.
    UnknownEpoch,
    /// Its log is another one before `previous_offset`; the hint says how far the
    /// two may agree.
    Diverged,
    /// The batches are damaged; none was appended.
    Corrupt,
    /// Its log does not end at `previous_offset`.
    OutOfRange,
    /// Its log failed.
    StorageError,
    /// It has too much to do.
    Busy,
}

/// A follower's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub reason: RejectReason,
    /// The follower's; [`Offset::NONE`] if it has no log.
    pub log_end: Offset,
    /// With [`RejectReason::Diverged`]: the largest epoch of the follower's log that is
    /// not after `previous_epoch`; [`LeaderEpoch::UNKNOWN`] if there is none.
    pub hint_epoch: LeaderEpoch,
    /// Where that epoch ends in the follower's log; its log start if there is none.
    pub hint_end: Offset,
}

impl Rejection {
    /// A refusal that says nothing about the follower's log.
    #[must_use]
    pub fn without_log(reason: RejectReason) -> Self {
        Self {
            reason,
            log_end: Offset::NONE,
            hint_epoch: LeaderEpoch::UNKNOWN,
            hint_end: Offset::NONE,
        }
    }
}
