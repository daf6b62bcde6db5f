//! What leaders and followers tell each other, as plain data.

use bytes::Bytes;
use highwater_replication::Progress;
use highwater_types::{BrokerEpoch, LeaderEpoch, Offset};

/// What a leader wants of a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplicateKind {
    /// To say whether its log goes on where this one would.
    Probe,
    /// To append the batches.
    Append,
    /// To take the high watermark and the log start.
    Watermark,
}

/// One partition's part of a message from its leader to a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replicate {
    pub leader_epoch: LeaderEpoch,
    pub kind: ReplicateKind,
    /// Where the first batch begins: the follower's log end, if the logs match.
    pub previous_offset: Offset,
    /// The epoch of the record before `previous_offset`;
    /// [`LeaderEpoch::UNKNOWN`] if the leader's log has none.
    pub previous_epoch: LeaderEpoch,
    /// Whole batches; empty unless the kind is append.
    pub batches: Bytes,
    /// The leader's, which may be beyond what the follower has.
    pub high_watermark: Offset,
    /// The leader's.
    pub log_start: Offset,
}

/// Why a follower did not do what its leader wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RejectReason {
    /// It has no replica, as far as it knows.
    NotReplica,
    /// It knows a newer leader epoch.
    FencedEpoch,
    /// It does not know this leader epoch yet: its metadata is behind.
    UnknownEpoch,
    /// Its log is another one; the hint says how far they may agree.
    Diverged,
    /// The batches are damaged.
    Corrupt,
    /// `previous_offset` is not its log end.
    OutOfRange,
    /// Its disk failed.
    StorageError,
    /// It has too much to do.
    Busy,
}

/// A follower's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub reason: RejectReason,
    /// The follower's; [`Offset::NONE`] if there is no log.
    pub log_end: Offset,
    /// With `Diverged`: the largest epoch in the follower's log that is not after
    /// `previous_epoch`, and where it ends there.
    pub hint_epoch: LeaderEpoch,
    pub hint_end: Offset,
}

/// How far one follower is with one partition that is led here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FollowerReport {
    /// See [`super::super::Partition::number`].
    pub partition: u64,
    pub leader_epoch: LeaderEpoch,
    /// Of the follower's broker. A newer one replaces what older ones reported:
    /// the follower may have lost what it had not flushed. KIP-903.
    pub broker_epoch: BrokerEpoch,
    pub progress: Progress,
    pub log_start: Offset,
}
