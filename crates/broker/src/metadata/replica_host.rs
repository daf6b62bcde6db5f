//! Whom the reconciler tells what this broker hosts.

use std::collections::BTreeSet;

use async_trait::async_trait;
use highwater_metadata::config::TopicConfig;
use highwater_types::{DirectoryId, PartitionIndex, TopicId, TopicPartition};

use super::assignment::PartitionAssignment;
use crate::replica::ReplicaManager;

/// The replica manager as the metadata side sees it. A failure takes a partition or
/// a directory offline and is logged there; it never stops the metadata.
#[async_trait]
pub(crate) trait ReplicaHost: Send + Sync + 'static {
    /// Creates the log if there is none, and makes this broker its leader or
    /// follower. An assignment older than the one in force is ignored.
    async fn assign(&self, assignment: PartitionAssignment);

    /// Deletes the log; does nothing if it is not here.
    async fn remove(&self, partition: TopicPartition, topic_id: TopicId);

    /// Changes how a topic's logs are kept.
    async fn configure(&self, topic_id: TopicId, config: TopicConfig);

    /// Sets the logs on disk aside that are not `wanted`.
    async fn set_strays_aside(&self, wanted: BTreeSet<(TopicId, PartitionIndex)>);

    /// Log directories that failed since the broker started.
    fn failed_directories(&self) -> Vec<DirectoryId>;
}

#[async_trait]
impl ReplicaHost for ReplicaManager {
    async fn assign(&self, assignment: PartitionAssignment) {
        let partition = assignment.partition.clone();
        if let Err(error) = self.apply_assignment(assignment).await {
            tracing::error!(%partition, "the replica is offline: {error}");
        }
    }

    async fn remove(&self, partition: TopicPartition, topic_id: TopicId) {
        if let Err(error) = self.remove_partition(&partition, topic_id).await {
            tracing::error!(%partition, "the log can not be deleted: {error}");
        }
    }

    async fn configure(&self, topic_id: TopicId, config: TopicConfig) {
        self.update_topic_config(topic_id, &config).await;
    }

    async fn set_strays_aside(&self, wanted: BTreeSet<(TopicId, PartitionIndex)>) {
        if let Err(error) = ReplicaManager::set_strays_aside(self, &wanted).await {
            tracing::error!("logs of no partition can not be set aside: {error}");
        }
    }

    fn failed_directories(&self) -> Vec<DirectoryId> {
        ReplicaManager::failed_directories(self)
            .into_iter()
            .collect()
    }
}
