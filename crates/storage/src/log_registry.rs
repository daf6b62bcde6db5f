//! Which logs a broker has, where they are, and who has them open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use highwater_types::{Offset, TimestampMs, TopicId, TopicPartition};

use crate::disk::Disk;
use crate::error::StorageError;
use crate::log_dir::LogDir;
use crate::log_reader::{LogReader, Owner};
use crate::partition_metadata;

/// Which directories and logs there are.
pub(crate) struct State {
    pub(crate) dirs: Vec<LogDir>,
    pub(crate) logs: BTreeMap<TopicPartition, Entry>,
    /// Folders of deleted logs, and when they may go.
    pub(crate) deleted: Vec<(TimestampMs, PathBuf)>,
}

/// One log of the broker.
pub(crate) struct Entry {
    /// Index of its directory.
    pub(crate) dir: usize,
    pub(crate) topic_id: Option<TopicId>,
    pub(crate) state: LogState,
}

pub(crate) enum LogState {
    /// On disk, and not opened by this process.
    Found,
    /// Somebody is opening it.
    Opening,
    /// Opened; the reader knows what became of the owner.
    Opened(Arc<LogReader>),
}

impl State {
    pub(crate) fn add_found(
        &mut self,
        disk: &dyn Disk,
        dir: usize,
        path: &Path,
        partitions: Vec<TopicPartition>,
    ) {
        for partition in partitions {
            let folder = path.join(partition.dir_name());
            if self.logs.contains_key(&partition) {
                tracing::warn!(dir = %folder.display(),
                    "ignoring a log that another directory holds too");
                continue;
            }
            let topic_id = partition_metadata::read(disk, &folder).unwrap_or_else(|error| {
                tracing::warn!(dir = %folder.display(), %error, "a log's topic id is unknown");
                None
            });
            let entry = Entry {
                dir,
                topic_id,
                state: LogState::Found,
            };
            self.logs.insert(partition, entry);
        }
    }

    /// The index of the directory that works and has the fewest logs.
    pub(crate) fn least_used_dir(&self) -> Result<usize, StorageError> {
        let logs_in = |index| self.logs.values().filter(|e| e.dir == index).count();
        let online = self.dirs.iter().enumerate();
        online
            .filter(|(_, dir)| dir.offline.is_none())
            .map(|(index, _)| index)
            .min_by_key(|index| logs_in(*index))
            .ok_or_else(|| StorageError::Offline {
                path: self
                    .dirs
                    .first()
                    .map(|d| d.path.clone())
                    .unwrap_or_default(),
                reason: "no log directory is online".into(),
            })
    }

    /// Brings the checkpoints' content up to date with the open logs.
    pub(crate) fn collect_offsets(&mut self) {
        for (partition, entry) in &self.logs {
            let LogState::Opened(reader) = &entry.state else {
                continue;
            };
            let Some(dir) = self.dirs.get_mut(entry.dir) else {
                continue;
            };
            let offsets = reader.offsets();
            let set = |checkpoint: &mut BTreeMap<_, i64>, offset: Offset| {
                checkpoint.insert(partition.clone(), offset.0);
            };
            set(&mut dir.recovery_points, offsets.flushed_end);
            set(&mut dir.high_watermarks, offsets.high_watermark);
            // Kafka keeps only those that the segments do not tell.
            if offsets.log_start > reader.first_segment_offset() {
                set(&mut dir.log_starts, offsets.log_start);
            } else {
                dir.log_starts.remove(partition);
            }
        }
    }
}

impl Entry {
    /// Whether nobody has the log open.
    pub(crate) fn is_free(&self) -> bool {
        match &self.state {
            LogState::Found => true,
            LogState::Opening => false,
            LogState::Opened(reader) => reader.snapshot().owner != Owner::Present,
        }
    }
}
