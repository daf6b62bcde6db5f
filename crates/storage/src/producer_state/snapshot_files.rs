//! The snapshot files in a log's folder.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::disk::{File, OpenMode};
use crate::error::StorageError;
use crate::log_files::LogFiles;
use crate::names;
use crate::producer_state::{ProducerState, snapshot};
use crate::sparse_index::read_file;

/// Which snapshots are on disk. Each holds the producers as of the offset in its
/// name: one at each segment's base offset, and one at the end of a log that was
/// closed in order.
#[derive(Debug, Default)]
pub(crate) struct SnapshotFiles {
    offsets: BTreeSet<i64>,
}

impl SnapshotFiles {
    pub(crate) fn new(offsets: BTreeSet<i64>) -> Self {
        Self { offsets }
    }

    /// Whether there is a snapshot of the state at `offset`.
    pub(crate) fn is_at(&self, offset: i64) -> bool {
        self.offsets.contains(&offset)
    }

    /// The newest state that a good snapshot between `log_start` and `end` gives.
    /// Snapshots beyond `end` and damaged ones are removed.
    pub(crate) fn load(
        &mut self,
        files: &LogFiles,
        log_start: i64,
        end: i64,
    ) -> Result<ProducerState, StorageError> {
        self.remove_from(files, end.saturating_add(1))?;
        while let Some(offset) = self.offsets.last().copied() {
            if offset < log_start {
                break;
            }
            let path = files.file(offset, names::SNAPSHOT).path();
            let decoded = match read_file(&*files.disk, &path) {
                Ok(bytes) => snapshot::decode(&bytes).map_err(str::to_owned),
                Err(error) => Err(error.to_string()),
            };
            match decoded {
                Ok(producers) => return Ok(ProducerState::from_snapshot(producers, offset)),
                Err(reason) => {
                    tracing::warn!(file = %path.display(), reason, "ignoring a producer snapshot");
                    self.remove(files, offset)?;
                }
            }
        }
        Ok(ProducerState::empty_at(log_start))
    }

    /// Writes the state, if there is no snapshot at its offset yet. Answers the
    /// file, which is not synced.
    pub(crate) fn take(
        &mut self,
        files: &LogFiles,
        state: &ProducerState,
    ) -> Result<Option<Arc<dyn File>>, StorageError> {
        let offset = state.end_offset();
        if self.offsets.contains(&offset) {
            return Ok(None);
        }
        let path = files.file(offset, names::SNAPSHOT).path();
        let bytes = snapshot::encode(state.producers());
        let write = || {
            let file = files.disk.open(&path, OpenMode::Create)?;
            file.set_len(0)?;
            file.write_all_at(&bytes, 0)?;
            Ok(file)
        };
        let file = write().map_err(|error| StorageError::io(&path, error))?;
        self.offsets.insert(offset);
        Ok(Some(file))
    }

    /// Removes the snapshot that belongs to a deleted segment.
    pub(crate) fn forget(&mut self, offset: i64) {
        self.offsets.remove(&offset);
    }

    pub(crate) fn remove_before(
        &mut self,
        files: &LogFiles,
        offset: i64,
    ) -> Result<(), StorageError> {
        while let Some(first) = self.offsets.first().copied().filter(|f| *f < offset) {
            self.remove(files, first)?;
        }
        Ok(())
    }

    /// Removes all snapshots at or after `offset`.
    pub(crate) fn remove_from(
        &mut self,
        files: &LogFiles,
        offset: i64,
    ) -> Result<(), StorageError> {
        while let Some(last) = self.offsets.last().copied().filter(|l| *l >= offset) {
            self.remove(files, last)?;
        }
        Ok(())
    }

    /// Removes snapshots that belong to no segment, except the newest if it is
    /// newer than all segments: a clean stop writes that one.
    pub(crate) fn remove_strays(
        &mut self,
        files: &LogFiles,
        base_offsets: &BTreeSet<i64>,
    ) -> Result<(), StorageError> {
        let newest = self.offsets.last().copied();
        let strays: Vec<i64> = self.offsets.difference(base_offsets).copied().collect();
        for offset in strays {
            let after_all = base_offsets.last().is_none_or(|last| offset > *last);
            if !(Some(offset) == newest && after_all) {
                self.remove(files, offset)?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, files: &LogFiles, offset: i64) -> Result<(), StorageError> {
        self.offsets.remove(&offset);
        files.remove_if_exists(&names::file_name(offset, names::SNAPSHOT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_files::in_temporary_folder;

    #[test]
    fn the_newest_good_snapshot_in_range_is_loaded() {
        in_temporary_folder(|files| {
            let mut snapshots = SnapshotFiles::default();
            for offset in [10, 20, 30] {
                let taken = snapshots.take(files, &ProducerState::empty_at(offset));
                assert!(taken.unwrap().is_some());
            }
            assert_eq!(snapshots.load(files, 0, 25).unwrap().end_offset(), 20);
            let path = files.file(20, names::SNAPSHOT).path();
            let file = files.disk.open(&path, OpenMode::ReadWrite).unwrap();
            file.write_all_at(&[9], 3).unwrap();
            assert_eq!(snapshots.load(files, 0, 25).unwrap().end_offset(), 10);
            assert!(!files.disk.exists(&path).unwrap());
            // One from before the log start says nothing that is still there.
            assert_eq!(snapshots.load(files, 15, 25).unwrap().end_offset(), 15);
        });
    }

    #[test]
    fn strays_go_but_not_that_of_a_clean_stop() {
        in_temporary_folder(|files| {
            let mut snapshots = SnapshotFiles::default();
            for offset in [5, 10, 17, 33] {
                snapshots
                    .take(files, &ProducerState::empty_at(offset))
                    .unwrap();
            }
            let bases = BTreeSet::from([0, 10, 20]);
            snapshots.remove_strays(files, &bases).unwrap();
            assert_eq!(snapshots.offsets, BTreeSet::from([10, 33]));
            assert_eq!(files.disk.list(&files.dir).unwrap().len(), 2);
        });
    }
}
