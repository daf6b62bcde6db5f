//! What is true of every image.

use std::collections::BTreeSet;

use highwater_types::{NodeId, PartitionIndex};

use super::{ConfigResourceType, MetadataImage, PartitionImage};

impl MetadataImage {
    /// Checks what must be true of every image that a correct controller made.
    ///
    /// # Panics
    /// When something is not: the image must not be used.
    pub fn check_invariants(&self) {
        let names = self.topics.names();
        assert_eq!(
            names.len(),
            self.topics.map().len(),
            "names and topics differ"
        );
        for topic in self.topics.map().values() {
            assert_eq!(
                names.get(topic.name()),
                Some(&topic.id()),
                "topic {} is not found by its name",
                topic.name()
            );
            assert!(
                topic.partition_count() > 0,
                "topic {} is empty",
                topic.name()
            );
            for (position, (index, partition)) in topic.partitions().enumerate() {
                assert_eq!(
                    usize::try_from(index.get()),
                    Ok(position),
                    "topic {} misses a partition",
                    topic.name()
                );
                self.check_partition(topic.name().as_str(), index, partition);
            }
        }
        for (resource, configs) in self.configs.map() {
            assert!(!configs.is_empty(), "empty configs of {resource:?}");
            if resource.resource_type == ConfigResourceType::Topic {
                assert!(
                    self.topics.get(&resource.name).is_some(),
                    "configs of topic {} that is not there",
                    resource.name
                );
            }
        }
    }

    fn check_partition(&self, topic: &str, index: PartitionIndex, partition: &PartitionImage) {
        let at = format!("{topic}-{index}: {partition:?}");
        let distinct: BTreeSet<_> = partition.replicas.iter().collect();
        assert!(!partition.replicas.is_empty(), "no replicas, {at}");
        assert_eq!(
            distinct.len(),
            partition.replicas.len(),
            "replica twice, {at}"
        );
        assert_eq!(
            partition.directories.len(),
            partition.replicas.len(),
            "directories, {at}"
        );
        for id in partition.isr.iter().chain(&partition.elr) {
            assert!(partition.has_replica(*id), "{id} is no replica, {at}");
        }
        assert!(
            !partition.elr.iter().any(|id| partition.isr.contains(id)),
            "in-sync and eligible, {at}"
        );
        assert!(partition.leader_epoch.get() >= 0, "leader epoch, {at}");
        assert!(
            partition.partition_epoch.get() >= 0,
            "partition epoch, {at}"
        );
        if partition.leader == NodeId::NONE {
            return;
        }
        assert!(
            partition.isr.contains(&partition.leader),
            "leader not in sync, {at}"
        );
        let broker = self.cluster.broker(partition.leader);
        assert!(
            broker.is_some_and(|broker| !broker.fenced),
            "leader is fenced or unknown, {at}"
        );
    }
}
