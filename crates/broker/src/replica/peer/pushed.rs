//! One partition on its way to one follower.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use highwater_replication::{FollowerCursor, FollowerReport};

use super::cold_read::ColdResult;
use super::inbox::NewsFlags;
use crate::replica::Partition;

/// One partition's place in a link's queue.
pub(super) struct Pushed {
    pub(super) partition: Arc<Partition>,
    pub(super) flags: Arc<NewsFlags>,
    pub(super) cursor: FollowerCursor,
    pub(super) place: Place,
    /// The last records came from the disk.
    pub(super) is_cold: bool,
    /// Bytes under way as they are counted in the sums.
    pub(super) counted: usize,
}

/// Which list of the queue it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    Ready,
    Stalled,
    Cold,
    /// A read is under way, or its result waits to be sent.
    Reading,
}

/// A follower's news for a partition's worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) worker: usize,
    pub(super) partition: u64,
    pub(super) report: FollowerReport,
}

impl Pushed {
    /// Whether a read is still wanted, by the leadership that asked for it.
    pub(super) fn waits_for(&self, read: &ColdResult) -> bool {
        self.place == Place::Reading && self.cursor.leader_epoch() == read.leader_epoch
    }

    /// Whether the log is still that of this leadership: its worker says so before it
    /// changes the log for another leader.
    pub(super) fn leads(&self) -> bool {
        self.partition
            .check_leader(self.cursor.leader_epoch())
            .is_ok()
    }
}

/// Brings the list of waiting cursors up to date with one of them.
pub(super) fn reschedule(
    waiting: &mut BTreeSet<(Duration, u64)>,
    number: u64,
    before: Option<Duration>,
    after: Option<Duration>,
) {
    if before == after {
        return;
    }
    if let Some(deadline) = before {
        waiting.remove(&(deadline, number));
    }
    if let Some(deadline) = after {
        waiting.insert((deadline, number));
    }
}
