//! One partition's log, as its owner sees it.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use highwater_types::{LeaderEpoch, Offset, TimestampMs, TopicId};

use crate::append::{AppendInfo, AppendOrigin};
use crate::config::LogConfig;
use crate::disk::Disk;
use crate::error::{AppendError, StorageError};
use crate::flush::{FlushOutcome, FlushTask};
use crate::log_reader::LogReader;

/// What is known about a log's folder before it is opened.
#[derive(Clone, Debug)]
pub struct OpenInfo {
    /// The log was closed in order, so that nothing needs to be recovered.
    pub clean_shutdown: bool,
    /// Below it, everything was flushed.
    pub recovery_point: Offset,
    /// The log start as last checkpointed; the first segment's base offset if that is larger.
    pub log_start: Offset,
    /// Written to `partition.metadata` of a new log and compared with that of an
    /// old one; `None` writes and compares nothing.
    pub topic_id: Option<TopicId>,
    pub now: TimestampMs,
}

/// One partition's log on one broker. It has one owner, the partition's worker;
/// everybody else reads through its [`LogReader`].
///
/// After a failed write or sync a log is poisoned: it refuses appends until it
/// is opened again.
pub struct Log {
    _private: (),
}

impl Log {
    /// Opens a log, creating its folder if needed, and recovers it if it was not
    /// closed in order.
    ///
    /// # Errors
    /// When files can not be read or written, or the folder is another topic's.
    pub fn open(
        _disk: Arc<dyn Disk>,
        _dir: PathBuf,
        _config: LogConfig,
        _open: OpenInfo,
    ) -> Result<Self, StorageError> {
        Err(StorageError::Poisoned("not built yet".into()))
    }

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
        _origin: AppendOrigin,
        _batches: Bytes,
        _leader_epoch: LeaderEpoch,
        _now: TimestampMs,
    ) -> Result<AppendInfo, AppendError> {
        Err(StorageError::Poisoned("not built yet".into()).into())
    }

    /// Appends batches that already have their offsets and epochs.
    ///
    /// # Errors
    /// When they do not continue the log, are corrupt, or can not be written.
    pub fn append_as_follower(&mut self, _batches: Bytes) -> Result<AppendInfo, AppendError> {
        Err(StorageError::Poisoned("not built yet".into()).into())
    }

    /// The view for everybody else; cheap to clone and to call.
    #[must_use]
    pub fn reader(&self) -> Arc<LogReader> {
        unreachable!("a log can not be opened yet")
    }

    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        Offset::ZERO
    }

    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        Offset::ZERO
    }

    #[must_use]
    pub fn flushed_end_offset(&self) -> Offset {
        Offset::ZERO
    }

    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        Offset::ZERO
    }

    #[must_use]
    pub fn last_stable_offset(&self) -> Offset {
        Offset::ZERO
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        0
    }

    /// Whether the log should be flushed now: without write caching whenever
    /// something is not flushed, else by `flush.messages` and `flush.ms`.
    #[must_use]
    pub fn needs_flush(&self, _now: TimestampMs) -> bool {
        false
    }

    /// The syncs that make everything appended so far durable; `None` if there is
    /// nothing to do or an earlier task is still out.
    pub fn prepare_flush(&mut self) -> Option<FlushTask> {
        None
    }

    /// Takes a task's outcome and answers the new flushed end. A failure poisons the log.
    ///
    /// # Errors
    /// When the syncs failed.
    pub fn on_flushed(&mut self, _outcome: FlushOutcome) -> Result<Offset, StorageError> {
        Ok(Offset::ZERO)
    }

    /// Flushes everything here and now.
    ///
    /// # Errors
    /// When the syncs failed.
    pub fn flush(&mut self) -> Result<Offset, StorageError> {
        Ok(Offset::ZERO)
    }

    /// Moves the high watermark, kept between log start and log end.
    pub fn update_high_watermark(&mut self, _high_watermark: Offset) {}

    /// Removes everything from `offset` on.
    ///
    /// # Errors
    /// When files can not be changed.
    pub fn truncate_to(&mut self, _offset: Offset) -> Result<(), StorageError> {
        Ok(())
    }

    /// Removes everything; the next record gets `offset`.
    ///
    /// # Errors
    /// When files can not be changed.
    pub fn truncate_fully_and_start_at(&mut self, _offset: Offset) -> Result<(), StorageError> {
        Ok(())
    }

    /// Moves the log start up, as DeleteRecords asks; files go with the next retention. KIP-107.
    ///
    /// # Errors
    /// `OffsetOutOfRange` above the high watermark.
    pub fn advance_log_start(&mut self, _to: Offset) -> Result<(), StorageError> {
        Ok(())
    }

    /// Deletes segments by age, size and log start; answers how many.
    ///
    /// # Errors
    /// When files can not be renamed.
    pub fn apply_retention(&mut self, _now: TimestampMs) -> Result<usize, StorageError> {
        Ok(0)
    }

    /// Closes the active segment if `segment.ms` says so.
    ///
    /// # Errors
    /// When files can not be created.
    pub fn maybe_roll(&mut self, _now: TimestampMs) -> Result<(), StorageError> {
        Ok(())
    }

    /// Removes files that were deleted `file.delete.delay.ms` ago.
    ///
    /// # Errors
    /// When a file can not be removed.
    pub fn purge_deleted_files(&mut self, _now: TimestampMs) -> Result<(), StorageError> {
        Ok(())
    }

    pub fn update_config(&mut self, _config: LogConfig) {}

    #[must_use]
    pub fn config(&self) -> &LogConfig {
        unreachable!("a log can not be opened yet")
    }

    /// See [`LogReader::end_offset_for_epoch`].
    #[must_use]
    pub fn end_offset_for_epoch(&self, _epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        (LeaderEpoch::UNKNOWN, Offset::NONE)
    }

    /// The largest epoch in the log.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        None
    }

    /// Forgets producers that are idle for longer than `producer.id.expiration.ms`.
    pub fn expire_producers(&mut self, _now: TimestampMs) {}

    #[must_use]
    pub fn topic_id(&self) -> Option<TopicId> {
        None
    }

    /// Why the log refuses writes, if it does.
    #[must_use]
    pub fn poisoned(&self) -> Option<&str> {
        None
    }

    /// Lets go of open files and memory that an idle log does not need.
    pub fn close_idle_files(&mut self) {}

    /// Flushes, writes what makes the next opening quick, and closes.
    ///
    /// # Errors
    /// When that can not be written; the log is then recovered when opened.
    pub fn close(self) -> Result<(), StorageError> {
        Ok(())
    }
}
