//! An image as records: replayed on the empty image, they give the same image.

use highwater_protocol::messages::metadata_records as kraft;
use highwater_types::{NodeId, Uuid};

use crate::image::{BrokerImage, METADATA_VERSION, PartitionImage, TopicImage};
use crate::{MetadataImage, MetadataRecord};

impl MetadataImage {
    /// The records that make this image. The metadata level comes first, because
    /// it says how to read the others, as Kafka has it.
    #[must_use]
    pub fn to_records(&self) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        let level = |name: &str, level: i16| {
            kraft::FeatureLevelRecord {
                name: name.to_owned(),
                feature_level: level,
            }
            .into()
        };
        let metadata_version = self.features.level(METADATA_VERSION);
        if metadata_version > 0 {
            records.push(level(METADATA_VERSION, metadata_version));
        }
        let others = self
            .features
            .iter()
            .filter(|(name, _)| *name != METADATA_VERSION);
        records.extend(others.map(|(name, at)| level(name, at)));
        records.extend(self.cluster.brokers().map(|broker| register(broker).into()));
        for topic in self.topics.iter() {
            topic_records(topic, &mut records);
        }
        for (resource, configs) in self.configs.iter() {
            for (name, value) in configs.iter() {
                records.push(
                    kraft::ConfigRecord {
                        resource_type: resource.resource_type.code(),
                        resource_name: resource.name.clone(),
                        name: name.clone(),
                        value: Some(value.clone()),
                    }
                    .into(),
                );
            }
        }
        if self.producer_ids.next().get() > 0 {
            records.push(
                kraft::ProducerIdsRecord {
                    broker_id: -1,
                    broker_epoch: -1,
                    next_producer_id: self.producer_ids.next().get(),
                }
                .into(),
            );
        }
        records
    }
}

fn register(broker: &BrokerImage) -> kraft::RegisterBrokerRecord {
    kraft::RegisterBrokerRecord {
        broker_id: broker.id.get(),
        incarnation_id: broker.incarnation_id,
        broker_epoch: broker.epoch.get(),
        end_points: broker
            .endpoints
            .iter()
            .map(|endpoint| kraft::BrokerEndpoint {
                name: endpoint.listener.clone(),
                host: endpoint.host.clone(),
                port: endpoint.port,
                security_protocol: endpoint.security_protocol.code(),
            })
            .collect(),
        features: broker
            .features
            .iter()
            .map(|(name, range)| kraft::BrokerFeature {
                name: name.clone(),
                min_supported_version: range.min,
                max_supported_version: range.max,
            })
            .collect(),
        rack: broker.rack.clone(),
        fenced: broker.fenced,
        in_controlled_shutdown: broker.in_controlled_shutdown,
        log_dirs: broker.directories.iter().map(|id| id.0).collect(),
        ..kraft::RegisterBrokerRecord::default()
    }
}

fn topic_records(topic: &TopicImage, records: &mut Vec<MetadataRecord>) {
    records.push(
        kraft::TopicRecord {
            name: topic.name().to_string(),
            topic_id: topic.id().0,
        }
        .into(),
    );
    for (index, partition) in topic.partitions() {
        records.push(partition_record(topic.id().0, index.get(), partition).into());
    }
}

/// The record that creates a partition as it is.
pub(crate) fn partition_record(
    topic_id: Uuid,
    partition_id: i32,
    partition: &PartitionImage,
) -> kraft::PartitionRecord {
    // Absent is Kafka's way to write an empty list here.
    let some_ids = |ids: &[NodeId]| (!ids.is_empty()).then(|| plain_ids(ids));
    kraft::PartitionRecord {
        partition_id,
        topic_id,
        replicas: plain_ids(&partition.replicas),
        isr: plain_ids(&partition.isr),
        removing_replicas: plain_ids(&partition.removing_replicas),
        adding_replicas: plain_ids(&partition.adding_replicas),
        leader: partition.leader.get(),
        leader_recovery_state: partition.leader_recovery.code(),
        leader_epoch: partition.leader_epoch.get(),
        partition_epoch: partition.partition_epoch.get(),
        directories: partition.directories.iter().map(|id| id.0).collect(),
        eligible_leader_replicas: some_ids(&partition.elr),
        last_known_elr: some_ids(&partition.last_known_elr),
    }
}

pub(crate) fn plain_ids(ids: &[NodeId]) -> Vec<i32> {
    ids.iter().map(|id| id.get()).collect()
}
