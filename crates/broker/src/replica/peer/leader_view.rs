//! A led log as the links' cursors see it.

use highwater_replication::LogView;
use highwater_storage::{LogOffsets, LogReader};
use highwater_types::{LeaderEpoch, Offset};

/// The offsets of one moment, and the epochs, which the worker may be changing.
pub(super) struct LeaderView<'a> {
    log: &'a LogReader,
    offsets: LogOffsets,
}

impl<'a> LeaderView<'a> {
    pub(super) fn of(log: &'a LogReader) -> Self {
        Self {
            log,
            offsets: log.offsets(),
        }
    }
}

impl LogView for LeaderView<'_> {
    fn log_start(&self) -> Offset {
        self.offsets.log_start
    }

    fn log_end(&self) -> Offset {
        self.offsets.log_end
    }

    fn flushed_end(&self) -> Offset {
        self.offsets.flushed_end
    }

    fn high_watermark(&self) -> Offset {
        self.offsets.high_watermark
    }

    fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.log.epoch_for_offset(offset)
    }

    fn floor_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let (found, end) = self.log.end_offset_for_epoch(epoch);
        (found != LeaderEpoch::UNKNOWN).then_some((found, end))
    }
}
