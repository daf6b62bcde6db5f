//! The quorum's log on a Kafka log: `__cluster_metadata-0`.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;
use std::sync::Arc;

use highwater_platform::Platform;
use highwater_storage::{Disk, Log, LogConfig, LogReader, OpenInfo, StorageError};
use highwater_types::{NodeId, Offset};
use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use parking_lot::Mutex;

use super::entry_codec;
use super::state_file::StateFile;
use super::types::{Entry, LogId, TypeConfig, Vote};

/// Bytes that one read of the log takes at most, a single larger batch excepted.
const READ_BYTES_MAX: usize = 1 << 20;

/// The quorum's log and vote. Clones share them; openraft takes one to write and
/// some to read.
///
/// An append is readable when it returns; openraft hears that it is durable from
/// the flush that follows, which runs away from its task so that a slow disk does
/// not cost the leadership.
#[derive(Clone)]
pub(crate) struct QuorumLog {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    reader: Arc<LogReader>,
    platform: Platform,
    node_id: NodeId,
}

struct Inner {
    log: Log,
    state: StateFile,
    /// Who waits for a flush, with the end of what they appended, in order.
    waiting: VecDeque<(Offset, IOFlushed<TypeConfig>)>,
}

impl QuorumLog {
    /// Opens or creates the log in `dir` and brings it into order after a crash.
    ///
    /// # Errors
    /// When files can not be read or written, or the vote is damaged.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        node_id: NodeId,
        platform: Platform,
    ) -> io::Result<Self> {
        disk.create_dir_all(&dir)?;
        if let Some(parent) = dir.parent() {
            disk.sync_dir(parent)?;
        }
        let state = StateFile::open(disk.clone(), dir.clone())?;
        let start = state.purged().map_or(Offset::ZERO, after);
        let open = OpenInfo {
            // The log is short, because snapshots replace it: checking all of it at
            // each start costs little and finds damage early.
            clean_shutdown: false,
            recovery_point: start,
            log_start: start,
            topic_id: None,
            now: platform.clock.now(),
        };
        let mut log = Log::open(disk, dir, log_config(), open).map_err(other)?;
        if log.log_end_offset() < start {
            // A crash between noting the purge and starting the log anew.
            log.truncate_fully_and_start_at(start).map_err(other)?;
        }
        Ok(Self {
            shared: Arc::new(Shared {
                reader: log.reader(),
                inner: Mutex::new(Inner {
                    log,
                    state,
                    waiting: VecDeque::new(),
                }),
                platform,
                node_id,
            }),
        })
    }

    /// Flushes what is not flushed yet.
    ///
    /// # Errors
    /// When the sync fails.
    pub(crate) fn close(&self) -> io::Result<()> {
        let flushed = self.shared.inner.lock().log.flush();
        flushed.map(drop).map_err(other)
    }
}

/// Metadata is never removed by age or size, only once a snapshot holds it.
fn log_config() -> LogConfig {
    LogConfig {
        retention_ms: -1,
        retention_bytes: -1,
        file_delete_delay_ms: 0,
        max_message_bytes: u32::MAX,
        ..LogConfig::default()
    }
}

fn other(error: StorageError) -> io::Error {
    io::Error::other(error)
}

fn offset(log_id: LogId) -> Offset {
    Offset(log_id.index().cast_signed())
}

fn after(log_id: LogId) -> Offset {
    offset(log_id).plus(1)
}

impl Shared {
    /// Starts a flush unless one is under way, which then starts the next.
    fn start_flush(self: &Arc<Self>, inner: &mut Inner) {
        let Some(task) = inner.log.prepare_flush() else {
            return;
        };
        let shared = self.clone();
        self.platform.offload.run(Box::new(move || {
            let outcome = task.run();
            let inner = &mut *shared.inner.lock();
            let flushed = inner.log.on_flushed(outcome);
            inner.answer(flushed);
            shared.start_flush(inner);
        }));
    }

    fn read(&self, from: Offset, upper: Offset) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut next = from;
        while next < upper {
            let result = self
                .reader
                .read(next, READ_BYTES_MAX, upper, true)
                .map_err(|error| io::Error::other(error.to_string()))?;
            let batch = entry_codec::decode(result.into_bytes())?;
            let before = next;
            for entry in batch {
                let at = offset(entry.log_id());
                if at >= next && at < upper {
                    next = at.plus(1);
                    entries.push(entry);
                }
            }
            if next == before {
                break;
            }
        }
        Ok(entries)
    }
}

impl Inner {
    /// Tells everyone whose entries are flushed, or everyone of a failure.
    fn answer(&mut self, flushed: Result<Offset, StorageError>) {
        match flushed {
            Ok(flushed) => {
                while let Some((end, _)) = self.waiting.front()
                    && *end <= flushed
                    && let Some((_, callback)) = self.waiting.pop_front()
                {
                    callback.io_completed(Ok(()));
                }
            }
            Err(error) => {
                for (_, callback) in self.waiting.drain(..) {
                    callback.io_completed(Err(io::Error::other(error.to_string())));
                }
            }
        }
    }
}

impl RaftLogReader<TypeConfig> for QuorumLog {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> io::Result<Vec<Entry>> {
        let offsets = self.shared.reader.offsets();
        let from = match range.start_bound() {
            Bound::Included(&index) => Offset(index.cast_signed()),
            Bound::Excluded(&index) => Offset(index.cast_signed()).plus(1),
            Bound::Unbounded => offsets.log_start,
        };
        let upper = match range.end_bound() {
            Bound::Included(&index) => Offset(index.cast_signed()).plus(1),
            Bound::Excluded(&index) => Offset(index.cast_signed()),
            Bound::Unbounded => offsets.log_end,
        };
        self.shared
            .read(from.max(offsets.log_start), upper.min(offsets.log_end))
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.shared.inner.lock().state.vote())
    }
}

impl RaftLogStorage<TypeConfig> for QuorumLog {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<TypeConfig>> {
        let purged = self.shared.inner.lock().state.purged();
        let offsets = self.shared.reader.offsets();
        let last = if offsets.log_end > offsets.log_start {
            let last = Offset(offsets.log_end.get() - 1);
            let entries = self.shared.read(last, offsets.log_end)?;
            entries.last().map(RaftEntry::log_id)
        } else {
            None
        };
        Ok(LogState {
            last_purged_log_id: purged,
            last_log_id: last.or(purged),
        })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        self.shared.inner.lock().state.save_vote(vote)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<TypeConfig>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let now = self.shared.platform.clock.now();
        let batches = entry_codec::encode(entries, self.shared.node_id, now)?;
        let inner = &mut *self.shared.inner.lock();
        if batches.is_empty() {
            callback.io_completed(Ok(()));
            return Ok(());
        }
        if let Err(error) = inner.log.append_as_follower(batches) {
            let error = io::Error::other(error.to_string());
            callback.io_completed(Err(io::Error::other(error.to_string())));
            return Err(error);
        }
        inner
            .waiting
            .push_back((inner.log.log_end_offset(), callback));
        self.shared.start_flush(inner);
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let inner = &mut *self.shared.inner.lock();
        let end = last.map_or(Offset::ZERO, after);
        inner.log.truncate_to(end).map_err(other)
    }

    async fn purge(&mut self, log_id: LogId) -> io::Result<()> {
        let inner = &mut *self.shared.inner.lock();
        // First the note: if the entries went first, a crash in between would leave
        // a log that begins after a hole.
        inner.state.save_purged(log_id)?;
        let start = after(log_id);
        if inner.log.log_end_offset() < start {
            return inner.log.truncate_fully_and_start_at(start).map_err(other);
        }
        inner.log.update_high_watermark(start);
        inner.log.advance_log_start(start).map_err(other)?;
        let now = self.shared.platform.clock.now();
        inner.log.apply_retention(now).map_err(other)?;
        inner.log.purge_deleted_files(now).map_err(other)
    }
}
