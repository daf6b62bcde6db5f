//! One log directory: its lock, its identity, its checkpoints, its logs' folders.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use highwater_types::{BrokerEpoch, DirectoryId, TopicPartition};

use crate::checkpoint;
use crate::disk::{Disk, LockGuard};
use crate::error::StorageError;
use crate::log_manager::LogManagerConfig;
use crate::meta_properties::MetaProperties;
use crate::names;

const LOCK: &str = ".lock";
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";
const LOG_STARTS: &str = "log-start-offset-checkpoint";
const HIGH_WATERMARKS: &str = "replication-offset-checkpoint";
/// The quorum's own log, which is not a partition of this broker.
const METADATA_LOG: &str = "__cluster_metadata-0";

/// Offsets of many logs, in one file.
pub(crate) type OffsetCheckpoint = BTreeMap<TopicPartition, i64>;

/// A directory that this process has locked.
pub(crate) struct LogDir {
    pub(crate) path: PathBuf,
    pub(crate) id: DirectoryId,
    /// Why it can not be used any more.
    pub(crate) offline: Option<String>,
    /// The last stop was clean, so that logs not opened since need no recovery.
    pub(crate) clean: bool,
    /// From the marker of a clean stop.
    pub(crate) previous_broker_epoch: Option<BrokerEpoch>,
    pub(crate) recovery_points: OffsetCheckpoint,
    pub(crate) log_starts: OffsetCheckpoint,
    pub(crate) high_watermarks: OffsetCheckpoint,
    _lock: Option<LockGuard>,
}

/// What is in a directory besides its own files.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) logs: Vec<TopicPartition>,
    /// Folders of deleted logs.
    pub(crate) deleted: Vec<PathBuf>,
}

impl LogDir {
    /// Locks a directory, formats it if it is empty, and reads its checkpoints.
    /// The marker of a clean stop is used up.
    pub(crate) fn open(
        disk: &dyn Disk,
        path: &Path,
        config: &LogManagerConfig,
        new_id: Option<DirectoryId>,
    ) -> Result<(Self, Contents), StorageError> {
        let io = |error| StorageError::io(path, error);
        if !disk.exists(path).map_err(io)? {
            disk.create_dir_all(path).map_err(io)?;
            // Its name must outlive a crash, or everything in it is lost.
            disk.sync_dir(path.parent().unwrap_or(path)).map_err(io)?;
        }
        let lock = match disk.lock(&path.join(LOCK)) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(StorageError::Locked(path.to_owned()));
            }
            Err(error) => return Err(io(error)),
        };
        let contents = list(disk, path)?;
        let id = identify(disk, path, config, new_id, !contents.logs.is_empty())?;
        let (clean, previous_broker_epoch) = take_clean_marker(disk, path)?;
        let dir = Self {
            path: path.to_owned(),
            id,
            offline: None,
            clean,
            previous_broker_epoch,
            recovery_points: read_offsets(disk, &path.join(RECOVERY_POINTS))?,
            log_starts: read_offsets(disk, &path.join(LOG_STARTS))?,
            high_watermarks: read_offsets(disk, &path.join(HIGH_WATERMARKS))?,
            _lock: Some(lock),
        };
        Ok((dir, contents))
    }

    /// A directory that could not be opened.
    pub(crate) fn offline(path: &Path, reason: String) -> Self {
        Self {
            path: path.to_owned(),
            id: DirectoryId::default(),
            offline: Some(reason),
            clean: false,
            previous_broker_epoch: None,
            recovery_points: OffsetCheckpoint::new(),
            log_starts: OffsetCheckpoint::new(),
            high_watermarks: OffsetCheckpoint::new(),
            _lock: None,
        }
    }

    /// The error of a directory that is offline.
    pub(crate) fn ensure_online(&self) -> Result<(), StorageError> {
        match &self.offline {
            None => Ok(()),
            Some(reason) => Err(StorageError::Offline {
                path: self.path.clone(),
                reason: reason.clone(),
            }),
        }
    }

    pub(crate) fn write_checkpoints(&self, disk: &dyn Disk) -> Result<(), StorageError> {
        write_offsets(
            disk,
            &self.path.join(RECOVERY_POINTS),
            &self.recovery_points,
        )?;
        write_offsets(disk, &self.path.join(LOG_STARTS), &self.log_starts)?;
        write_offsets(
            disk,
            &self.path.join(HIGH_WATERMARKS),
            &self.high_watermarks,
        )
    }

    /// Forgets a log that is gone or that begins anew; answers whether it was known.
    pub(crate) fn forget(&mut self, partition: &TopicPartition) -> bool {
        let known = [
            self.recovery_points.remove(partition),
            self.log_starts.remove(partition),
            self.high_watermarks.remove(partition),
        ];
        known.iter().any(Option::is_some)
    }

    /// Writes the marker of a clean stop, in Kafka's JSON.
    pub(crate) fn write_clean_marker(
        &self,
        disk: &dyn Disk,
        broker_epoch: Option<BrokerEpoch>,
    ) -> Result<(), StorageError> {
        let epoch = broker_epoch.map_or(-1, BrokerEpoch::get);
        let text = format!("{{\"version\":0,\"brokerEpoch\":{epoch}}}");
        checkpoint::write_atomically(disk, &self.path.join(CLEAN_SHUTDOWN), text.as_bytes())
    }
}

fn list(disk: &dyn Disk, path: &Path) -> Result<Contents, StorageError> {
    let entries = disk.list(path);
    let entries = entries.map_err(|error| StorageError::io(path, error))?;
    let mut contents = Contents::default();
    for entry in entries.into_iter().filter(|entry| entry.is_dir) {
        if entry.name == METADATA_LOG {
            continue;
        }
        if names::is_deleted_dir_name(&entry.name) {
            contents.deleted.push(path.join(entry.name));
        } else if names::is_stray_dir_name(&entry.name) {
            tracing::info!(dir = %path.display(), name = entry.name,
                "a log that was set aside is still kept");
        } else if let Some(partition) = TopicPartition::parse_dir_name(&entry.name) {
            contents.logs.push(partition);
        } else {
            tracing::warn!(dir = %path.display(), name = entry.name,
                "ignoring a folder that is not a log");
        }
    }
    Ok(contents)
}

/// The directory's id, after making sure that it is this node's.
fn identify(
    disk: &dyn Disk,
    path: &Path,
    config: &LogManagerConfig,
    new_id: Option<DirectoryId>,
    has_logs: bool,
) -> Result<DirectoryId, StorageError> {
    let wrong = |reason: String| StorageError::WrongDirectory {
        path: path.to_owned(),
        reason,
    };
    let found = MetaProperties::read(disk, path)?;
    if let Some(found) = &found {
        if found.cluster_id != config.cluster_id {
            return Err(wrong(format!(
                "the directory belongs to cluster {}, not to {}",
                found.cluster_id, config.cluster_id
            )));
        }
        if found.node_id != config.node_id {
            return Err(wrong(format!(
                "the directory belongs to node {}, not to {}",
                found.node_id, config.node_id
            )));
        }
    } else if has_logs {
        return Err(wrong("it holds logs, but no meta.properties".into()));
    }
    if let Some(id) = found.and_then(|found| found.directory_id) {
        return Ok(id);
    }
    let id = new_id.ok_or_else(|| wrong("the directory is not formatted".into()))?;
    let meta = MetaProperties {
        cluster_id: config.cluster_id.clone(),
        node_id: config.node_id,
        directory_id: Some(id),
    };
    meta.write(disk, path)?;
    Ok(id)
}

/// Whether the last stop was clean. The marker goes, so that the next one counts.
fn take_clean_marker(
    disk: &dyn Disk,
    path: &Path,
) -> Result<(bool, Option<BrokerEpoch>), StorageError> {
    let marker = path.join(CLEAN_SHUTDOWN);
    let text = match checkpoint::read_text(disk, &marker) {
        Ok(None) => return Ok((false, None)),
        Ok(Some(text)) => text,
        Err(StorageError::Corrupt { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    let epoch = text
        .split_once("\"brokerEpoch\":")
        .map(|(_, rest)| rest.trim_start())
        .map(|rest| {
            let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit());
            end.map_or(rest, |end| rest.split_at(end).0)
        })
        .and_then(|digits| digits.parse().ok())
        .filter(|epoch| *epoch >= 0)
        .map(BrokerEpoch);
    let remove = || {
        disk.remove_file(&marker)?;
        disk.sync_dir(path)
    };
    remove().map_err(|error| StorageError::io(&marker, error))?;
    Ok((true, epoch))
}

fn read_offsets(disk: &dyn Disk, path: &Path) -> Result<OffsetCheckpoint, StorageError> {
    let text = match checkpoint::read_text(disk, path) {
        Ok(None) => return Ok(OffsetCheckpoint::new()),
        Ok(Some(text)) => text,
        Err(StorageError::Corrupt { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    let line = |line: &str| {
        let mut fields = line.split(' ');
        let topic = fields.next()?;
        let partition = fields.next()?.parse().ok()?;
        let offset = fields.next()?.parse().ok()?;
        Some((TopicPartition::new(topic, partition), offset))
    };
    match checkpoint::parse(&text, line) {
        Ok(entries) => Ok(entries.into_iter().collect()),
        Err(reason) => {
            tracing::warn!(file = %path.display(), reason, "ignoring a damaged checkpoint");
            Ok(OffsetCheckpoint::new())
        }
    }
}

fn write_offsets(
    disk: &dyn Disk,
    path: &Path,
    offsets: &OffsetCheckpoint,
) -> Result<(), StorageError> {
    let entries: Vec<_> = offsets.iter().collect();
    let text = checkpoint::format(&entries, |(partition, offset)| {
        format!("{} {} {offset}", partition.topic, partition.partition)
    });
    checkpoint::write_atomically(disk, path, text.as_bytes())
}
