//! How far one replica is.

use highwater_types::Offset;

use crate::CommitRule;

/// One replica's two ends: what it has appended, and what of it is on stable storage.
///
/// Invariant: `flushed_end <= log_end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    log_end: Offset,
    flushed_end: Offset,
}

impl Progress {
    /// # Panics
    /// When more would be flushed than was appended.
    #[must_use]
    pub fn new(log_end: Offset, flushed_end: Offset) -> Self {
        let progress = Self {
            log_end,
            flushed_end,
        };
        progress.check_invariants();
        progress
    }

    /// The offset after the last appended record.
    #[must_use]
    pub fn log_end(self) -> Offset {
        self.log_end
    }

    /// The offset after the last record on stable storage.
    #[must_use]
    pub fn flushed_end(self) -> Offset {
        self.flushed_end
    }

    /// The end that counts towards the high watermark.
    #[must_use]
    pub fn committable_end(self, rule: CommitRule) -> Offset {
        match rule {
            CommitRule::Flushed => self.flushed_end,
            CommitRule::Appended => self.log_end,
        }
    }

    /// Moves both ends forward; an end that is behind the known one (a report
    /// that was overtaken) changes nothing.
    pub(crate) fn advance(&mut self, log_end: Offset, flushed_end: Offset) {
        self.log_end = self.log_end.max(log_end);
        self.flushed_end = self.flushed_end.max(flushed_end);
        self.check_invariants();
    }

    fn check_invariants(self) {
        assert!(
            self.flushed_end <= self.log_end,
            "flushed to {} but appended only to {}",
            self.flushed_end,
            self.log_end
        );
    }
}
