//! From offsets to positions in a segment.

use crate::error::StorageError;
use crate::log_files::FileRef;
use crate::sparse_index::{IndexEntry, SparseIndex};

/// Kafka's `.index`: the offset of a batch's last record, relative to the
/// segment's base offset, and where the batch begins.
pub(crate) type OffsetIndex = SparseIndex<OffsetEntry>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    pub(crate) relative_offset: u32,
    pub(crate) position: u32,
}

impl IndexEntry for OffsetEntry {
    const SIZE: usize = 8;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        Self {
            relative_offset: be_u32(bytes, 0),
            position: be_u32(bytes, 4),
        }
    }
}

impl OffsetIndex {
    /// A position from which a search for `offset` finds it: that of the last
    /// entry at or before it, or the beginning.
    pub(crate) fn position_before(
        &self,
        file: FileRef<'_>,
        offset: i64,
    ) -> Result<u64, StorageError> {
        let relative = offset.saturating_sub(file.offset);
        let found = self.partition_point(file, |e| i64::from(e.relative_offset) <= relative);
        let (_, entry) = found.map_err(|error| file.error(error))?;
        Ok(entry.map_or(0, |entry| u64::from(entry.position)))
    }
}

/// Four bytes at `at`; zero if they are not there.
pub(crate) fn be_u32(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    u32::from_be_bytes(field.unwrap_or_default())
}

/// Eight bytes at `at`; zero if they are not there.
pub(crate) fn be_i64(bytes: &[u8], at: usize) -> i64 {
    let field = bytes.get(at..at + 8).and_then(|b| b.try_into().ok());
    i64::from_be_bytes(field.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_files::in_temporary_folder;

    #[test]
    fn the_bytes_are_kafkas() {
        let entry = OffsetEntry {
            relative_offset: 0x0102_0304,
            position: 0x0506_0708,
        };
        let mut bytes = Vec::new();
        entry.encode(&mut bytes);
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(OffsetEntry::decode(&bytes), entry);
    }

    #[test]
    fn positions_come_from_the_entry_at_or_before() {
        in_temporary_folder(|files| {
            let file = files.file(100, ".index");
            let index = OffsetIndex::new(0);
            for n in 1..=3 {
                let entry = OffsetEntry {
                    relative_offset: n * 10,
                    position: n * 1000,
                };
                index.append(file, entry).unwrap();
            }
            for (offset, position) in [(100, 0), (109, 0), (110, 1000), (125, 2000), (999, 3000)] {
                assert_eq!(index.position_before(file, offset).unwrap(), position);
            }
        });
    }
}
