//! One set of files of a log: the batches from a base offset on, and their indexes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use highwater_protocol::record::BatchHeader;
use parking_lot::Mutex;

use crate::batch_walk::{BatchWalk, WalkError};
use crate::disk::{File, OpenMode};
use crate::error::StorageError;
use crate::log_files::{FileRef, LogFiles};
use crate::names;
use crate::offset_index::{OffsetEntry, OffsetIndex};
use crate::open_files::FileHandle;
use crate::time_index::{TimeEntry, TimeIndex};
use crate::transaction_index::TransactionIndex;

/// The lengths of a segment's files, as a listing of the folder shows them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SegmentSizes {
    pub(crate) log: u64,
    pub(crate) offset_index: Option<u64>,
    pub(crate) time_index: Option<u64>,
    pub(crate) txn_index: Option<u64>,
}

/// The largest timestamp of a segment, and the last offset of the batch that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaxTimestamp {
    pub(crate) timestamp: i64,
    pub(crate) offset: i64,
}

/// Where a search in a segment ended.
pub(crate) struct Found {
    pub(crate) position: u64,
    pub(crate) header: BatchHeader,
}

/// A segment, shared by the log's owner and its readers. Only the last one of a
/// log grows. Files are opened when they are needed.
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    pub(crate) files: Arc<LogFiles>,
    log: FileHandle,
    size: AtomicU64,
    pub(crate) offset_index: OffsetIndex,
    pub(crate) time_index: TimeIndex,
    pub(crate) txn_index: TransactionIndex,
    /// `None` until it is known.
    max_timestamp: Mutex<Option<MaxTimestamp>>,
}

impl Segment {
    /// A segment whose files are there.
    pub(crate) fn existing(files: Arc<LogFiles>, base_offset: i64, sizes: SegmentSizes) -> Self {
        Self {
            base_offset,
            files,
            log: FileHandle::new(),
            size: AtomicU64::new(sizes.log),
            offset_index: OffsetIndex::new(sizes.offset_index.unwrap_or(0)),
            time_index: TimeIndex::new(sizes.time_index.unwrap_or(0)),
            txn_index: TransactionIndex::new(sizes.txn_index.unwrap_or(0)),
            max_timestamp: Mutex::new(None),
        }
    }

    /// A new segment, whose files are created empty.
    pub(crate) fn create(
        files: Arc<LogFiles>,
        base_offset: i64,
        preallocate: Option<u64>,
    ) -> Result<Self, StorageError> {
        let segment = Self::existing(files, base_offset, SegmentSizes::default());
        let log = segment.open_log()?;
        let prepare = || -> io::Result<()> {
            log.set_len(0)?;
            match preallocate {
                Some(bytes) => log.preallocate(bytes),
                None => Ok(()),
            }
        };
        prepare().map_err(|error| segment.log_file().error(error))?;
        segment.reset_indexes()?;
        *segment.max_timestamp.lock() = Some(MaxTimestamp::NONE);
        Ok(segment)
    }

    pub(crate) fn log_file(&self) -> FileRef<'_> {
        self.files.file(self.base_offset, names::LOG)
    }

    pub(crate) fn offset_index_file(&self) -> FileRef<'_> {
        self.files.file(self.base_offset, names::OFFSET_INDEX)
    }

    pub(crate) fn time_index_file(&self) -> FileRef<'_> {
        self.files.file(self.base_offset, names::TIME_INDEX)
    }

    pub(crate) fn txn_index_file(&self) -> FileRef<'_> {
        self.files.file(self.base_offset, names::TXN_INDEX)
    }

    /// Bytes of batches.
    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(crate) fn open_log(&self) -> Result<Arc<dyn File>, StorageError> {
        let file = self.log_file();
        file.open(&self.log, OpenMode::Create)
            .map_err(|error| file.error(error))
    }

    /// The log file for a reader, who must not bring a deleted segment back.
    pub(crate) fn open_log_to_read(&self) -> Result<Arc<dyn File>, StorageError> {
        let file = self.log_file();
        file.open(&self.log, OpenMode::ReadWrite)
            .map_err(|error| file.error(error))
    }

    /// Puts bytes at the end, without indexing them. Answers the open file, for the next flush.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<Arc<dyn File>, StorageError> {
        let size = self.size();
        let file = self.open_log()?;
        file.write_all_at(bytes, size)
            .map_err(|error| self.log_file().error(error))?;
        self.size
            .store(size + bytes.len() as u64, Ordering::Release);
        Ok(file)
    }

    /// Adds an index entry for a batch.
    pub(crate) fn index(&self, header: &BatchHeader, position: u64) -> Result<(), StorageError> {
        let entry = OffsetEntry {
            relative_offset: self.relative(header.last_offset()),
            position: u32::try_from(position).unwrap_or(u32::MAX),
        };
        let file = self.offset_index_file();
        self.offset_index
            .append(file, entry)
            .map_err(|error| file.error(error))?;
        self.index_time()
    }

    /// Puts the largest timestamp so far into the time index.
    pub(crate) fn index_time(&self) -> Result<(), StorageError> {
        let Some(max) = *self.max_timestamp.lock() else {
            return Ok(());
        };
        // Kafka's time index cannot say "no timestamp".
        if max.timestamp < 0 {
            return Ok(());
        }
        let entry = TimeEntry {
            timestamp: max.timestamp,
            relative_offset: self.relative(max.offset),
        };
        self.time_index.maybe_append(self.time_index_file(), entry)
    }

    /// Takes note of a batch's timestamp.
    pub(crate) fn note_timestamp(&self, header: &BatchHeader) {
        let mut max = self.max_timestamp.lock();
        if max.is_none_or(|max| header.max_timestamp > max.timestamp) {
            *max = Some(MaxTimestamp {
                timestamp: header.max_timestamp,
                offset: header.last_offset(),
            });
        }
    }

    pub(crate) fn set_max_timestamp(&self, max: Option<MaxTimestamp>) {
        *self.max_timestamp.lock() = max;
    }

    /// The largest timestamp, read from the time index if it is not known yet.
    pub(crate) fn max_timestamp(&self) -> Result<MaxTimestamp, StorageError> {
        if let Some(max) = *self.max_timestamp.lock() {
            return Ok(max);
        }
        let file = self.time_index_file();
        let last = self.time_index.last(file);
        let max = match last.map_err(|error| file.error(error))? {
            Some(entry) => MaxTimestamp {
                timestamp: entry.timestamp,
                offset: self.base_offset + i64::from(entry.relative_offset),
            },
            None => self.scan_max_timestamp(0)?.unwrap_or(MaxTimestamp::NONE),
        };
        Ok(*self.max_timestamp.lock().get_or_insert(max))
    }

    /// The largest timestamp of the batches from a position on.
    pub(crate) fn scan_max_timestamp(
        &self,
        position: u64,
    ) -> Result<Option<MaxTimestamp>, StorageError> {
        let mut max: Option<MaxTimestamp> = None;
        let mut walk = self.headers(position)?;
        while let Some((_, header)) = self.walked(walk.next_header())? {
            if max.is_none_or(|max| header.max_timestamp > max.timestamp) {
                max = Some(MaxTimestamp {
                    timestamp: header.max_timestamp,
                    offset: header.last_offset(),
                });
            }
        }
        Ok(max)
    }

    /// Offsets in indexes are relative to the base offset and have 31 bits.
    pub(crate) fn can_hold(&self, offset: i64) -> bool {
        (0..=i64::from(i32::MAX)).contains(&offset.saturating_sub(self.base_offset))
    }

    fn relative(&self, offset: i64) -> u32 {
        u32::try_from(offset - self.base_offset).unwrap_or(u32::MAX)
    }

    pub(crate) fn headers(&self, position: u64) -> Result<BatchWalk, StorageError> {
        let file = self.open_log_to_read()?;
        Ok(BatchWalk::headers(file, position, self.size()))
    }

    pub(crate) fn batches(&self, position: u64) -> Result<BatchWalk, StorageError> {
        let file = self.open_log_to_read()?;
        Ok(BatchWalk::batches(file, position, self.size()))
    }

    pub(crate) fn walked<T>(&self, result: Result<T, WalkError>) -> Result<T, StorageError> {
        result.map_err(|error| match error {
            WalkError::Io(error) => self.log_file().error(error),
            error @ WalkError::Batch { .. } => self.log_file().corrupt(error.to_string()),
        })
    }

    /// The first batch that ends at or after `offset`; `None` if all end before it.
    pub(crate) fn find(&self, offset: i64) -> Result<Option<Found>, StorageError> {
        let start = self
            .offset_index
            .position_before(self.offset_index_file(), offset)?;
        match self.find_from(start, offset) {
            // A damaged index must not make good batches unreadable.
            Err(StorageError::Corrupt { reason, .. }) if start > 0 => {
                tracing::warn!(
                    file = %self.offset_index_file().path().display(), reason,
                    "an index entry leads nowhere, searching the segment from its beginning"
                );
                self.find_from(0, offset)
            }
            result => result,
        }
    }

    fn find_from(&self, start: u64, offset: i64) -> Result<Option<Found>, StorageError> {
        let mut walk = self.headers(start)?;
        while let Some((position, header)) = self.walked(walk.next_header())? {
            if header.last_offset() >= offset {
                return Ok(Some(Found { position, header }));
            }
        }
        Ok(None)
    }

    /// Empties the indexes, before they are built anew.
    pub(crate) fn reset_indexes(&self) -> Result<(), StorageError> {
        let file = self.offset_index_file();
        let reset = self.offset_index.truncate(file, 0);
        reset.map_err(|error| file.error(error))?;
        let file = self.time_index_file();
        let reset = self.time_index.truncate(file, 0);
        reset.map_err(|error| file.error(error))?;
        self.txn_index.reset(self.txn_index_file())
    }

    /// What a segment needs when it stops growing: the last entry of the time
    /// index, and all entries in the files.
    pub(crate) fn finish_indexes(&self) -> Result<(), StorageError> {
        self.index_time()?;
        let file = self.offset_index_file();
        let written = self.offset_index.write_pending(file);
        written.map_err(|error| file.error(error))?;
        let file = self.time_index_file();
        let written = self.time_index.write_pending(file);
        written.map_err(|error| file.error(error))
    }

    /// All files that may hold unsynced bytes.
    pub(crate) fn open_all(&self) -> Result<Vec<Arc<dyn File>>, StorageError> {
        let file = self.offset_index_file();
        let offset_index = self.offset_index.open(file);
        let offset_index = offset_index.map_err(|error| file.error(error))?;
        let file = self.time_index_file();
        let time_index = self.time_index.open(file);
        let time_index = time_index.map_err(|error| file.error(error))?;
        let mut files = vec![self.open_log()?, offset_index, time_index];
        if !self.txn_index.is_empty() {
            files.push(self.txn_index.open(self.txn_index_file())?);
        }
        Ok(files)
    }

    /// Removes all batches that begin at or after `offset`. The readers must have
    /// been told before.
    pub(crate) fn truncate_to(&self, offset: i64) -> Result<(), StorageError> {
        let position = match self.find(offset)? {
            Some(found) => found.position,
            None => return Ok(()),
        };
        self.truncate_at(position)?;
        let relative = offset - self.base_offset;
        let file = self.offset_index_file();
        let cut = || -> io::Result<()> {
            let (count, _) = self
                .offset_index
                .partition_point(file, |e| i64::from(e.relative_offset) < relative)?;
            self.offset_index.truncate(file, count)
        };
        cut().map_err(|error| file.error(error))?;
        let file = self.time_index_file();
        let cut = || -> io::Result<()> {
            let (count, _) = self
                .time_index
                .partition_point(file, |e| i64::from(e.relative_offset) < relative)?;
            self.time_index.truncate(file, count)
        };
        cut().map_err(|error| file.error(error))?;
        self.txn_index.truncate_to(self.txn_index_file(), offset)?;
        let max = self.scan_max_timestamp(0)?;
        self.set_max_timestamp(Some(max.unwrap_or(MaxTimestamp::NONE)));
        Ok(())
    }

    /// Cuts the batches off at a position, and nothing else.
    pub(crate) fn truncate_at(&self, position: u64) -> Result<(), StorageError> {
        let file = self.open_log()?;
        self.size.store(position, Ordering::Release);
        file.set_len(position)
            .map_err(|error| self.log_file().error(error))
    }

    /// Closes the files; they are opened again when they are needed.
    pub(crate) fn close_files(&self) {
        self.log.close();
        self.offset_index.close();
        self.time_index.close();
        self.txn_index.close();
    }

    /// Renames the files so that they are no longer part of the log. Answers the new names.
    pub(crate) fn mark_deleted(&self) -> Result<Vec<String>, StorageError> {
        let mut renamed = Vec::new();
        for suffix in [
            names::LOG,
            names::OFFSET_INDEX,
            names::TIME_INDEX,
            names::TXN_INDEX,
            names::SNAPSHOT,
        ] {
            let name = names::file_name(self.base_offset, suffix);
            let deleted = format!("{name}{}", names::DELETED);
            let (from, to) = (self.files.dir.join(&name), self.files.dir.join(&deleted));
            match self.files.disk.rename(&from, &to) {
                Ok(()) => renamed.push(deleted),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StorageError::io(&from, error)),
            }
        }
        Ok(renamed)
    }
}

impl MaxTimestamp {
    /// No batch has a timestamp.
    pub(crate) const NONE: Self = Self {
        timestamp: -1,
        offset: -1,
    };
}
