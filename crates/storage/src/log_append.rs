//! Appending to a log.

use std::sync::Arc;

use bytes::Bytes;
use highwater_types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

use crate::append::{AppendInfo, AppendOrigin};
use crate::config::MessageTimestampType;
use crate::error::{AppendError, StorageError};
use crate::log::{ActiveSegment, Log};
use crate::log_reader::AbortedTxn;
use crate::log_validator::{CheckedBatch, LogValidator, check_replicated};
use crate::producer_state::{BatchMetadata, CompletedTxn};
use crate::segment::Segment;

impl Log {
    /// Appends a producer's batches: checks them, gives them offsets, the leader
    /// epoch and, where the topic asks for it, timestamps.
    ///
    /// # Errors
    /// The reason for refusing them; see [`AppendError`].
    pub fn append_as_leader(
        &mut self,
        batches: Bytes,
        leader_epoch: LeaderEpoch,
        now: TimestampMs,
    ) -> Result<AppendInfo, AppendError> {
        self.append_from(AppendOrigin::Client, batches, leader_epoch, now)
    }

    /// As [`Log::append_as_leader`], for batches that this broker made itself.
    ///
    /// # Errors
    /// The reason for refusing them; see [`AppendError`].
    pub fn append_from(
        &mut self,
        origin: AppendOrigin,
        batches: Bytes,
        leader_epoch: LeaderEpoch,
        now: TimestampMs,
    ) -> Result<AppendInfo, AppendError> {
        self.ensure_writable()?;
        self.last_now = self.last_now.max(now);
        let config = self.config.clone();
        let validator = LogValidator {
            config: &config,
            origin,
            now,
        };
        let (bytes, mut checked) = validator.check(batches)?;
        for batch in &checked {
            let repeated = self
                .producers
                .check(&batch.header, batch.marker.as_ref(), origin)?;
            if let Some(original) = repeated {
                return Ok(self.duplicate(&original));
            }
        }
        let limit = config.segment_bytes as usize;
        if bytes.len() > limit {
            let size = bytes.len();
            return Err(AppendError::RecordBatchTooLarge { size, limit });
        }
        let next_offset = self.log_end_offset().0;
        let bytes = validator.assign(bytes, &mut checked, next_offset, leader_epoch)?;
        let mut info = self.append_checked(&bytes, &checked)?;
        if config.message_timestamp_type == MessageTimestampType::LogAppendTime {
            info.log_append_time = now;
        }
        Ok(info)
    }

    /// Appends batches that already have their offsets and epochs.
    ///
    /// # Errors
    /// When they do not continue the log, are corrupt, or can not be written.
    pub fn append_as_follower(&mut self, batches: Bytes) -> Result<AppendInfo, AppendError> {
        self.ensure_writable()?;
        let checked = check_replicated(&batches)?;
        let mut expected = self.log_end_offset().0;
        for batch in &checked {
            // Compaction on the leader leaves gaps, but offsets never go back.
            if batch.header.base_offset < expected {
                return Err(AppendError::OffsetGap {
                    expected: Offset(expected),
                    found: Offset(batch.header.base_offset),
                });
            }
            expected = batch.header.next_offset();
        }
        self.append_checked(&batches, &checked)
    }

    fn duplicate(&self, original: &BatchMetadata) -> AppendInfo {
        let log_append_time = match self.config.message_timestamp_type {
            MessageTimestampType::CreateTime => TimestampMs::NONE,
            MessageTimestampType::LogAppendTime => TimestampMs(original.timestamp),
        };
        AppendInfo {
            first_offset: Offset(original.first_offset()),
            last_offset: Offset(original.last_offset),
            log_append_time,
            log_start_offset: self.log_start_offset(),
            duplicate: true,
            records: 0,
            bytes: 0,
        }
    }

    /// Writes batches that passed all checks.
    fn append_checked(
        &mut self,
        bytes: &Bytes,
        checked: &[CheckedBatch],
    ) -> Result<AppendInfo, AppendError> {
        let log_start_offset = self.log_start_offset();
        let (Some(first), Some(last)) = (checked.first(), checked.last()) else {
            let log_end = self.log_end_offset();
            return Ok(AppendInfo {
                first_offset: log_end,
                last_offset: log_end.plus(-1),
                log_append_time: TimestampMs::NONE,
                log_start_offset,
                duplicate: false,
                records: 0,
                bytes: 0,
            });
        };
        let (first, last) = (first.header, last.header);
        let result = self.write(bytes, checked);
        self.guard(result)?;
        let records = checked.iter().map(|b| i64::from(b.header.records_count));
        Ok(AppendInfo {
            first_offset: Offset(first.base_offset),
            last_offset: Offset(last.last_offset()),
            log_append_time: TimestampMs::NONE,
            log_start_offset,
            duplicate: false,
            records: u64::try_from(records.sum::<i64>()).unwrap_or(0),
            bytes: bytes.len(),
        })
    }

    fn write(&mut self, bytes: &Bytes, checked: &[CheckedBatch]) -> Result<(), StorageError> {
        let (Some(first), Some(last)) = (checked.first(), checked.last()) else {
            return Ok(());
        };
        let (base_offset, next_offset) = (first.header.base_offset, last.header.next_offset());
        let max_timestamp = checked.iter().map(|b| b.header.max_timestamp).max();
        let max_timestamp = max_timestamp.unwrap_or(TimestampMs::NONE.0);
        self.roll_if_full(bytes.len(), base_offset, next_offset - 1, max_timestamp)?;
        let segment = self.active_segment().clone();
        let mut position = segment.size();
        if position == 0 {
            self.active.first_timestamp = Some(max_timestamp);
        }
        let file = segment.write(bytes)?;
        self.flush.add_active(file);
        for batch in checked {
            self.note(&segment, batch, position)?;
            position += batch.header.size_in_bytes() as u64;
        }
        self.reader
            .tail
            .push(base_offset, next_offset, bytes.clone());
        let first_unstable = self.producers.first_unstable_offset();
        self.reader.publish(|published| {
            published.offsets.log_end = Offset(next_offset);
            published.offsets.set_last_stable(first_unstable);
        });
        Ok(())
    }

    /// Brings indexes, epochs and producers up to date with a batch that was written.
    fn note(
        &mut self,
        segment: &Arc<Segment>,
        batch: &CheckedBatch,
        position: u64,
    ) -> Result<(), StorageError> {
        let header = &batch.header;
        segment.note_timestamp(header);
        let interval = u64::from(self.config.index_interval_bytes);
        if self.active.bytes_since_index > interval {
            segment.index(header, position)?;
            self.active.bytes_since_index = 0;
        }
        self.active.bytes_since_index += header.size_in_bytes() as u64;
        let epoch = LeaderEpoch(header.partition_leader_epoch);
        let start = Offset(header.base_offset);
        // Looking first keeps readers of the epochs undisturbed.
        if self.reader.latest_epoch() != Some(epoch)
            && self.reader.epochs.write().assign(epoch, start)
        {
            self.flush.on_epochs_changed();
        }
        if let Some(txn) = self.producers.on_appended(header, batch.marker.as_ref())
            && txn.aborted
        {
            let aborted = AbortedTxn::from(txn);
            segment
                .txn_index
                .append(segment.txn_index_file(), &aborted)?;
        }
        Ok(())
    }

    fn roll_if_full(
        &mut self,
        bytes: usize,
        first_offset: i64,
        last_offset: i64,
        max_timestamp: i64,
    ) -> Result<(), StorageError> {
        let segment = self.active_segment();
        let size = segment.size();
        if size == 0 && segment.can_hold(last_offset) {
            return Ok(());
        }
        let full = size + bytes as u64 > u64::from(self.config.segment_bytes);
        let index_limit = u64::from(self.config.segment_index_bytes);
        // The time index keeps room for the entry that is written on closing.
        let index_full = segment.offset_index.size_bytes() + 8 > index_limit
            || segment.time_index.size_bytes() + 24 > index_limit;
        if full
            || index_full
            || !segment.can_hold(last_offset)
            || self.is_old(max_timestamp, self.last_now.0)?
        {
            // Segments join without a hole, so that recovery can tell a lost one.
            // A gap of offsets that is too wide for an index is the exception.
            let log_end = self.log_end_offset().0;
            let near = last_offset - log_end <= i64::from(i32::MAX);
            self.roll(if near { log_end } else { first_offset })?;
        }
        Ok(())
    }

    /// Whether `segment.ms` has passed between the segment's first append and one
    /// with this timestamp; without timestamps the clock decides.
    fn is_old(&mut self, max_timestamp: i64, now: i64) -> Result<bool, StorageError> {
        let waited = match self.first_timestamp()? {
            Some(first) if first >= 0 => max_timestamp.saturating_sub(first),
            _ => now.saturating_sub(self.active.created_ms),
        };
        Ok(waited > self.config.segment_ms.saturating_sub(self.jitter_ms()))
    }

    fn first_timestamp(&mut self) -> Result<Option<i64>, StorageError> {
        if self.active.first_timestamp.is_none() {
            let segment = self.active_segment();
            let mut walk = segment.headers(0)?;
            let first = segment.walked(walk.next_header())?;
            self.active.first_timestamp = first.map(|(_, header)| header.max_timestamp);
        }
        Ok(self.active.first_timestamp)
    }

    /// Spreads the rolling of many logs over time. Kafka draws it at random; here
    /// it follows from the segment's name.
    fn jitter_ms(&self) -> i64 {
        let limit = self.config.segment_jitter_ms.min(self.config.segment_ms);
        if limit <= 0 {
            return 0;
        }
        let path = self.active_segment().log_file().path();
        let hash = crc32c::crc32c(path.as_os_str().as_encoded_bytes());
        i64::from(hash) % limit
    }

    /// Closes the active segment if `segment.ms` has passed since it was begun.
    ///
    /// # Errors
    /// When files can not be created.
    pub fn maybe_roll(&mut self, now: TimestampMs) -> Result<(), StorageError> {
        self.ensure_writable()?;
        self.last_now = self.last_now.max(now);
        let waited = now.0.saturating_sub(self.active.created_ms);
        let old = waited > self.config.segment_ms.saturating_sub(self.jitter_ms());
        if old && self.active_segment().size() > 0 {
            let result = self.roll(self.log_end_offset().0);
            return self.guard(result);
        }
        Ok(())
    }

    /// Closes the active segment and begins one at `base_offset`, which is the
    /// log end or, on a follower, the offset after a wide gap.
    pub(crate) fn roll(&mut self, base_offset: i64) -> Result<(), StorageError> {
        let old = self.active_segment().clone();
        if old.size() == 0 && old.base_offset == base_offset {
            return Ok(());
        }
        old.finish_indexes()?;
        self.flush.add_files(old.open_all()?);
        if self.config.preallocate {
            // Gives back what was reserved behind the end.
            old.truncate_at(old.size())?;
        }
        self.producers.set_end_offset(base_offset);
        if let Some(file) = self.snapshots.take(&self.files, &self.producers)? {
            self.flush.add_new_file(file);
        }
        let preallocate = self.config.preallocate;
        let preallocate = preallocate.then_some(u64::from(self.config.segment_bytes));
        let new = Segment::create(self.files.clone(), base_offset, preallocate)?;
        self.flush.on_rolled();
        self.active = ActiveSegment {
            created_ms: self.last_now.0,
            ..ActiveSegment::default()
        };
        let mut segments = self.segments.to_vec();
        segments.push(Arc::new(new));
        self.set_segments(segments);
        let segments = self.segments.clone();
        self.reader
            .publish(|published| published.segments = segments);
        Ok(())
    }
}

impl From<CompletedTxn> for AbortedTxn {
    fn from(txn: CompletedTxn) -> Self {
        Self {
            producer_id: ProducerId(txn.producer_id),
            first_offset: Offset(txn.first_offset),
            last_offset: Offset(txn.last_offset),
            last_stable_offset: Offset(txn.last_stable_offset),
        }
    }
}
