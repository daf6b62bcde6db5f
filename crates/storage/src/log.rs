//! One partition's log, as its owner sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use highwater_types::{LeaderEpoch, Offset, TimestampMs, TopicId};

use crate::config::LogConfig;
use crate::disk::Disk;
use crate::error::StorageError;
use crate::log_files::LogFiles;
use crate::log_flush::FlushState;
use crate::log_loader;
use crate::log_reader::{LogReader, Owner, Published};
use crate::open_files::OpenFiles;
use crate::producer_state::{ProducerState, SnapshotFiles};
use crate::segment::Segment;
use crate::tail::{Tail, TailBudget};

/// Files that a log keeps open if it shares no pool with others.
const OWN_FILES_MAX: usize = 16;
/// Bytes of tail that a log keeps if it shares no budget with others.
const OWN_TAIL_BYTES_MAX: usize = 1 << 20;

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

/// What the logs of a broker share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) pool: Arc<OpenFiles>,
    pub(crate) tails: Arc<TailBudget>,
}

/// One partition's log on one broker. It has one owner, the partition's worker;
/// everybody else reads through its [`LogReader`].
///
/// After a failed write or sync a log is poisoned: it refuses appends until it
/// is opened again.
pub struct Log {
    pub(crate) files: Arc<LogFiles>,
    pub(crate) config: LogConfig,
    pub(crate) topic_id: Option<TopicId>,
    pub(crate) reader: Arc<LogReader>,
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    pub(crate) active: ActiveSegment,
    pub(crate) producers: ProducerState,
    pub(crate) snapshots: SnapshotFiles,
    pub(crate) flush: FlushState,
    pub(crate) poisoned: Option<String>,
    /// Names of files that wait to be removed, and since when.
    pub(crate) deleted: Vec<(TimestampMs, Vec<String>)>,
    /// The latest time that the owner told, for what is told no time.
    pub(crate) last_now: TimestampMs,
}

/// What only the growing segment has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ActiveSegment {
    pub(crate) bytes_since_index: u64,
    /// The largest timestamp of the first append: `segment.ms` counts from it.
    pub(crate) first_timestamp: Option<i64>,
    /// When this process first saw the segment.
    pub(crate) created_ms: i64,
}

impl Log {
    /// Opens a log, creating its folder if needed, and recovers it if it was not
    /// closed in order.
    ///
    /// # Errors
    /// When files can not be read or written, or the folder is another topic's.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        config: LogConfig,
        open: OpenInfo,
    ) -> Result<Self, StorageError> {
        let shared = Shared {
            pool: OpenFiles::new(OWN_FILES_MAX),
            tails: TailBudget::new(OWN_TAIL_BYTES_MAX, OWN_TAIL_BYTES_MAX),
        };
        Self::open_shared(disk, dir, config, &open, &shared)
    }

    pub(crate) fn open_shared(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        config: LogConfig,
        open: &OpenInfo,
        shared: &Shared,
    ) -> Result<Self, StorageError> {
        let files = Arc::new(LogFiles {
            disk,
            pool: shared.pool.clone(),
            dir,
        });
        let loaded = log_loader::load(&files, &config, open)?;
        let flush = FlushState::new(&files, &loaded, open.now);
        let segments = Arc::new(loaded.segments);
        let reader = LogReader::new(
            files.clone(),
            Tail::new(shared.tails.clone()),
            loaded.epochs,
            Published {
                offsets: loaded.offsets,
                segments: segments.clone(),
                generation: 0,
                owner: Owner::Present,
            },
        );
        let mut log = Self {
            files,
            config,
            topic_id: loaded.topic_id,
            reader,
            segments,
            active: loaded.active,
            producers: loaded.producers,
            snapshots: loaded.snapshots,
            flush,
            poisoned: None,
            deleted: Vec::new(),
            last_now: open.now,
        };
        log.update_last_stable();
        Ok(log)
    }

    /// The view for everybody else; cheap to clone and to call.
    #[must_use]
    pub fn reader(&self) -> Arc<LogReader> {
        self.reader.clone()
    }

    /// The log's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.files.dir
    }

    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.reader.offsets().log_start
    }

    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.reader.offsets().log_end
    }

    #[must_use]
    pub fn flushed_end_offset(&self) -> Offset {
        self.reader.offsets().flushed_end
    }

    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.reader.offsets().high_watermark
    }

    #[must_use]
    pub fn last_stable_offset(&self) -> Offset {
        self.reader.offsets().last_stable
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size()).sum()
    }

    #[must_use]
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    pub fn update_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    #[must_use]
    pub fn topic_id(&self) -> Option<TopicId> {
        self.topic_id
    }

    /// Why the log refuses writes, if it does.
    #[must_use]
    pub fn poisoned(&self) -> Option<&str> {
        self.poisoned.as_deref()
    }

    /// See [`LogReader::end_offset_for_epoch`].
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        self.reader.end_offset_for_epoch(epoch)
    }

    /// The largest epoch in the log.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.reader.latest_epoch()
    }

    /// Moves the high watermark, kept between log start and log end.
    pub fn update_high_watermark(&mut self, high_watermark: Offset) {
        let offsets = self.reader.offsets();
        let high_watermark = high_watermark.clamp(offsets.log_start, offsets.log_end);
        if high_watermark == offsets.high_watermark {
            return;
        }
        self.producers.on_high_watermark(high_watermark.0);
        let first_unstable = self.producers.first_unstable_offset();
        self.reader.publish(|published| {
            published.offsets.high_watermark = high_watermark;
            published.offsets.set_last_stable(first_unstable);
        });
    }

    /// Tells readers the last stable offset that the producers' state gives.
    pub(crate) fn update_last_stable(&mut self) {
        let first_unstable = self.producers.first_unstable_offset();
        self.reader
            .publish(|published| published.offsets.set_last_stable(first_unstable));
    }

    /// Forgets producers that are idle for longer than `producer.id.expiration.ms`.
    pub fn expire_producers(&mut self, now: TimestampMs) {
        self.producers
            .expire(now.0, self.config.producer_id_expiration_ms);
    }

    /// Lets go of open files and memory that an idle log does not need.
    pub fn close_idle_files(&mut self) {
        for segment in self.segments.iter() {
            segment.close_files();
        }
        self.reader.tail.clear();
    }

    /// Flushes, writes what makes the next opening quick, and closes.
    ///
    /// # Errors
    /// When that can not be written; the log is then recovered when opened.
    pub fn close(mut self) -> Result<(), StorageError> {
        self.ensure_writable()?;
        // Thousands of logs that nobody wrote to must not take seconds to close.
        if self.flush.has_changed() {
            let result = self.finish();
            self.guard(result)?;
        }
        self.flush()?;
        self.close_idle_files();
        self.reader
            .publish(|published| published.owner = Owner::Closed);
        Ok(())
    }

    /// Tells readers that the folder goes away.
    pub(crate) fn mark_deleted_to_readers(&mut self) {
        self.reader.publish(|published| {
            published.owner = Owner::Deleted;
            published.generation += 1;
        });
        self.close_idle_files();
    }

    /// Brings indexes and producers to disk, unsynced.
    fn finish(&mut self) -> Result<(), StorageError> {
        let active = self.active_segment().clone();
        active.finish_indexes()?;
        self.flush.add_files(active.open_all()?);
        if let Some(file) = self.snapshots.take(&self.files, &self.producers)? {
            self.flush.add_new_file(file);
        }
        self.flush.force_epochs();
        Ok(())
    }

    pub(crate) fn active_segment(&self) -> &Arc<Segment> {
        // There is always one: see `Published::segments`.
        &self.segments[self.segments.len() - 1]
    }

    /// Makes a new list of segments the one that everybody sees.
    pub(crate) fn set_segments(&mut self, segments: Vec<Arc<Segment>>) {
        assert!(!segments.is_empty(), "a log has at least one segment");
        self.segments = Arc::new(segments);
    }

    pub(crate) fn ensure_writable(&self) -> Result<(), StorageError> {
        match &self.poisoned {
            Some(reason) => Err(StorageError::Poisoned(reason.clone())),
            None => Ok(()),
        }
    }

    /// Poisons the log if a change failed: what is on disk is unknown then.
    pub(crate) fn guard<T>(&mut self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        if let Err(error) = &result
            && self.poisoned.is_none()
        {
            self.poisoned = Some(error.to_string());
        }
        result
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.reader.publish(|published| {
            if published.owner == Owner::Present {
                published.owner = Owner::Gone;
            }
        });
    }
}
