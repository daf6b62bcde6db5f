//! All logs of one broker.

use std::path::PathBuf;
use std::sync::Arc;

use highwater_types::{
    BrokerEpoch, ClusterId, DirectoryId, NodeId, TimestampMs, TopicId, TopicPartition, Uuid,
};

use crate::config::LogConfig;
use crate::disk::Disk;
use crate::error::StorageError;
use crate::log::Log;
use crate::log_reader::LogReader;

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
    _private: (),
}

impl LogManager {
    /// Locks the directories, formats empty ones, and looks which logs are there.
    /// A directory that can not be used is offline; it is an error if all are.
    ///
    /// # Errors
    /// `Locked` and `WrongDirectory`, or when no directory can be used.
    pub fn open(_disk: Arc<dyn Disk>, _config: LogManagerConfig) -> Result<Self, StorageError> {
        Ok(Self { _private: () })
    }

    #[must_use]
    pub fn directories(&self) -> Vec<LogDirStatus> {
        Vec::new()
    }

    /// The logs found on disk that are not open.
    #[must_use]
    pub fn found_logs(&self) -> Vec<FoundLog> {
        Vec::new()
    }

    /// Opens a log that is there, recovering it if needed, or creates it in the
    /// directory with the fewest logs.
    ///
    /// # Errors
    /// `InconsistentTopicId` if another topic's log is there, `AlreadyExists` if
    /// it is open, or when files can not be read or written.
    pub fn open_or_create(
        &self,
        _partition: &TopicPartition,
        _topic_id: TopicId,
        _config: LogConfig,
        _now: TimestampMs,
    ) -> Result<Log, StorageError> {
        Err(StorageError::Poisoned("not built yet".into()))
    }

    /// Closes a log and renames its folder so that it is never found again; the
    /// files go with [`LogManager::purge_deleted`]. `unique` must be random.
    ///
    /// # Errors
    /// When the folder can not be renamed.
    pub fn delete(&self, _log: Log, _unique: Uuid, _now: TimestampMs) -> Result<(), StorageError> {
        Ok(())
    }

    /// Renames the folder of a log that is not open, such as one whose topic was
    /// deleted while the broker was down.
    ///
    /// # Errors
    /// When the folder can not be renamed.
    pub fn delete_found(
        &self,
        _log: &FoundLog,
        _unique: Uuid,
        _now: TimestampMs,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    /// Removes the files of logs that were deleted at least `file.delete.delay.ms` ago.
    ///
    /// # Errors
    /// When files can not be removed.
    pub fn purge_deleted(&self, _now: TimestampMs) -> Result<(), StorageError> {
        Ok(())
    }

    /// Where an open log is; `None` if it is not open.
    #[must_use]
    pub fn directory_of(&self, _partition: &TopicPartition) -> Option<DirectoryId> {
        None
    }

    /// All open logs, sorted by partition, for DescribeLogDirs.
    #[must_use]
    pub fn open_logs(&self) -> Vec<(TopicPartition, DirectoryId, Arc<LogReader>)> {
        Vec::new()
    }

    /// Writes the recovery point, log start and high watermark checkpoints.
    ///
    /// # Errors
    /// When a file can not be written; its directory is then offline.
    pub fn checkpoint(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Writes the checkpoints and, if every log was closed in order, the marker
    /// of a clean stop. Unlocks the directories.
    ///
    /// # Errors
    /// When a file can not be written.
    pub fn shutdown(self, _broker_epoch: Option<BrokerEpoch>) -> Result<(), StorageError> {
        Ok(())
    }
}
