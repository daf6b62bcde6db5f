//! Making this broker host what the cluster assigns to it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use highwater_metadata::config::TopicConfig;
use highwater_storage::{Log, StorageError};
use highwater_types::{PartitionIndex, TopicId, TopicPartition};
use tokio::sync::oneshot;

use super::command::{Command, OpenPartition};
use super::config::TopicSettings;
use super::offload::offload;
use super::partition::Partition;
use super::registry::Entry;
use super::replica_manager::ReplicaManager;
use crate::metadata::PartitionAssignment;

impl ReplicaManager {
    /// Hosts a partition as the cluster wants it: opens or creates the log the
    /// first time, and passes on leader, epochs and in-sync set each time.
    ///
    /// # Errors
    /// When the log can not be opened; the partition is then offline here.
    pub(crate) async fn apply_assignment(
        &self,
        assignment: PartitionAssignment,
    ) -> Result<(), StorageError> {
        let name = &assignment.partition;
        match self.registry.find(name.topic.as_str(), name.partition) {
            Ok(hosted) if hosted.topic_id == assignment.topic_id => {
                let (done, applied) = oneshot::channel();
                let command = Command::Assign {
                    partition: hosted.number,
                    assignment: Box::new(assignment),
                    done,
                };
                self.tell(hosted.worker, command).await;
                // An error says that the partition is gone, which is newer than this.
                let _ = applied.await;
                return Ok(());
            }
            // The topic was deleted and created again.
            Ok(hosted) => {
                let name = hosted.name.clone();
                self.remove_partition(&name, hosted.topic_id).await?;
            }
            Err(_) => {}
        }
        self.open(assignment).await
    }

    async fn open(&self, assignment: PartitionAssignment) -> Result<(), StorageError> {
        let settings = TopicSettings::new(&assignment.config, &self.shared.config);
        let (name, topic_id) = (assignment.partition.clone(), assignment.topic_id);
        let log = match self.open_log(&name, topic_id, &settings).await {
            Ok(log) => log,
            Err(error) => {
                tracing::error!(partition = %name, %error, "the log can not be opened");
                self.registry.insert(&name, topic_id, Entry::Offline);
                return Err(error);
            }
        };
        let worker = self.worker_of(&name);
        let directory = self.logs().and_then(|logs| logs.directory_of(&name));
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let partition = Partition::new(
            number,
            name.clone(),
            topic_id,
            directory,
            worker,
            log.reader(),
        );
        let (done, opened) = oneshot::channel();
        let open = OpenPartition {
            partition: partition.clone(),
            log,
            settings,
            assignment,
            done,
        };
        self.tell(worker, Command::Open(Box::new(open))).await;
        if opened.await.is_err() {
            return Err(StorageError::Poisoned("the broker is stopping".into()));
        }
        self.registry
            .insert(&name, topic_id, Entry::Hosted(partition));
        Ok(())
    }

    async fn open_log(
        &self,
        name: &TopicPartition,
        topic_id: TopicId,
        settings: &TopicSettings,
    ) -> Result<Log, StorageError> {
        let Some(logs) = self.logs() else {
            return Err(StorageError::Poisoned("the broker is stopping".into()));
        };
        let (name, config) = (name.clone(), settings.log.clone());
        let now = self.shared.platform.clock.now();
        let work = move || logs.open_or_create(&name, topic_id, config, now);
        offload(&*self.shared.platform.offload, work).await?
    }

    /// Stops hosting a partition and deletes its log. Does nothing if it is not here.
    ///
    /// # Errors
    /// When the log's folder can not be renamed.
    pub(crate) async fn remove_partition(
        &self,
        name: &TopicPartition,
        topic_id: TopicId,
    ) -> Result<(), StorageError> {
        let Some(Entry::Hosted(partition)) = self.registry.remove(name, topic_id) else {
            return Ok(());
        };
        let (done, closed) = oneshot::channel();
        let command = Command::Close {
            partition: partition.number,
            done,
        };
        self.tell(partition.worker, command).await;
        let (Ok(Some(log)), Some(logs)) = (closed.await, self.logs()) else {
            return Ok(());
        };
        let unique = self.shared.platform.entropy.next_uuid();
        let now = self.shared.platform.clock.now();
        let work = move || logs.delete(log, unique, now);
        offload(&*self.shared.platform.offload, work).await?
    }

    /// Changes how a topic's logs are kept.
    pub(crate) async fn update_topic_config(&self, topic_id: TopicId, config: &TopicConfig) {
        let settings = TopicSettings::new(config, &self.shared.config);
        for partition in self.registry.of_topic(topic_id) {
            let command = Command::UpdateSettings {
                partition: partition.number,
                settings: Box::new(settings.clone()),
            };
            self.tell(partition.worker, command).await;
        }
    }

    /// Sets logs aside that were found on disk but are not in `wanted`. A folder that
    /// does not say which topic it belongs to is left alone.
    ///
    /// # Errors
    /// When a folder can not be renamed.
    pub(crate) async fn set_strays_aside(
        &self,
        wanted: &BTreeSet<(TopicId, PartitionIndex)>,
    ) -> Result<(), StorageError> {
        let Some(logs) = self.logs() else {
            return Ok(());
        };
        for found in logs.found_logs() {
            let partition = found.partition.clone();
            match found.topic_id {
                Some(id) if wanted.contains(&(id, found.partition.partition)) => continue,
                Some(_) => {}
                None => {
                    tracing::warn!(%partition, "a log without a topic id is left alone");
                    continue;
                }
            }
            let unique = self.shared.platform.entropy.next_uuid();
            let logs = logs.clone();
            let work = move || logs.set_aside(&found, unique);
            let kept = offload(&*self.shared.platform.offload, work).await??;
            tracing::warn!(%partition, kept = %kept.display(),
                "the cluster has no such partition; its log is set aside");
        }
        Ok(())
    }
}
