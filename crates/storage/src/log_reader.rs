//! A log as its readers see it.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use highwater_types::{LeaderEpoch, Offset, ProducerId, TimestampMs};
use parking_lot::RwLock;

use crate::error::{ReadError, StorageError};
use crate::leader_epoch_cache::LeaderEpochCache;
use crate::log_files::LogFiles;
use crate::segment::Segment;
use crate::sparse_index::read_full;
use crate::tail::{Tail, TailRead, select};

/// A read is tried again this often when the log was cut or lost a segment meanwhile.
const ATTEMPTS_MAX: usize = 3;
/// Batches before the wanted one that a read may have to skip, in bytes.
const SKIPPED_BYTES: usize = 8 << 10;

/// A log's offsets at one moment, always
/// `log_start <= last_stable <= high_watermark <= log_end` and `flushed_end <= log_end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOffsets {
    /// The first offset that can be read.
    pub log_start: Offset,
    /// Below it, no transaction is open.
    pub last_stable: Offset,
    /// Below it, everything is committed.
    pub high_watermark: Offset,
    /// Below it, everything is on stable storage on this broker.
    pub flushed_end: Offset,
    /// The offset of the next record.
    pub log_end: Offset,
}

/// Whole batches read from a log.
#[derive(Clone, Debug, Default)]
pub struct ReadResult {
    /// The batches, in order; each part holds whole batches.
    pub parts: Vec<Bytes>,
    /// The sum of the parts' lengths.
    pub size_bytes: usize,
    /// Where the next read goes on; `from` if nothing was read.
    pub next_offset: Offset,
}

/// What a transaction index knows of one aborted transaction. KIP-98.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    pub producer_id: ProducerId,
    pub first_offset: Offset,
    /// The offset of the abort marker.
    pub last_offset: Offset,
    /// The last stable offset once the marker was written.
    pub last_stable_offset: Offset,
}

/// The answer of a search by time. KIP-79, KIP-734.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    pub timestamp: TimestampMs,
    pub offset: Offset,
    /// `None` if the log knows no epoch for the offset.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// Reads a log beside its owner, from any thread.
pub struct LogReader {
    pub(crate) files: Arc<LogFiles>,
    pub(crate) tail: Arc<Tail>,
    pub(crate) epochs: RwLock<LeaderEpochCache>,
    published: RwLock<Published>,
}

/// What the owner lets readers see, always as a whole.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) offsets: LogOffsets,
    /// In order of base offsets; empty only while the log begins anew.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    /// Goes up before anything that readers may be reading is changed.
    pub(crate) generation: u64,
    pub(crate) owner: Owner,
}

/// What became of the log's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It has the log.
    Present,
    /// It closed the log in order.
    Closed,
    /// It dropped the log.
    Gone,
    /// It deleted the log, so that the folder is gone.
    Deleted,
}

impl LogOffsets {
    /// The last stable offset is the high watermark unless a transaction holds it back.
    pub(crate) fn set_last_stable(&mut self, first_unstable: Option<i64>) {
        self.last_stable = first_unstable
            .map_or(self.high_watermark, Offset)
            .clamp(self.log_start, self.high_watermark);
    }

    fn assert_ordered(&self) {
        assert!(
            self.log_start <= self.last_stable
                && self.last_stable <= self.high_watermark
                && self.high_watermark <= self.log_end
                && self.flushed_end <= self.log_end,
            "offsets out of order: {self:?}"
        );
    }
}

impl ReadResult {
    fn nothing(from: Offset) -> Self {
        Self {
            next_offset: from,
            ..Self::default()
        }
    }

    fn of(bytes: Bytes, next_offset: i64) -> Self {
        let size_bytes = bytes.len();
        Self {
            parts: if size_bytes == 0 {
                Vec::new()
            } else {
                vec![bytes]
            },
            size_bytes,
            next_offset: Offset(next_offset),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size_bytes == 0
    }

    /// All parts as one slice; copies only if there are several.
    #[must_use]
    pub fn into_bytes(mut self) -> Bytes {
        match self.parts.len() {
            0 => Bytes::new(),
            1 => self.parts.remove(0),
            _ => {
                let mut all = BytesMut::with_capacity(self.size_bytes);
                for part in &self.parts {
                    all.extend_from_slice(part);
                }
                all.freeze()
            }
        }
    }
}

impl From<TailRead> for ReadResult {
    fn from(tail: TailRead) -> Self {
        Self {
            parts: tail.parts,
            size_bytes: tail.size_bytes,
            next_offset: Offset(tail.next_offset),
        }
    }
}

impl LogReader {
    pub(crate) fn new(
        files: Arc<LogFiles>,
        tail: Arc<Tail>,
        epochs: LeaderEpochCache,
        published: Published,
    ) -> Arc<Self> {
        Arc::new(Self {
            files,
            tail,
            epochs: RwLock::new(epochs),
            published: RwLock::new(published),
        })
    }

    pub(crate) fn snapshot(&self) -> Published {
        self.published.read().clone()
    }

    /// Changes what readers see. The offsets must be in order afterwards.
    pub(crate) fn publish(&self, change: impl FnOnce(&mut Published)) {
        let mut published = self.published.write();
        change(&mut published);
        published.offsets.assert_ordered();
    }

    /// Whole batches from the one that holds `from`, at most `max_bytes`, all
    /// below `upper_bound` (exclusive). With `min_one_batch` the first batch
    /// comes whole even if it alone is larger. KIP-74.
    ///
    /// # Errors
    /// `OffsetOutOfRange` below the log start or above the log end.
    pub fn read(
        &self,
        from: Offset,
        max_bytes: usize,
        upper_bound: Offset,
        min_one_batch: bool,
    ) -> Result<ReadResult, ReadError> {
        self.consistently(|view| {
            self.check_range(view, from)?;
            let bound = upper_bound.min(view.offsets.log_end).0;
            if from.0 >= bound {
                return Ok(ReadResult::nothing(from));
            }
            if let Some(tail) = self.tail.read(from.0, max_bytes, bound, min_one_batch) {
                return Ok(tail.into());
            }
            Ok(read_segments(view, from, max_bytes, bound, min_one_batch)?)
        })
    }

    /// As [`LogReader::read`], from memory alone and without copying; `None` if it
    /// takes the disk.
    ///
    /// # Errors
    /// `OffsetOutOfRange` below the log start or above the log end.
    pub fn read_tail(
        &self,
        from: Offset,
        max_bytes: usize,
        upper_bound: Offset,
        min_one_batch: bool,
    ) -> Result<Option<ReadResult>, ReadError> {
        self.consistently(|view| {
            self.check_range(view, from)?;
            let bound = upper_bound.min(view.offsets.log_end).0;
            if from.0 >= bound {
                return Ok(Some(ReadResult::nothing(from)));
            }
            let tail = self.tail.read(from.0, max_bytes, bound, min_one_batch);
            Ok(tail.map(ReadResult::from))
        })
    }

    /// Reads from one view of the log, again if the owner cut it or removed
    /// segments meanwhile: what was read may then be overwritten or gone.
    pub(crate) fn consistently<T, E>(
        &self,
        read: impl Fn(&Published) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempts = 0;
        loop {
            let view = self.snapshot();
            let result = read(&view);
            attempts += 1;
            let unchanged = self.published.read().generation == view.generation;
            if unchanged {
                return result;
            }
            if attempts >= ATTEMPTS_MAX {
                // The owner can not cut the log while this view is locked.
                let published = self.published.read();
                return read(&published);
            }
        }
    }

    fn check_range(&self, view: &Published, from: Offset) -> Result<(), ReadError> {
        if view.owner == Owner::Deleted {
            return Err(StorageError::NotFound(self.files.dir.clone()).into());
        }
        let LogOffsets {
            log_start, log_end, ..
        } = view.offsets;
        if from < log_start || from > log_end {
            return Err(ReadError::OffsetOutOfRange {
                offset: from,
                log_start,
                log_end,
            });
        }
        Ok(())
    }

    /// One consistent view of all offsets.
    #[must_use]
    pub fn offsets(&self) -> LogOffsets {
        self.published.read().offsets
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let segments = self.published.read().segments.clone();
        segments.iter().map(|segment| segment.size()).sum()
    }

    pub(crate) fn first_segment_offset(&self) -> Offset {
        let segments = self.published.read().segments.clone();
        Offset(segments.first().map_or(0, |segment| segment.base_offset))
    }

    /// How many segments there are.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.published.read().segments.len()
    }

    /// The epoch of the leader that appended `offset`.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.epochs.read().epoch_for(offset)
    }

    /// The largest epoch in the log.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.read().latest()
    }

    /// The largest known epoch that is not after `epoch`, and where it ends;
    /// ([`LeaderEpoch::UNKNOWN`], [`Offset::NONE`]) if there is none. KIP-101, KIP-279.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        let log_end = self.offsets().log_end;
        self.epochs.read().end_offset_for(epoch, log_end)
    }

    /// Aborted transactions that overlap the offsets from `from` to `upper` (exclusive).
    ///
    /// # Errors
    /// When a transaction index can not be read.
    pub fn aborted_transactions(
        &self,
        from: Offset,
        upper: Offset,
    ) -> Result<Vec<AbortedTxn>, StorageError> {
        self.consistently(|view| find_aborted(&view.segments, from, upper))
    }
}

fn find_aborted(
    segments: &[Arc<Segment>],
    from: Offset,
    upper: Offset,
) -> Result<Vec<AbortedTxn>, StorageError> {
    let mut found = Vec::new();
    for segment in segments.iter().skip(segment_index(segments, from.0)) {
        if segment.txn_index.is_empty() {
            continue;
        }
        for txn in segment.txn_index.read(segment.txn_index_file())? {
            if txn.last_offset >= from && txn.first_offset < upper {
                found.push(txn);
            }
            // Everything below this was decided before the marker.
            if txn.last_stable_offset >= upper {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The index of the segment that holds `offset`, or would.
pub(crate) fn segment_index(segments: &[Arc<Segment>], offset: i64) -> usize {
    segments
        .partition_point(|segment| segment.base_offset <= offset)
        .saturating_sub(1)
}

/// Reads from the first segment that has a batch at or after `from`.
fn read_segments(
    view: &Published,
    from: Offset,
    max_bytes: usize,
    bound: i64,
    min_one_batch: bool,
) -> Result<ReadResult, StorageError> {
    let first = segment_index(&view.segments, from.0);
    for segment in view.segments.iter().skip(first) {
        if segment.base_offset >= bound {
            break;
        }
        if let Some(read) = read_segment(segment, from, max_bytes, bound, min_one_batch)? {
            return Ok(read);
        }
    }
    Ok(ReadResult::nothing(from))
}

/// `None` if all batches of the segment end before `from`.
fn read_segment(
    segment: &Segment,
    from: Offset,
    max_bytes: usize,
    bound: i64,
    min_one_batch: bool,
) -> Result<Option<ReadResult>, StorageError> {
    // One read usually finds the batch and all that fits behind it.
    let index_file = segment.offset_index_file();
    let start = segment.offset_index.position_before(index_file, from.0)?;
    let bytes = read_at(segment, start, max_bytes.saturating_add(SKIPPED_BYTES))?;
    let (range, next_offset) = select(&bytes, from.0, max_bytes, bound, false);
    if !range.is_empty() {
        return Ok(Some(ReadResult::of(bytes.slice(range), next_offset)));
    }
    // It did not: the index is sparse here, the batch is large, or nothing may be read.
    let Some(found) = segment.find(from.0)? else {
        return Ok(None);
    };
    let size = found.header.size_in_bytes();
    if found.header.next_offset() > bound || (size > max_bytes && !min_one_batch) {
        return Ok(Some(ReadResult::nothing(from)));
    }
    let bytes = read_at(segment, found.position, size.max(max_bytes))?;
    let (range, next_offset) = select(&bytes, from.0, max_bytes, bound, min_one_batch);
    Ok(Some(ReadResult::of(bytes.slice(range), next_offset)))
}

/// Up to `len` bytes of a segment; fewer at its end.
fn read_at(segment: &Segment, position: u64, len: usize) -> Result<Bytes, StorageError> {
    let left = segment.size().saturating_sub(position);
    let len = usize::try_from(left).unwrap_or(usize::MAX).min(len);
    let mut bytes = BytesMut::zeroed(len);
    let file = segment.open_log_to_read()?;
    let read = read_full(&*file, &mut bytes, position);
    bytes.truncate(read.map_err(|error| segment.log_file().error(error))?);
    Ok(bytes.freeze())
}
