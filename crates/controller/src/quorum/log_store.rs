//! The quorum's log, on the segments that partitions use.

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;
use std::sync::Arc;

use highwater_platform::{Clock, Offload};
use highwater_storage::{
    AppendError, CleanupPolicy, Disk, FlushTask, Log, LogConfig, LogReader, OpenInfo, ReadError,
    StorageError,
};
use highwater_types::Offset;
use openraft::OptionalSend;
use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use parking_lot::Mutex;

use super::entry_codec;
use super::files::offloaded;
use super::flusher::{Completed, FlushQueue};
use super::quorum_state::QuorumState;
use super::types::{Entry, LogId, TypeConfig, Vote, index_of, offset_of};

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;

/// Where and on what the quorum's log is kept.
#[derive(Clone)]
pub(crate) struct LogStoreConfig {
    /// The folder of the metadata log.
    pub dir: PathBuf,
    pub disk: Arc<dyn Disk>,
    pub offload: Arc<dyn Offload>,
    pub clock: Arc<dyn Clock>,
    /// `metadata.log.segment.bytes`
    pub segment_bytes: u32,
}

/// The quorum's log, vote and purge point. Clones share it.
///
/// Appends are written at once and are readable when they return; syncs run on the
/// offload threads, one at a time. Votes, truncation and purging wait until everything
/// that was appended before is on stable storage, so that writes take effect in order.
#[derive(Clone)]
pub(crate) struct LogStore {
    shared: Arc<Shared>,
}

struct Shared {
    config: LogStoreConfig,
    reader: Arc<LogReader>,
    state: Mutex<State>,
}

struct State {
    /// `None` once closed.
    log: Option<Log>,
    quorum: QuorumState,
    last: Option<LogId>,
    flushes: FlushQueue,
}

impl LogStore {
    /// Opens or creates the log. A torn tail is cut off: nothing of it was acknowledged.
    pub(crate) fn open(config: LogStoreConfig) -> io::Result<Self> {
        config.disk.create_dir_all(&config.dir)?;
        if let Some(parent) = config.dir.parent() {
            config.disk.sync_dir(parent)?;
        }
        let quorum = QuorumState::load(&*config.disk, &config.dir)?;
        let start = quorum
            .purged
            .map_or(Offset::ZERO, |at| offset_of(at.index + 1));
        let mut log = Log::open(
            config.disk.clone(),
            config.dir.clone(),
            log_config(config.segment_bytes),
            OpenInfo {
                clean_shutdown: false,
                recovery_point: start,
                log_start: start,
                topic_id: None,
                now: config.clock.now(),
            },
        )
        .map_err(storage_error)?;
        if log.log_end_offset() < start {
            // The node went down between noting a purge and doing it.
            log.truncate_fully_and_start_at(start)
                .map_err(storage_error)?;
        }
        let end = log.log_end_offset();
        let last = match log.latest_epoch() {
            Some(epoch) if end > log.log_start_offset() => {
                Some(super::types::log_id(epoch.get(), end.get() - 1)?)
            }
            _ => quorum.purged,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                reader: log.reader(),
                state: Mutex::new(State {
                    log: Some(log),
                    quorum,
                    last,
                    flushes: FlushQueue::default(),
                }),
                config,
            }),
        })
    }

    /// The last entry that was purged.
    pub(crate) fn purged(&self) -> Option<LogId> {
        self.shared.state.lock().quorum.purged
    }

    /// Flushes and closes the log. Called once Raft has stopped.
    pub(crate) async fn close(&self) -> io::Result<()> {
        self.flushed().await;
        let Some(log) = self.shared.state.lock().log.take() else {
            return Ok(());
        };
        offloaded(&self.shared.config.offload, move || {
            log.close().map_err(storage_error)
        })
        .await
    }

    /// Waits until everything appended so far is on stable storage, or can not be.
    async fn flushed(&self) {
        let idle = self.shared.state.lock().flushes.when_idle();
        if let Some(idle) = idle {
            // An error means that the state is gone, and with it what was waited for.
            let _ = idle.await;
        }
    }

    /// Saves vote and purge point, and remembers them once they are saved.
    async fn save(&self, quorum: QuorumState) -> io::Result<()> {
        let config = self.shared.config.clone();
        let saved = quorum.clone();
        offloaded(&self.shared.config.offload, move || {
            saved.save(&*config.disk, &config.dir)
        })
        .await?;
        self.shared.state.lock().quorum = quorum;
        Ok(())
    }

    fn read(&self, from: u64, end: u64, until_bytes: usize) -> io::Result<Vec<Entry>> {
        let offsets = self.shared.reader.offsets();
        let mut next = from.max(index_of(offsets.log_start));
        let end = end.min(index_of(offsets.log_end));
        let mut entries = Vec::new();
        let mut bytes = 0;
        while next < end && bytes < until_bytes {
            let read = self
                .shared
                .reader
                .read(offset_of(next), READ_BYTES, offsets.log_end, true)
                .map_err(read_error)?;
            if read.is_empty() {
                break;
            }
            bytes += read.size_bytes;
            let after = index_of(read.next_offset);
            entry_codec::decode(read.into_bytes(), next, end, &mut entries)?;
            next = after;
        }
        Ok(entries)
    }
}

impl Shared {
    /// Hands a sync to the offload threads, and calls back who need not wait for it. No
    /// lock is held: a callback or a job may come back here at once.
    fn go_on(self: &Arc<Self>, task: Option<FlushTask>, completed: Completed) {
        completed.announce();
        if let Some(task) = task {
            let shared = self.clone();
            let job = move || shared.run_flush(task);
            self.config.offload.run(Box::new(job));
        }
    }

    fn run_flush(self: &Arc<Self>, task: FlushTask) {
        let outcome = task.run();
        let mut completed = Completed::default();
        let next = {
            let mut state = self.state.lock();
            let state = &mut *state;
            let Some(log) = &mut state.log else { return };
            state.flushes.on_flushed(log, outcome, &mut completed);
            state.flushes.next_task(log, &mut completed)
        };
        self.go_on(next, completed);
    }
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> Result<Vec<Entry>, io::Error>
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (start, end) = plain_range(&range);
        self.read(start, end, usize::MAX)
    }

    async fn limited_get_log_entries(
        &mut self,
        start: u64,
        end: u64,
    ) -> Result<Vec<Entry>, io::Error> {
        self.read(start, end, READ_BYTES)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.shared.state.lock().quorum.vote)
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, io::Error> {
        let state = self.shared.state.lock();
        Ok(LogState {
            last_purged_log_id: state.quorum.purged,
            last_log_id: state.last,
        })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        self.flushed().await;
        let mut quorum = {
            let state = self.shared.state.lock();
            state.flushes.check()?;
            state.quorum.clone()
        };
        quorum.vote = Some(*vote);
        self.save(quorum).await
    }

    async fn append<I>(
        &mut self,
        entries: I,
        callback: IOFlushed<TypeConfig>,
    ) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            callback.io_completed(Ok(()));
            return Ok(());
        };
        let mut completed = Completed::default();
        let task = {
            let mut state = self.shared.state.lock();
            let state = &mut *state;
            state.flushes.check()?;
            let leader = state.quorum.vote.map(|vote| vote.leader_id.voted_for);
            let batches = entry_codec::encode(&entries, leader, self.shared.config.clock.now())?;
            let log = state.log.as_mut().ok_or_else(closed)?;
            let first = offset_of(first.log_id.index);
            if log.log_start_offset() == log.log_end_offset() && log.log_end_offset() < first {
                // An empty log begins where its first entry says.
                log.truncate_fully_and_start_at(first)
                    .map_err(storage_error)?;
            }
            log.append_as_follower(batches).map_err(append_error)?;
            state.last = Some(last.log_id);
            state.flushes.push(log.log_end_offset(), callback);
            state.flushes.next_task(log, &mut completed)
        };
        self.shared.go_on(task, completed);
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> Result<(), io::Error> {
        self.flushed().await;
        let mut state = self.shared.state.lock();
        let state = &mut *state;
        state.flushes.check()?;
        let log = state.log.as_mut().ok_or_else(closed)?;
        let end = last_log_id.map_or(log.log_start_offset(), |last| offset_of(last.index + 1));
        if end >= log.log_end_offset() {
            return Ok(());
        }
        log.truncate_to(end).map_err(storage_error)?;
        state.last = last_log_id.or(state.quorum.purged);
        Ok(())
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), io::Error> {
        self.flushed().await;
        let mut quorum = {
            let state = self.shared.state.lock();
            state.flushes.check()?;
            state.quorum.clone()
        };
        quorum.purged = Some(log_id);
        self.save(quorum).await?;
        let mut state = self.shared.state.lock();
        let state = &mut *state;
        let log = state.log.as_mut().ok_or_else(closed)?;
        let start = offset_of(log_id.index + 1);
        if start > log.log_end_offset() {
            log.truncate_fully_and_start_at(start)
                .map_err(storage_error)?;
        } else {
            log.update_high_watermark(start);
            log.advance_log_start(start).map_err(storage_error)?;
            let now = self.shared.config.clock.now();
            log.apply_retention(now).map_err(storage_error)?;
            log.purge_deleted_files(now).map_err(storage_error)?;
        }
        if state.last < Some(log_id) {
            state.last = Some(log_id);
        }
        Ok(())
    }
}

/// The metadata log is never cut by time or size, only by purging.
fn log_config(segment_bytes: u32) -> LogConfig {
    LogConfig {
        segment_bytes,
        retention_ms: -1,
        retention_bytes: -1,
        max_message_bytes: 64 << 20,
        cleanup_policy: CleanupPolicy::DELETE,
        file_delete_delay_ms: 0,
        ..LogConfig::default()
    }
}

fn plain_range(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last + 1,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

fn closed() -> io::Error {
    io::Error::other("the metadata log is closed")
}

pub(crate) fn storage_error(error: StorageError) -> io::Error {
    match error {
        StorageError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}

fn append_error(error: AppendError) -> io::Error {
    match error {
        AppendError::Storage(error) => storage_error(error),
        other => io::Error::other(other),
    }
}

fn read_error(error: ReadError) -> io::Error {
    match error {
        ReadError::Storage(error) => storage_error(error),
        other @ ReadError::OffsetOutOfRange { .. } => io::Error::other(other),
    }
}
