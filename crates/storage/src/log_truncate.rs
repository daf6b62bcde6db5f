//! Cutting a log off at its end, or emptying it.

use std::sync::Arc;

use highwater_types::Offset;

use crate::error::StorageError;
use crate::log::{ActiveSegment, Log};
use crate::log_loader;
use crate::log_reader::LogOffsets;
use crate::producer_state::ProducerState;
use crate::segment::Segment;

impl Log {
    /// Removes everything from `offset` on; nothing happens at or above the log
    /// end. A batch that holds `offset` goes as a whole. What is left is durable
    /// as before, and what was removed does not come back after a crash.
    ///
    /// # Errors
    /// When files can not be changed.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<(), StorageError> {
        self.ensure_writable()?;
        if offset >= self.log_end_offset() {
            return Ok(());
        }
        let first_base = self.segments.first().map_or(0, |s| s.base_offset);
        if offset.0 < first_base {
            return self.truncate_fully_and_start_at(offset);
        }
        let result = self.cut(offset);
        self.guard(result)
    }

    fn cut(&mut self, offset: Offset) -> Result<(), StorageError> {
        let kept = self
            .segments
            .partition_point(|segment| segment.base_offset <= offset.0);
        let mut segments = self.segments.to_vec();
        let removed = segments.split_off(kept.max(1));
        self.set_segments(segments);
        // A batch goes as a whole, so the log may end before the offset.
        let found = self.active_segment().find(offset.0)?;
        let end = found.map_or(offset, |found| offset.min(Offset(found.header.base_offset)));
        let base = Offset(self.active_segment().base_offset);
        let end = end.max(base).max(self.log_start_offset().min(offset));
        self.publish_end(end);
        for segment in removed.iter().rev() {
            self.snapshots.forget(segment.base_offset);
            self.mark_deleted(segment)?;
        }
        let segment = self.active_segment().clone();
        segment.truncate_to(end.0)?;
        self.snapshots
            .remove_from(&self.files, end.0.saturating_add(1))?;
        // Otherwise old batches could stand behind new ones after a crash.
        let synced = segment.open_log()?.sync_data();
        synced.map_err(|error| segment.log_file().error(error))?;
        self.files.sync_dir()?;
        self.active = ActiveSegment {
            bytes_since_index: 0,
            first_timestamp: None,
            created_ms: self.active.created_ms,
        };
        self.reload_producers(end)
    }

    /// Removes everything; the next record gets `offset`.
    ///
    /// # Errors
    /// When files can not be changed.
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) -> Result<(), StorageError> {
        self.ensure_writable()?;
        let result = self.restart_at(offset);
        self.guard(result)
    }

    fn restart_at(&mut self, offset: Offset) -> Result<(), StorageError> {
        let removed = self.segments.clone();
        // Until there is a new segment, readers see an empty log without any.
        self.publish_restart(offset, Arc::default());
        self.reader.tail.clear();
        self.flush.on_truncated(offset);
        for segment in removed.iter().rev() {
            self.mark_deleted(segment)?;
        }
        self.snapshots.remove_from(&self.files, 0)?;
        let new = Arc::new(Segment::create(self.files.clone(), offset.0, None)?);
        self.set_segments(vec![new]);
        self.publish_restart(offset, self.segments.clone());
        self.files.sync_dir()?;
        self.reader.epochs.write().clear();
        self.flush.on_epochs_changed();
        self.flush.on_rolled();
        self.producers = ProducerState::empty_at(offset.0);
        self.active = ActiveSegment {
            created_ms: self.last_now.0,
            ..ActiveSegment::default()
        };
        Ok(())
    }

    /// Tells readers that the log is empty and begins at `offset`.
    fn publish_restart(&self, offset: Offset, segments: Arc<Vec<Arc<Segment>>>) {
        self.reader.publish(|published| {
            published.generation += 1;
            published.segments = segments;
            published.offsets = LogOffsets {
                log_start: offset,
                last_stable: offset,
                high_watermark: offset,
                flushed_end: offset,
                log_end: offset,
            };
        });
    }

    /// Tells readers that the log ends at `end`, before its files are cut.
    fn publish_end(&mut self, end: Offset) {
        let segments = self.segments.clone();
        self.flush.on_truncated(end);
        if self.reader.epochs.write().truncate_from_end(end) {
            self.flush.on_epochs_changed();
        }
        self.reader.publish(|published| {
            published.generation += 1;
            published.segments = segments;
            let offsets = &mut published.offsets;
            offsets.log_end = end;
            offsets.flushed_end = offsets.flushed_end.min(end);
            offsets.log_start = offsets.log_start.min(end);
            offsets.high_watermark = offsets.high_watermark.min(end);
            offsets.last_stable = offsets.last_stable.min(end);
        });
        self.reader.tail.clear();
    }

    /// Builds the producers' state anew from the last snapshot before `end`.
    fn reload_producers(&mut self, end: Offset) -> Result<(), StorageError> {
        let log_start = self.log_start_offset();
        let mut producers = self.snapshots.load(&self.files, log_start.0, end.0)?;
        log_loader::replay(&self.segments, &mut producers, end.0)?;
        self.producers = producers;
        self.update_last_stable();
        Ok(())
    }

    /// Renames a segment's files; they are removed later.
    pub(crate) fn mark_deleted(&mut self, segment: &Segment) -> Result<(), StorageError> {
        let names = segment.mark_deleted()?;
        self.deleted.push((self.last_now, names));
        Ok(())
    }
}
