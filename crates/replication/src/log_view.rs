//! What a core may know of a log.

use highwater_types::{LeaderEpoch, Offset};

/// One replica's log: its ends and its epochs, never its records.
///
/// Always `log_start <= high_watermark <= log_end` and `flushed_end <= log_end`.
pub trait LogView {
    /// The first offset that can be read.
    fn log_start(&self) -> Offset;

    /// The offset of the next record.
    fn log_end(&self) -> Offset;

    /// Below it, everything is on stable storage.
    fn flushed_end(&self) -> Offset;

    /// Below it, everything is known to be committed.
    fn high_watermark(&self) -> Offset;

    /// The epoch of the record at `offset`; `None` if the log does not know, which it
    /// does for every record that can be read.
    fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch>;

    /// The largest epoch in the log that is not after `epoch`, and where it ends: the
    /// start of the next epoch or the log end. `None` if there is none.
    fn floor_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)>;

    /// The epoch of the record before `offset`; [`LeaderEpoch::UNKNOWN`] if the log
    /// begins there or does not know.
    fn epoch_before(&self, offset: Offset) -> LeaderEpoch {
        if offset <= self.log_start() {
            return LeaderEpoch::UNKNOWN;
        }
        self.epoch_for_offset(offset.plus(-1))
            .unwrap_or(LeaderEpoch::UNKNOWN)
    }
}
