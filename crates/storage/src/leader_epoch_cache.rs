//! Which leader epoch began at which offset. KIP-101.

use highwater_types::{LeaderEpoch, Offset};

use crate::checkpoint;

/// The first offset that a leader of this epoch wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochEntry {
    pub(crate) epoch: i32,
    pub(crate) start_offset: i64,
}

/// The epochs of one log.
///
/// Invariant: epochs and start offsets both ascend strictly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaderEpochCache {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochCache {
    /// Takes note that `epoch` wrote at `start_offset`; answers whether that is
    /// new. Entries that can not be true any more are dropped.
    pub(crate) fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        let entry = EpochEntry {
            epoch: epoch.0,
            start_offset: start_offset.0,
        };
        if entry.epoch < 0 || entry.start_offset < 0 {
            return false;
        }
        let known = self
            .entries
            .last()
            .is_some_and(|l| l.epoch == entry.epoch && entry.start_offset >= l.start_offset);
        if known {
            return false;
        }
        while self
            .entries
            .pop_if(|l| l.epoch >= entry.epoch || l.start_offset >= entry.start_offset)
            .is_some()
        {}
        self.entries.push(entry);
        true
    }

    pub(crate) fn latest(&self) -> Option<LeaderEpoch> {
        self.entries.last().map(|entry| LeaderEpoch(entry.epoch))
    }

    /// The epoch in which `offset` was written; for the log end, the latest.
    pub(crate) fn epoch_for(&self, offset: Offset) -> Option<LeaderEpoch> {
        let count = self
            .entries
            .partition_point(|entry| entry.start_offset <= offset.0);
        let entry = self.entries.get(count.checked_sub(1)?)?;
        Some(LeaderEpoch(entry.epoch))
    }

    /// The largest known epoch not after `requested`, and where it ends. An epoch
    /// before the first known one ends where that begins. KIP-101, KIP-279.
    pub(crate) fn end_offset_for(
        &self,
        requested: LeaderEpoch,
        log_end: Offset,
    ) -> (LeaderEpoch, Offset) {
        if requested.0 >= 0 && self.latest() == Some(requested) {
            return (requested, log_end);
        }
        let above = self
            .entries
            .partition_point(|entry| entry.epoch <= requested.0);
        let Some(next) = self.entries.get(above).filter(|_| requested.0 >= 0) else {
            return (LeaderEpoch::UNKNOWN, Offset::NONE);
        };
        let floor = above.checked_sub(1).and_then(|i| self.entries.get(i));
        let epoch = floor.map_or(requested, |entry| LeaderEpoch(entry.epoch));
        (epoch, Offset(next.start_offset))
    }

    /// Forgets epochs that begin at or after `end`; answers whether there were any.
    pub(crate) fn truncate_from_end(&mut self, end: Offset) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.start_offset < end.0);
        self.entries.len() != before
    }

    /// Forgets epochs that end at or before `start`; the one that holds it begins there.
    pub(crate) fn truncate_from_start(&mut self, start: Offset) -> bool {
        let before = self.clone();
        let count = self
            .entries
            .partition_point(|entry| entry.start_offset <= start.0);
        if let Some(gone) = count.checked_sub(1) {
            self.entries.drain(..gone);
            if let Some(first) = self.entries.first_mut() {
                first.start_offset = start.0;
            }
        }
        *self != before
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The content of Kafka's `leader-epoch-checkpoint`.
    pub(crate) fn to_text(&self) -> String {
        checkpoint::format(&self.entries, |entry| {
            format!("{} {}", entry.epoch, entry.start_offset)
        })
    }

    /// Reads the file's content back.
    ///
    /// # Errors
    /// The reason, if it is not what the file should hold.
    pub(crate) fn from_text(text: &str) -> Result<Self, &'static str> {
        let entries = checkpoint::parse(text, |line| {
            let (epoch, start_offset) = line.split_once(' ')?;
            Some((epoch.parse().ok()?, start_offset.parse().ok()?))
        })?;
        let mut cache = Self::default();
        for (epoch, start_offset) in entries {
            cache.assign(LeaderEpoch(epoch), Offset(start_offset));
        }
        Ok(cache)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        let mut cache = LeaderEpochCache::default();
        for (epoch, offset) in entries {
            cache.assign(LeaderEpoch(*epoch), Offset(*offset));
        }
        cache
    }

    fn pairs(cache: &LeaderEpochCache) -> Vec<(i32, i64)> {
        let pair = |e: &EpochEntry| (e.epoch, e.start_offset);
        cache.entries.iter().map(pair).collect()
    }

    #[test]
    fn only_the_first_offset_of_an_epoch_counts() {
        assert_eq!(
            pairs(&cache(&[(1, 0), (1, 5), (3, 10), (3, 12)])),
            [(1, 0), (3, 10)]
        );
    }

    #[test]
    fn entries_that_contradict_a_new_one_go() {
        assert_eq!(pairs(&cache(&[(1, 0), (3, 10), (2, 8)])), [(1, 0), (2, 8)]);
        assert_eq!(
            pairs(&cache(&[(1, 0), (3, 10), (4, 10)])),
            [(1, 0), (4, 10)]
        );
        assert_eq!(pairs(&cache(&[(-1, 0), (1, -1)])), []);
    }

    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let cache = cache(&[(2, 10), (4, 20), (6, 30)]);
        let end = |epoch| {
            let (epoch, offset) = cache.end_offset_for(LeaderEpoch(epoch), Offset(40));
            (epoch.0, offset.0)
        };
        assert_eq!(end(6), (6, 40));
        assert_eq!(end(4), (4, 30));
        assert_eq!(end(5), (4, 30));
        assert_eq!(end(2), (2, 20));
        // Before everything known: it ends where the first known epoch begins.
        assert_eq!(end(1), (1, 10));
        // After everything known, and "unknown" itself.
        assert_eq!(end(7), (-1, -1));
        assert_eq!(end(-1), (-1, -1));
    }

    #[test]
    fn offsets_have_the_epoch_that_began_last() {
        let cache = cache(&[(2, 10), (4, 20)]);
        let epoch = |offset| cache.epoch_for(Offset(offset)).map(|e| e.0);
        assert_eq!(
            [epoch(9), epoch(10), epoch(19), epoch(25)],
            [None, Some(2), Some(2), Some(4)]
        );
    }

    #[test]
    fn truncation_keeps_what_still_has_records() {
        let full = cache(&[(2, 10), (4, 20), (6, 30)]);
        let mut end = full.clone();
        assert!(end.truncate_from_end(Offset(30)));
        assert!(!end.truncate_from_end(Offset(30)));
        assert_eq!(pairs(&end), [(2, 10), (4, 20)]);
        let mut start = full.clone();
        assert!(start.truncate_from_start(Offset(25)));
        assert!(!start.truncate_from_start(Offset(25)));
        assert_eq!(pairs(&start), [(4, 25), (6, 30)]);
        let mut before = full;
        assert!(!before.truncate_from_start(Offset(5)));
    }

    #[test]
    fn the_file_is_kafkas() {
        let cache = cache(&[(0, 0), (4, 20)]);
        assert_eq!(cache.to_text(), "0\n2\n0 0\n4 20\n");
        assert_eq!(
            LeaderEpochCache::from_text(&cache.to_text()).unwrap(),
            cache
        );
        assert!(LeaderEpochCache::from_text("0\n1\n0 x\n").is_err());
    }
}
