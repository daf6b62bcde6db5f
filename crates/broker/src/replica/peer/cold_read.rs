//! Reads for followers that are far behind.

use std::sync::Arc;

use highwater_storage::{LogReader, ReadError, ReadResult};
use highwater_types::{LeaderEpoch, Offset};

/// A read that takes the disk.
pub(super) struct ColdRead {
    pub(super) number: u64,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) log: Arc<LogReader>,
    pub(super) from: Offset,
    pub(super) max_bytes: usize,
}

/// What it came to.
pub(super) struct ColdResult {
    pub(super) number: u64,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) from: Offset,
    pub(super) result: Result<ReadResult, ReadError>,
}

impl ColdRead {
    /// Blocks.
    pub(super) fn run(self) -> ColdResult {
        let end = self.log.offsets().log_end;
        ColdResult {
            number: self.number,
            leader_epoch: self.leader_epoch,
            from: self.from,
            result: self.log.read(self.from, self.max_bytes, end, true),
        }
    }
}
