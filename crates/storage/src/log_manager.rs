//! All logs of one broker.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use highwater_types::{
    BrokerEpoch, ClusterId, DirectoryId, NodeId, Offset, TimestampMs, TopicId, TopicPartition, Uuid,
};
use parking_lot::Mutex;

use crate::config::LogConfig;
use crate::disk::{Disk, DiskSpace};
use crate::error::StorageError;
use crate::log::{Log, OpenInfo, Shared};
use crate::log_dir::LogDir;
use crate::log_reader::{LogReader, Owner};
use crate::log_registry::{Entry, LogState, State};
use crate::names;
use crate::open_files::OpenFiles;
use crate::tail::TailBudget;

/// What a [`LogManager`] is told at the start.
#[derive(Clone, Debug)]
pub struct LogManagerConfig {
    /// `log.dirs`, absolute.
    pub dirs: Vec<PathBuf>,
    pub cluster_id: ClusterId,
    pub node_id: NodeId,
    /// Ids for directories that are not formatted yet, one for each of `dirs`.
    pub new_directory_ids: Vec<DirectoryId>,
    /// Files kept open over all logs.
    pub open_files_max: usize,
    /// Memory for recently appended batches, over all logs.
    pub tail_bytes_max: usize,
    /// The same for one log.
    pub tail_bytes_max_per_log: usize,
}

impl LogManagerConfig {
    /// Defaults for everything that is not an identity.
    #[must_use]
    pub fn new(dirs: Vec<PathBuf>, cluster_id: ClusterId, node_id: NodeId) -> Self {
        Self {
            dirs,
            cluster_id,
            node_id,
            new_directory_ids: Vec::new(),
            open_files_max: 4096,
            tail_bytes_max: 64 << 20,
            tail_bytes_max_per_log: 1 << 20,
        }
    }
}

/// One log directory and how it does.
#[derive(Clone, Debug)]
pub struct LogDirStatus {
    pub path: PathBuf,
    pub id: DirectoryId,
    /// Why it is offline; `None` while it works.
    pub offline: Option<String>,
}

/// A log's folder that was found on disk.
#[derive(Clone, Debug)]
pub struct FoundLog {
    pub partition: TopicPartition,
    /// From `partition.metadata`; `None` if there is no such file.
    pub topic_id: Option<TopicId>,
    /// The log directory that holds it.
    pub dir: PathBuf,
}

/// Owns a broker's log directories: their locks, identities and checkpoints. It
/// finds, creates and deletes logs and hands them to their owners; it never
/// appends. All functions may be called from any thread.
pub struct LogManager {
    disk: Arc<dyn Disk>,
    shared: Shared,
    state: Mutex<State>,
}

impl LogManager {
    /// Locks the directories, formats empty ones, and looks which logs are there.
    /// A directory that fails is offline; it is an error if all are.
    ///
    /// # Errors
    /// `Locked` and `WrongDirectory`, or when no directory can be used.
    pub fn open(disk: Arc<dyn Disk>, config: LogManagerConfig) -> Result<Self, StorageError> {
        let mut state = State {
            dirs: Vec::new(),
            logs: BTreeMap::new(),
            deleted: Vec::new(),
        };
        let mut failure = None;
        for (index, path) in config.dirs.iter().enumerate() {
            let new_id = config.new_directory_ids.get(index).copied();
            match LogDir::open(&*disk, path, &config, new_id) {
                Ok((dir, contents)) => {
                    let deleted = contents.deleted.into_iter();
                    state
                        .deleted
                        .extend(deleted.map(|path| (TimestampMs(i64::MIN), path)));
                    state.add_found(&*disk, index, path, contents.logs);
                    state.dirs.push(dir);
                }
                Err(error @ StorageError::Io { .. }) => {
                    tracing::error!(dir = %path.display(), %error, "a log directory is offline");
                    state.dirs.push(LogDir::offline(path, error.to_string()));
                    failure = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = failure
            && state.dirs.iter().all(|dir| dir.offline.is_some())
        {
            return Err(error);
        }
        Ok(Self {
            disk,
            shared: Shared {
                pool: OpenFiles::new(config.open_files_max),
                tails: TailBudget::new(config.tail_bytes_max, config.tail_bytes_max_per_log),
            },
            state: Mutex::new(state),
        })
    }

    #[must_use]
    pub fn directories(&self) -> Vec<LogDirStatus> {
        let status = |dir: &LogDir| LogDirStatus {
            path: dir.path.clone(),
            id: dir.id,
            offline: dir.offline.clone(),
        };
        self.state.lock().dirs.iter().map(status).collect()
    }

    /// How full the volume of a log directory is; `None` if unknown.
    #[must_use]
    pub fn space(&self, dir: &Path) -> Option<DiskSpace> {
        self.disk.space(dir).ok().flatten()
    }

    /// The broker epoch before the last clean stop, if all directories agree that
    /// it was clean. KIP-966.
    #[must_use]
    pub fn previous_broker_epoch(&self) -> Option<BrokerEpoch> {
        let state = self.state.lock();
        let mut epochs = state.dirs.iter().map(|dir| dir.previous_broker_epoch);
        let first = epochs.next()??;
        epochs.all(|epoch| epoch == Some(first)).then_some(first)
    }

    /// The logs found on disk that are not open.
    #[must_use]
    pub fn found_logs(&self) -> Vec<FoundLog> {
        let state = self.state.lock();
        let found = state.logs.iter().filter(|(_, entry)| entry.is_free());
        found
            .filter_map(|(partition, entry)| {
                Some(FoundLog {
                    partition: partition.clone(),
                    topic_id: entry.topic_id,
                    dir: state.dirs.get(entry.dir)?.path.clone(),
                })
            })
            .collect()
    }

    /// Opens a log that is there, recovering it if needed, or creates it in the
    /// directory with the fewest logs.
    ///
    /// # Errors
    /// `InconsistentTopicId` if another topic's log is there, `AlreadyExists` if
    /// it is open, or when files can not be read or written.
    pub fn open_or_create(
        &self,
        partition: &TopicPartition,
        topic_id: TopicId,
        config: LogConfig,
        now: TimestampMs,
    ) -> Result<Log, StorageError> {
        let (path, info, high_watermark) = self.begin_opening(partition, topic_id, now)?;
        // Recovery may take long, so nobody else has to wait for it.
        let opened = Log::open_shared(self.disk.clone(), path, config, &info, &self.shared);
        let mut state = self.state.lock();
        match opened {
            Ok(mut log) => {
                log.update_high_watermark(high_watermark);
                if let Some(entry) = state.logs.get_mut(partition) {
                    entry.topic_id = log.topic_id();
                    entry.state = LogState::Opened(log.reader());
                }
                Ok(log)
            }
            Err(error) => {
                if let Some(entry) = state.logs.get_mut(partition) {
                    entry.state = LogState::Found;
                }
                Err(error)
            }
        }
    }

    /// Reserves the partition and says how to open it.
    fn begin_opening(
        &self,
        partition: &TopicPartition,
        topic_id: TopicId,
        now: TimestampMs,
    ) -> Result<(PathBuf, OpenInfo, Offset), StorageError> {
        let mut state = self.state.lock();
        let known = state.logs.get(partition).map(|entry| entry.dir);
        let index = match known {
            Some(index) => index,
            None => state.least_used_dir()?,
        };
        let Some(dir) = state.dirs.get_mut(index) else {
            return Err(StorageError::NotFound(partition.dir_name().into()));
        };
        dir.ensure_online()?;
        let path = dir.path.join(partition.dir_name());
        if known.is_none() && dir.forget(partition) {
            // A new log must not be taken for as far flushed as an old one.
            dir.write_checkpoints(&*self.disk)?;
        }
        let offset = |offsets: &BTreeMap<_, i64>| Offset(*offsets.get(partition).unwrap_or(&0));
        let mut info = OpenInfo {
            clean_shutdown: dir.clean,
            recovery_point: offset(&dir.recovery_points),
            log_start: offset(&dir.log_starts),
            topic_id: Some(topic_id),
            now,
        };
        let mut high_watermark = offset(&dir.high_watermarks);
        let entry = state.logs.entry(partition.clone()).or_insert(Entry {
            dir: index,
            topic_id: None,
            state: LogState::Found,
        });
        if !entry.is_free() {
            return Err(StorageError::AlreadyExists(path));
        }
        if let LogState::Opened(reader) = &entry.state {
            let last = reader.snapshot();
            info.clean_shutdown = last.owner == Owner::Closed;
            info.recovery_point = last.offsets.flushed_end;
            info.log_start = last.offsets.log_start;
            high_watermark = last.offsets.high_watermark;
        }
        entry.state = LogState::Opening;
        Ok((path, info, high_watermark))
    }

    /// Closes a log and renames its folder so that it is never found again; the
    /// files go with [`LogManager::purge_deleted`]. `unique` must be random.
    ///
    /// # Errors
    /// When the folder can not be renamed.
    pub fn delete(&self, mut log: Log, unique: Uuid, now: TimestampMs) -> Result<(), StorageError> {
        let path = log.dir().to_owned();
        let delay = log.config().file_delete_delay_ms;
        log.mark_deleted_to_readers();
        drop(log);
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(partition) = name.and_then(TopicPartition::parse_dir_name) else {
            return Err(StorageError::NotFound(path));
        };
        let due = TimestampMs(now.0.saturating_add(delay));
        self.remove(&partition, &path, unique, due)
    }

    /// Renames the folder of a log that no topic claims, so that it is not found
    /// again. Its files are kept, as Kafka keeps them: that its topic is unknown may
    /// be a mistake in what the node was started with. `unique` must be random.
    ///
    /// # Errors
    /// `AlreadyExists` if it was opened meanwhile, or when the folder can not be renamed.
    pub fn set_aside(&self, log: &FoundLog, unique: Uuid) -> Result<PathBuf, StorageError> {
        let path = log.dir.join(log.partition.dir_name());
        let free = self
            .state
            .lock()
            .logs
            .get(&log.partition)
            .map(Entry::is_free);
        match free {
            Some(true) => {
                let name = names::stray_dir_name(&log.partition, unique);
                self.rename_away(&mut self.state.lock(), &log.partition, &path, name)
            }
            Some(false) => Err(StorageError::AlreadyExists(path)),
            None => Err(StorageError::NotFound(path)),
        }
    }

    fn remove(
        &self,
        partition: &TopicPartition,
        path: &Path,
        unique: Uuid,
        due: TimestampMs,
    ) -> Result<(), StorageError> {
        let mut state = self.state.lock();
        let name = names::deleted_dir_name(partition, unique);
        let target = self.rename_away(&mut state, partition, path, name)?;
        state.deleted.push((due, target));
        Ok(())
    }

    /// Gives a log's folder a name under which it is not found, and forgets the log.
    fn rename_away(
        &self,
        state: &mut State,
        partition: &TopicPartition,
        path: &Path,
        name: String,
    ) -> Result<PathBuf, StorageError> {
        let parent = path.parent().unwrap_or(path);
        let target = parent.join(name);
        let rename = || {
            self.disk.rename(path, &target)?;
            self.disk.sync_dir(parent)
        };
        let renamed = rename().map_err(|error| StorageError::io(path, error));
        state.logs.remove(partition);
        if let Some(dir) = state.dirs.iter_mut().find(|dir| dir.path == parent) {
            dir.forget(partition);
        }
        renamed.map(|()| target)
    }

    /// Removes the files of logs that were deleted at least `file.delete.delay.ms` ago.
    ///
    /// # Errors
    /// When files can not be removed; they are tried again the next time.
    pub fn purge_deleted(&self, now: TimestampMs) -> Result<(), StorageError> {
        let due: Vec<_> = {
            let mut state = self.state.lock();
            state
                .deleted
                .extract_if(.., |(due, _)| *due <= now)
                .collect()
        };
        let mut result = Ok(());
        for (since, path) in due {
            match self.disk.remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    result = Err(StorageError::io(&path, error));
                    self.state.lock().deleted.push((since, path));
                }
                _ => {}
            }
        }
        result
    }

    /// Where an open log is; `None` if it is not open.
    #[must_use]
    pub fn directory_of(&self, partition: &TopicPartition) -> Option<DirectoryId> {
        let state = self.state.lock();
        let entry = state.logs.get(partition).filter(|entry| !entry.is_free())?;
        state.dirs.get(entry.dir).map(|dir| dir.id)
    }

    /// All open logs, sorted by partition, for DescribeLogDirs.
    #[must_use]
    pub fn open_logs(&self) -> Vec<(TopicPartition, DirectoryId, Arc<LogReader>)> {
        let state = self.state.lock();
        let open = state.logs.iter().filter(|(_, entry)| !entry.is_free());
        open.filter_map(|(partition, entry)| match &entry.state {
            LogState::Opened(reader) => {
                let id = state.dirs.get(entry.dir)?.id;
                Some((partition.clone(), id, reader.clone()))
            }
            LogState::Found | LogState::Opening => None,
        })
        .collect()
    }

    /// Takes a directory out of use, because something in it failed. Logs in it
    /// that are open stay with their owners, who must give them up.
    pub fn mark_offline(&self, dir: &Path, reason: &str) {
        let mut state = self.state.lock();
        if let Some(dir) = state.dirs.iter_mut().find(|d| d.path == dir) {
            tracing::error!(dir = %dir.path.display(), reason, "a log directory is offline");
            dir.offline.get_or_insert_with(|| reason.to_owned());
        }
    }

    /// Writes the recovery point, log start and high watermark checkpoints.
    ///
    /// # Errors
    /// When a file can not be written; its directory is then offline.
    pub fn checkpoint(&self) -> Result<(), StorageError> {
        let mut state = self.state.lock();
        state.collect_offsets();
        let mut result = Ok(());
        for dir in state.dirs.iter_mut().filter(|dir| dir.offline.is_none()) {
            if let Err(error) = dir.write_checkpoints(&*self.disk) {
                tracing::error!(dir = %dir.path.display(), %error, "a log directory is offline");
                dir.offline = Some(error.to_string());
                result = Err(error);
            }
        }
        result
    }

    /// Writes the checkpoints and, in directories where every log was closed in
    /// order, the marker of a clean stop. Unlocks the directories.
    ///
    /// # Errors
    /// When a file can not be written.
    pub fn shutdown(self, broker_epoch: Option<BrokerEpoch>) -> Result<(), StorageError> {
        self.checkpoint()?;
        let state = self.state.into_inner();
        for (index, dir) in state.dirs.iter().enumerate() {
            let mut logs = state.logs.values().filter(|entry| entry.dir == index);
            let clean = logs.all(|entry| match &entry.state {
                LogState::Found => dir.clean,
                LogState::Opening => false,
                LogState::Opened(reader) => reader.snapshot().owner == Owner::Closed,
            });
            if clean && dir.offline.is_none() {
                dir.write_clean_marker(&*self.disk, broker_epoch)?;
            }
        }
        Ok(())
    }
}
