//! What an unclean stop leaves behind, found out and put right.

use std::sync::Arc;

use bytes::Bytes;
use highwater_protocol::record::{BatchHeader, verify_crc};
use highwater_types::{LeaderEpoch, Offset};

use crate::batch_walk::WalkError;
use crate::config::LogConfig;
use crate::error::StorageError;
use crate::leader_epoch_cache::LeaderEpochCache;
use crate::log::OpenInfo;
use crate::log_files::LogFiles;
use crate::log_loader::replay;
use crate::log_reader::{AbortedTxn, segment_index};
use crate::log_validator::read_marker;
use crate::producer_state::{ProducerState, SnapshotFiles};
use crate::segment::{MaxTimestamp, Segment, SegmentSizes};

/// A log that is being opened.
pub(crate) struct Recovery<'a> {
    pub(crate) files: &'a Arc<LogFiles>,
    pub(crate) config: &'a LogConfig,
    pub(crate) open: &'a OpenInfo,
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) snapshots: SnapshotFiles,
    /// `None` if they have to be found in the batches.
    pub(crate) epochs: Option<LeaderEpochCache>,
    /// Files may have been written that are not synced.
    pub(crate) repaired: bool,
}

/// Log end, producers, and bytes in the last segment since its last index entry.
pub(crate) type Recovered = (i64, ProducerState, u64);

impl Recovery<'_> {
    /// Builds a segment's indexes anew if their files can not be right.
    pub(crate) fn repair_indexes(
        &mut self,
        base_offset: i64,
        sizes: &SegmentSizes,
    ) -> Result<(), StorageError> {
        let whole = |len: Option<u64>, entry| len.is_some_and(|len| len % entry == 0);
        if whole(sizes.offset_index, 8) && whole(sizes.time_index, 12) {
            return Ok(());
        }
        let index = segment_index(&self.segments, base_offset);
        let Some(segment) = self.segments.get(index).cloned() else {
            return Ok(());
        };
        // What comes after the recovery point is gone through anyway.
        let next = self.segments.get(index + 1);
        let flushed = next.is_some_and(|next| next.base_offset <= self.open.recovery_point.0);
        if !flushed && !self.open.clean_shutdown {
            return Ok(());
        }
        tracing::warn!(file = %segment.log_file().path().display(), "building indexes anew");
        self.repaired = true;
        let aborted = segment.txn_index.read(segment.txn_index_file());
        segment.reset_indexes()?;
        for txn in aborted.unwrap_or_default() {
            segment.txn_index.append(segment.txn_index_file(), &txn)?;
        }
        segment.set_max_timestamp(Some(MaxTimestamp::NONE));
        let mut builder = IndexBuilder::new(self.config);
        let mut walk = segment.headers(0)?;
        while let Some((position, header)) = segment.walked(walk.next_header())? {
            builder.add(&segment, &header, position)?;
        }
        segment.finish_indexes()
    }

    /// After a clean stop: looks only at the end of the last segment.
    pub(crate) fn trust(&mut self) -> Result<Recovered, StorageError> {
        let (end, bytes_since_index) = match self.find_end() {
            Err(StorageError::Corrupt { path, reason }) => {
                tracing::warn!(file = %path.display(), reason,
                    "the log was closed in order, but it is damaged: recovering it");
                return self.recover();
            }
            result => result?,
        };
        if end < self.open.log_start.0 {
            return self.start_over();
        }
        self.ensure_epochs(None)?;
        let start = self.first_offset();
        let mut producers = self.snapshots.load(self.files, start, end)?;
        replay(&self.segments, &mut producers, end)?;
        Ok((end, producers, bytes_since_index))
    }

    /// The end of the last segment, looking back only to its last index entry.
    fn find_end(&self) -> Result<(i64, u64), StorageError> {
        let Some(segment) = self.segments.last() else {
            return Ok((0, 0));
        };
        let file = segment.offset_index_file();
        let last = segment.offset_index.last(file);
        let last = last.map_err(|error| file.error(error))?;
        let indexed = last.map_or(0, |entry| u64::from(entry.position));
        if indexed > segment.size() {
            return Err(file.corrupt("an entry is behind the end of the segment"));
        }
        let mut walk = segment.headers(indexed)?;
        let mut end = segment.base_offset;
        let file = segment.time_index_file();
        let known = segment.time_index.last(file);
        let known = known.map_err(|error| file.error(error))?;
        segment.set_max_timestamp(Some(known.map_or(MaxTimestamp::NONE, |entry| {
            MaxTimestamp {
                timestamp: entry.timestamp,
                offset: segment.base_offset + i64::from(entry.relative_offset),
            }
        })));
        while let Some((_, header)) = segment.walked(walk.next_header())? {
            end = header.next_offset();
            segment.note_timestamp(&header);
        }
        Ok((end, segment.size() - indexed))
    }

    /// Checks everything from the recovery point on, cuts off what is torn, and
    /// builds anew what is derived from it.
    pub(crate) fn recover(&mut self) -> Result<Recovered, StorageError> {
        self.repaired = true;
        let point = self.open.recovery_point.0;
        let first = segment_index(&self.segments, point);
        let base = self.segments.get(first).map_or(0, |s| s.base_offset);
        self.ensure_epochs(Some(first))?;
        let start = self.first_offset().min(base);
        // Later snapshots may tell of batches that are not there.
        let mut producers = self.snapshots.load(self.files, start, base)?;
        replay(&self.segments, &mut producers, base)?;
        let mut end = base;
        let mut bytes_since_index = 0;
        for index in first..self.segments.len() {
            let Some(segment) = self.segments.get(index).cloned() else {
                break;
            };
            let limit = self.segments.get(index + 1).map(|next| next.base_offset);
            if index > first {
                producers.set_end_offset(segment.base_offset);
                self.snapshots.take(self.files, &producers)?;
            }
            let scan = self.scan(&segment, limit, &mut producers)?;
            end = scan.end.max(segment.base_offset);
            bytes_since_index = scan.bytes_since_index;
            self.sync(&segment)?;
            // A hole between segments is what compaction leaves, but not in what
            // was not flushed: there it is a write that never reached the disk.
            // So a cleaner must checkpoint the recovery point before it swaps.
            let unflushed = !self.open.clean_shutdown && end >= point;
            let hole = unflushed && limit.is_some_and(|limit| end < limit);
            if scan.truncated || hole {
                self.remove_after(index)?;
                break;
            }
        }
        producers.set_end_offset(end);
        self.files.sync_dir()?;
        if end < self.open.log_start.0 {
            return self.start_over();
        }
        Ok((end, producers, bytes_since_index))
    }

    /// Goes through one segment and cuts it off before the first bad batch.
    fn scan(
        &mut self,
        segment: &Arc<Segment>,
        limit: Option<i64>,
        producers: &mut ProducerState,
    ) -> Result<Scan, StorageError> {
        segment.reset_indexes()?;
        segment.set_max_timestamp(Some(MaxTimestamp::NONE));
        let mut builder = IndexBuilder::new(self.config);
        let mut walk = segment.batches(0)?;
        let mut end = segment.base_offset;
        let bad = loop {
            let batch = match walk.next_batch() {
                Ok(Some(batch)) => batch,
                Ok(None) => break None,
                Err(error @ WalkError::Batch { .. }) => break Some(error.to_string()),
                Err(WalkError::Io(error)) => return Err(segment.log_file().error(error)),
            };
            let (position, header, bytes) = batch;
            if let Err(reason) = check(segment, &header, &bytes, end, limit) {
                break Some(format!("at byte {position}: {reason}"));
            }
            let Ok(marker) = read_marker(&header, &bytes) else {
                break Some(format!("at byte {position}: a control record is damaged"));
            };
            end = header.next_offset();
            builder.add(segment, &header, position)?;
            if let Some(epochs) = &mut self.epochs {
                let epoch = LeaderEpoch(header.partition_leader_epoch);
                if epochs.latest().is_none_or(|latest| epoch > latest) {
                    epochs.assign(epoch, Offset(header.base_offset));
                }
            }
            let completed = producers.on_appended(&header, marker.as_ref());
            if let Some(txn) = completed.filter(|txn| txn.aborted) {
                let file = segment.txn_index_file();
                segment.txn_index.append(file, &AbortedTxn::from(txn))?;
            }
        };
        let truncated = bad.is_some();
        if let Some(reason) = bad {
            self.cut(segment, builder.position, end, &reason)?;
        }
        segment.finish_indexes()?;
        Ok(Scan {
            end,
            truncated,
            bytes_since_index: builder.bytes_since_index,
        })
    }

    fn cut(
        &self,
        segment: &Segment,
        position: u64,
        end: i64,
        reason: &str,
    ) -> Result<(), StorageError> {
        let lost = segment.size() - position;
        let file = segment.log_file().path();
        if end < self.open.recovery_point.0 {
            tracing::error!(file = %file.display(), end, bytes = lost, reason,
                "records that were flushed are damaged; the log is cut off before them");
        } else {
            tracing::warn!(file = %file.display(), end, bytes = lost, reason,
                "cutting off the torn end of a log");
        }
        segment.truncate_at(position)
    }

    /// Removes the segments after the one that was cut.
    fn remove_after(&mut self, index: usize) -> Result<(), StorageError> {
        let removed = self.segments.split_off(index + 1);
        for segment in removed.iter().rev() {
            tracing::warn!(file = %segment.log_file().path().display(),
                "removing a segment behind a damaged one");
            self.remove(segment)?;
        }
        Ok(())
    }

    fn remove(&mut self, segment: &Segment) -> Result<(), StorageError> {
        self.snapshots.forget(segment.base_offset);
        for name in segment.mark_deleted()? {
            self.files.remove_if_exists(&name)?;
        }
        Ok(())
    }

    /// The whole log is before its start: nothing of it can be read any more.
    fn start_over(&mut self) -> Result<Recovered, StorageError> {
        let start = self.open.log_start.0;
        self.repaired = true;
        tracing::warn!(dir = %self.files.dir.display(), start,
            "the log ends before its start, so it begins anew there");
        for segment in std::mem::take(&mut self.segments).iter().rev() {
            self.remove(segment)?;
        }
        self.snapshots.remove_from(self.files, 0)?;
        let segment = Segment::create(self.files.clone(), start, None)?;
        self.sync(&segment)?;
        self.segments = vec![Arc::new(segment)];
        self.epochs = Some(LeaderEpochCache::default());
        self.files.sync_dir()?;
        Ok((start, ProducerState::empty_at(start), 0))
    }

    fn sync(&self, segment: &Segment) -> Result<(), StorageError> {
        for file in segment.open_all()? {
            file.sync_data()
                .map_err(|error| segment.log_file().error(error))?;
        }
        Ok(())
    }

    /// If the checkpoint gave no epochs: finds those of the segments before
    /// `before`, or of all.
    fn ensure_epochs(&mut self, before: Option<usize>) -> Result<(), StorageError> {
        if self.epochs.is_some() {
            return Ok(());
        }
        let mut epochs = LeaderEpochCache::default();
        let count = before.unwrap_or(self.segments.len());
        for segment in self.segments.iter().take(count) {
            let mut walk = segment.headers(0)?;
            while let Some((_, header)) = segment.walked(walk.next_header())? {
                let epoch = LeaderEpoch(header.partition_leader_epoch);
                epochs.assign(epoch, Offset(header.base_offset));
            }
        }
        self.epochs = Some(epochs);
        Ok(())
    }

    /// The log start as far as it is known.
    fn first_offset(&self) -> i64 {
        let first = self.segments.first().map_or(0, |s| s.base_offset);
        first.max(self.open.log_start.0)
    }
}

struct Scan {
    end: i64,
    truncated: bool,
    bytes_since_index: u64,
}

/// Builds the indexes of a segment as appending would have.
struct IndexBuilder {
    interval: u64,
    bytes_since_index: u64,
    /// The end of the last batch.
    position: u64,
}

impl IndexBuilder {
    fn new(config: &LogConfig) -> Self {
        Self {
            interval: u64::from(config.index_interval_bytes),
            bytes_since_index: 0,
            position: 0,
        }
    }

    fn add(
        &mut self,
        segment: &Segment,
        header: &BatchHeader,
        position: u64,
    ) -> Result<(), StorageError> {
        segment.note_timestamp(header);
        if self.bytes_since_index > self.interval {
            segment.index(header, position)?;
            self.bytes_since_index = 0;
        }
        let size = header.size_in_bytes() as u64;
        self.bytes_since_index += size;
        self.position = position + size;
        Ok(())
    }
}

fn check(
    segment: &Segment,
    header: &BatchHeader,
    bytes: &Bytes,
    end: i64,
    limit: Option<i64>,
) -> Result<(), String> {
    if header.base_offset < end {
        return Err(format!("offset {} comes after {end}", header.base_offset));
    }
    let beyond = limit.is_some_and(|limit| header.last_offset() >= limit);
    if beyond || !segment.can_hold(header.last_offset()) {
        return Err(format!(
            "offset {} does not belong into the segment",
            header.last_offset()
        ));
    }
    verify_crc(bytes).map_err(|error| error.to_string())
}
