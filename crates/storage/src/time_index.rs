//! From timestamps to offsets in a segment. KIP-33.

use crate::error::StorageError;
use crate::log_files::FileRef;
use crate::offset_index::{be_i64, be_u32};
use crate::sparse_index::{IndexEntry, SparseIndex};

/// Kafka's `.timeindex`: the largest timestamp so far and the offset of the last
/// record of the batch that has it, relative to the segment's base offset.
pub(crate) type TimeIndex = SparseIndex<TimeEntry>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub(crate) timestamp: i64,
    pub(crate) relative_offset: u32,
}

impl IndexEntry for TimeEntry {
    const SIZE: usize = 12;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        Self {
            timestamp: be_i64(bytes, 0),
            relative_offset: be_u32(bytes, 8),
        }
    }
}

impl TimeIndex {
    /// Adds an entry if its timestamp is larger than the last one's.
    pub(crate) fn maybe_append(
        &self,
        file: FileRef<'_>,
        entry: TimeEntry,
    ) -> Result<(), StorageError> {
        let last = self.last(file).map_err(|error| file.error(error))?;
        if last.is_none_or(|last| entry.timestamp > last.timestamp) {
            self.append(file, entry)
                .map_err(|error| file.error(error))?;
        }
        Ok(())
    }

    /// An offset from which a search for the first record at or after
    /// `timestamp` finds it.
    pub(crate) fn offset_before(
        &self,
        file: FileRef<'_>,
        timestamp: i64,
    ) -> Result<i64, StorageError> {
        let found = self.partition_point(file, |e| e.timestamp < timestamp);
        let (_, entry) = found.map_err(|error| file.error(error))?;
        Ok(file.offset + entry.map_or(0, |entry| i64::from(entry.relative_offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_files::in_temporary_folder;

    fn entry(timestamp: i64, relative_offset: u32) -> TimeEntry {
        TimeEntry {
            timestamp,
            relative_offset,
        }
    }

    #[test]
    fn the_bytes_are_kafkas() {
        let mut bytes = Vec::new();
        entry(0x0102_0304_0506_0708, 9).encode(&mut bytes);
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9]);
        assert_eq!(TimeEntry::decode(&bytes), entry(0x0102_0304_0506_0708, 9));
    }

    #[test]
    fn only_larger_timestamps_are_kept() {
        in_temporary_folder(|files| {
            let file = files.file(100, ".timeindex");
            let index = TimeIndex::new(0);
            for (timestamp, offset) in [(10, 1), (10, 2), (5, 3), (20, 4)] {
                index.maybe_append(file, entry(timestamp, offset)).unwrap();
            }
            assert_eq!(index.len(), 2);
            for (timestamp, offset) in [(1, 100), (10, 100), (11, 101), (20, 101), (21, 104)] {
                assert_eq!(index.offset_before(file, timestamp).unwrap(), offset);
            }
        });
    }
}
