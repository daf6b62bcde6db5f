//! Old records go: by age, by size, and because somebody asked for it.

use highwater_types::{Offset, TimestampMs};

use crate::error::StorageError;
use crate::log::Log;
use crate::segment::Segment;

impl Log {
    /// Moves the log start up, as DeleteRecords asks; files go with the next
    /// retention. Nothing happens at or below the present log start. KIP-107.
    ///
    /// # Errors
    /// `OffsetOutOfRange` above the high watermark.
    pub fn advance_log_start(&mut self, to: Offset) -> Result<(), StorageError> {
        let offsets = self.reader.offsets();
        if to > offsets.high_watermark {
            return Err(StorageError::OffsetOutOfRange {
                offset: to,
                start: offsets.log_start,
                end: offsets.high_watermark,
            });
        }
        if to > offsets.log_start {
            self.set_log_start(to);
        }
        Ok(())
    }

    fn set_log_start(&mut self, to: Offset) {
        if self.reader.epochs.write().truncate_from_start(to) {
            self.flush.on_epochs_changed();
        }
        let first_unstable = self.producers.first_unstable_offset();
        self.reader.publish(|published| {
            let offsets = &mut published.offsets;
            offsets.log_start = to;
            offsets.high_watermark = offsets.high_watermark.max(to);
            offsets.set_last_stable(first_unstable);
        });
    }

    /// Deletes segments by age, size and log start; answers how many. A segment
    /// goes only if all of it is below the high watermark.
    ///
    /// # Errors
    /// When files can not be renamed.
    pub fn apply_retention(&mut self, now: TimestampMs) -> Result<usize, StorageError> {
        self.ensure_writable()?;
        self.last_now = self.last_now.max(now);
        let count = self.count_deletable(now)?;
        let result = self.delete_first(count);
        self.guard(result)
    }

    /// How many segments at the front can go.
    fn count_deletable(&self, now: TimestampMs) -> Result<usize, StorageError> {
        let offsets = self.reader.offsets();
        let policy = self.config.cleanup_policy;
        let mut excess = match self.config.retention_bytes {
            limit if limit >= 0 && policy.delete => self.size_bytes().cast_signed() - limit,
            _ => -1,
        };
        let mut count = 0;
        for (index, segment) in self.segments.iter().enumerate() {
            let next = self.segments.get(index + 1);
            let end = next.map_or(offsets.log_end.0, |next| next.base_offset);
            let size = segment.size();
            // An empty active segment has nothing to delete.
            if end > offsets.high_watermark.0 || (next.is_none() && size == 0) {
                break;
            }
            excess -= size.cast_signed();
            let by_start = next.is_some() && end <= offsets.log_start.0;
            let by_age = policy.delete && self.is_expired(segment, now)?;
            if !by_start && !by_age && excess < 0 {
                break;
            }
            count = index + 1;
        }
        Ok(count)
    }

    fn is_expired(&self, segment: &Segment, now: TimestampMs) -> Result<bool, StorageError> {
        if self.config.retention_ms < 0 {
            return Ok(false);
        }
        let max = segment.max_timestamp()?.timestamp;
        // Without timestamps there is no age, as far as the file system tells us.
        Ok(max >= 0 && now.0.saturating_sub(max) > self.config.retention_ms)
    }

    fn delete_first(&mut self, count: usize) -> Result<usize, StorageError> {
        if count == 0 {
            return Ok(0);
        }
        if count == self.segments.len() {
            self.roll(self.log_end_offset().0)?;
        }
        let mut removed = self.segments.to_vec();
        let kept = removed.split_off(count);
        let start = kept.first().map_or(0, |segment| segment.base_offset);
        self.set_segments(kept);
        let segments = self.segments.clone();
        self.reader.publish(|published| {
            published.generation += 1;
            published.segments = segments;
        });
        if Offset(start) > self.log_start_offset() {
            self.set_log_start(Offset(start));
        }
        for segment in &removed {
            self.snapshots.forget(segment.base_offset);
            self.mark_deleted(segment)?;
        }
        self.snapshots.remove_before(&self.files, start)?;
        Ok(count)
    }

    /// Removes files that were deleted `file.delete.delay.ms` ago.
    ///
    /// # Errors
    /// When a file can not be removed.
    pub fn purge_deleted_files(&mut self, now: TimestampMs) -> Result<(), StorageError> {
        self.last_now = self.last_now.max(now);
        let delay = self.config.file_delete_delay_ms;
        let due = |since: TimestampMs| now.0.saturating_sub(since.0) >= delay;
        for (_, names) in self.deleted.extract_if(.., |(since, _)| due(*since)) {
            for name in names {
                self.files.remove_if_exists(&name)?;
            }
        }
        Ok(())
    }
}
