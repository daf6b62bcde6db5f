//! The aborted transactions of a segment. KIP-98.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use highwater_types::{Offset, ProducerId};

use crate::disk::{File, OpenMode};
use crate::error::StorageError;
use crate::log_files::FileRef;
use crate::log_reader::AbortedTxn;
use crate::offset_index::be_i64;
use crate::open_files::FileHandle;
use crate::sparse_index::read_full;

const VERSION: i16 = 0;
const ENTRY_SIZE: usize = 34;

/// Kafka's `.txnindex`: one entry for each abort marker in the segment, in the
/// order of the markers. The file appears with the first entry.
pub(crate) struct TransactionIndex {
    handle: FileHandle,
    len: AtomicU64,
}

impl TransactionIndex {
    /// An index whose file holds `len` bytes, or does not exist.
    pub(crate) fn new(len: u64) -> Self {
        Self {
            handle: FileHandle::new(),
            len: AtomicU64::new(len / ENTRY_SIZE as u64),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }

    pub(crate) fn append(&self, file: FileRef<'_>, txn: &AbortedTxn) -> Result<(), StorageError> {
        let mut bytes = Vec::with_capacity(ENTRY_SIZE);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        for field in [
            txn.producer_id.0,
            txn.first_offset.0,
            txn.last_offset.0,
            txn.last_stable_offset.0,
        ] {
            bytes.extend_from_slice(&field.to_be_bytes());
        }
        let len = self.len.load(Ordering::Acquire);
        self.open(file)?
            .write_all_at(&bytes, len * ENTRY_SIZE as u64)
            .map_err(|error| file.error(error))?;
        self.len.store(len + 1, Ordering::Release);
        Ok(())
    }

    /// All entries, in order.
    pub(crate) fn read(&self, file: FileRef<'_>) -> Result<Vec<AbortedTxn>, StorageError> {
        let len = self.len.load(Ordering::Acquire);
        if len == 0 {
            return Ok(Vec::new());
        }
        let size = usize::try_from(len).unwrap_or(usize::MAX / ENTRY_SIZE) * ENTRY_SIZE;
        let mut bytes = vec![0; size];
        let opened = file.open(&self.handle, OpenMode::ReadWrite);
        let opened = opened.map_err(|error| file.error(error))?;
        let read = read_full(&*opened, &mut bytes, 0);
        if read.map_err(|error| file.error(error))? < size {
            return Err(file.corrupt("the transaction index is shorter than it was"));
        }
        bytes
            .chunks_exact(ENTRY_SIZE)
            .map(|entry| decode(entry).ok_or_else(|| file.corrupt("unknown version of an entry")))
            .collect()
    }

    /// Removes the transactions that end at or after `offset`.
    pub(crate) fn truncate_to(&self, file: FileRef<'_>, offset: i64) -> Result<(), StorageError> {
        let entries = self.read(file)?;
        let kept = entries.partition_point(|txn| txn.last_offset.0 < offset);
        if kept < entries.len() {
            self.set_len(file, kept as u64)?;
        }
        Ok(())
    }

    /// Removes everything, also from a file that is damaged.
    pub(crate) fn reset(&self, file: FileRef<'_>) -> Result<(), StorageError> {
        if self.is_empty() {
            return Ok(());
        }
        self.set_len(file, 0)
    }

    fn set_len(&self, file: FileRef<'_>, len: u64) -> Result<(), StorageError> {
        self.open(file)?
            .set_len(len * ENTRY_SIZE as u64)
            .map_err(|error| file.error(error))?;
        self.len.store(len, Ordering::Release);
        Ok(())
    }

    /// The open file, for syncing it; it is created if it does not exist.
    pub(crate) fn open(&self, file: FileRef<'_>) -> Result<Arc<dyn File>, StorageError> {
        file.open(&self.handle, OpenMode::Create)
            .map_err(|error| file.error(error))
    }

    pub(crate) fn close(&self) {
        self.handle.close();
    }
}

fn decode(bytes: &[u8]) -> Option<AbortedTxn> {
    let version = i16::from_be_bytes(bytes.first_chunk().copied()?);
    (version == VERSION).then(|| AbortedTxn {
        producer_id: ProducerId(be_i64(bytes, 2)),
        first_offset: Offset(be_i64(bytes, 10)),
        last_offset: Offset(be_i64(bytes, 18)),
        last_stable_offset: Offset(be_i64(bytes, 26)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_files::in_temporary_folder;

    fn txn(n: i64) -> AbortedTxn {
        AbortedTxn {
            producer_id: ProducerId(n),
            first_offset: Offset(n * 10),
            last_offset: Offset(n * 10 + 5),
            last_stable_offset: Offset(n * 10 + 6),
        }
    }

    #[test]
    fn entries_are_kafkas_bytes_and_come_back() {
        in_temporary_folder(|files| {
            let file = files.file(0, ".txnindex");
            let index = TransactionIndex::new(0);
            assert!(!files.disk.exists(&file.path()).unwrap());
            for n in 1..=3 {
                index.append(file, &txn(n)).unwrap();
            }
            assert_eq!(index.open(file).unwrap().len().unwrap(), 102);
            let again = TransactionIndex::new(102);
            assert_eq!(again.read(file).unwrap(), [txn(1), txn(2), txn(3)]);
            again.truncate_to(file, 35).unwrap();
            assert_eq!(again.read(file).unwrap(), [txn(1), txn(2)]);
            again.reset(file).unwrap();
            assert!(again.is_empty());
        });
    }

    #[test]
    fn an_unknown_version_is_reported() {
        in_temporary_folder(|files| {
            let file = files.file(0, ".txnindex");
            let index = TransactionIndex::new(0);
            index.append(file, &txn(1)).unwrap();
            index.open(file).unwrap().write_all_at(&[9], 1).unwrap();
            assert!(index.read(file).is_err());
        });
    }
}
