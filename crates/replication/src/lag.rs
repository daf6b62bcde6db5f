//! Since when a follower has not caught up.

use std::time::Duration;

use highwater_types::Offset;

/// When a follower last had everything that the leader had at that time.
///
/// Acknowledgements arrive late, so a follower under load never has all of the
/// leader's log. It is up to date as of a moment when it has what the leader had then:
/// of the mark, which is moved on each time that it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    /// `None` if never in this leadership.
    caught_up_at: Option<Duration>,
    mark_end: Offset,
    mark_at: Duration,
}

impl Lag {
    /// Of a replica when leadership begins; those in sync get the benefit of the doubt.
    pub(crate) fn new(in_sync: bool, leader_end: Offset, now: Duration) -> Self {
        Self {
            caught_up_at: in_sync.then_some(now),
            mark_end: leader_end,
            mark_at: now,
        }
    }

    /// The follower has everything below `end`.
    pub(crate) fn on_progress(&mut self, end: Offset, leader_end: Offset, now: Duration) {
        if end >= leader_end {
            self.caught_up_at = Some(now);
        } else if end >= self.mark_end {
            self.caught_up_at = self.caught_up_at.max(Some(self.mark_at));
        } else {
            return;
        }
        self.mark_end = leader_end;
        self.mark_at = now;
    }

    /// The leader's log grew to `leader_end` while the follower had all of it.
    pub(crate) fn on_left_behind(&mut self, leader_end: Offset, now: Duration) {
        self.caught_up_at = Some(now);
        self.mark_end = leader_end;
        self.mark_at = now;
    }

    /// The follower is in sync from now on, however it came to be.
    pub(crate) fn on_joined(&mut self, now: Duration) {
        self.caught_up_at.get_or_insert(now);
    }

    /// Until when the follower counts as up to date though it is behind.
    pub(crate) fn patience_ends(&self, lag_max: Duration) -> Option<Duration> {
        self.caught_up_at.map(|at| at.saturating_add(lag_max))
    }
}
