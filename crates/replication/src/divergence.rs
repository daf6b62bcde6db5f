//! Where two logs part.
//!
//! A record's offset and epoch together name it: within an epoch one leader appends,
//! and a follower appends only behind a record that it shares with the leader. So two
//! logs that have the same epoch at one offset are equal up to and including it, and
//! of an epoch that both have, the shorter one's records are what they share of it.
//! KIP-101, KIP-279.

use highwater_types::{LeaderEpoch, Offset};

use crate::LogView;

/// What a follower answers about its log when it does not have a record of
/// `previous_epoch` before the offset that the leader named.
pub(crate) fn hint(log: &impl LogView, previous_epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
    log.floor_epoch(previous_epoch)
        .unwrap_or((LeaderEpoch::UNKNOWN, log.log_start()))
}

/// From a follower's hint to the offset up to which the two logs may be equal; within
/// the leader's log, at its log start if nothing is in common.
///
/// If the leader has the hinted epoch, this is exactly where the logs part. If not, the
/// follower's log has records here that the leader does not have, and they part where
/// the leader's last earlier epoch ends, or before.
pub(crate) fn candidate(log: &impl LogView, hint_epoch: LeaderEpoch, hint_end: Offset) -> Offset {
    let common = match log.floor_epoch(hint_epoch) {
        Some((_, end)) => end.min(hint_end),
        None if hint_epoch == LeaderEpoch::UNKNOWN => hint_end,
        None => log.log_start(),
    };
    common.max(log.log_start()).min(log.log_end())
}

/// Whether the log has a record of `epoch` right before `offset`. Below the log start
/// everything was committed, so nothing can differ there.
pub(crate) fn is_common(log: &impl LogView, offset: Offset, epoch: LeaderEpoch) -> bool {
    if offset < log.log_start() || offset > log.log_end() {
        return false;
    }
    offset == log.log_start() || log.epoch_before(offset) == epoch
}
