//! From what changed in the cluster to what this broker has to do.

use std::collections::BTreeSet;

use highwater_metadata::config::{Overrides, TopicConfig};
use highwater_metadata::delta::PartitionChange;
use highwater_metadata::image::{ConfigResource, ConfigResourceType, PartitionImage};
use highwater_metadata::{MetadataDelta, MetadataImage};
use highwater_types::{NodeId, PartitionIndex, TopicId, TopicPartition};

use super::assignment::PartitionAssignment;
use super::broker_configs::topic_config;
use crate::internal_topics::METADATA_TOPIC_ID;

/// What makes a broker match the image, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Replicas that are here no more. First, since a topic may be there again
    /// under the same name.
    pub remove: Vec<(TopicPartition, TopicId)>,
    /// Replicas that are new, or whose leadership changed.
    pub assign: Vec<PartitionAssignment>,
    /// Topics whose replicas here are kept otherwise than before.
    pub configure: Vec<(TopicId, TopicConfig)>,
}

impl Plan {
    /// What broker `id`, started with `properties`, has to do after `delta`.
    pub(super) fn of(delta: &MetadataDelta, id: NodeId, properties: &Overrides) -> Self {
        let mut plan = Self::default();
        for change in delta.local_changes(id) {
            plan.add_change(change, delta.after(), id, properties);
        }
        plan.add_configs(delta, id, properties);
        plan
    }

    fn add_change(
        &mut self,
        change: &PartitionChange,
        image: &MetadataImage,
        id: NodeId,
        properties: &Overrides,
    ) {
        let partition = TopicPartition {
            topic: change.topic.clone(),
            partition: change.partition,
        };
        match change
            .after
            .as_deref()
            .filter(|after| after.has_replica(id))
        {
            Some(after) => {
                let config = topic_config(image, change.topic.as_str(), id, properties);
                let topic_id = change.topic_id;
                self.assign
                    .push(assignment(partition, topic_id, after, config));
            }
            None => self.remove.push((partition, change.topic_id)),
        }
    }

    fn add_configs(&mut self, delta: &MetadataDelta, id: NodeId, properties: &Overrides) {
        let image = delta.after();
        let own = [ConfigResource::broker(id), ConfigResource::all_brokers()];
        let all = delta
            .configs_changed()
            .iter()
            .any(|changed| own.contains(changed));
        let changed = |topic: &str| {
            all || delta
                .configs_changed()
                .contains(&ConfigResource::topic(topic))
        };
        let any_topic =
            |resource: &ConfigResource| resource.resource_type == ConfigResourceType::Topic;
        if !all && !delta.configs_changed().iter().any(any_topic) {
            return;
        }
        for topic in image.topics().iter() {
            let name = topic.name().as_str();
            let hosted = || {
                topic
                    .partitions()
                    .any(|(_, partition)| partition.has_replica(id))
            };
            if changed(name) && hosted() {
                let config = topic_config(image, name, id, properties);
                self.configure.push((topic.id(), config));
            }
        }
    }
}

fn assignment(
    partition: TopicPartition,
    topic_id: TopicId,
    image: &PartitionImage,
    config: TopicConfig,
) -> PartitionAssignment {
    PartitionAssignment {
        partition,
        topic_id,
        leader: image.leader,
        leader_epoch: image.leader_epoch,
        partition_epoch: image.partition_epoch,
        replicas: image.replicas.clone(),
        isr: image.isr.clone(),
        config,
    }
}

/// Every partition of which the image wants a replica on broker `id`, and the
/// metadata log, which no image holds and which may be in the same folder.
pub(crate) fn wanted_replicas(
    image: &MetadataImage,
    id: NodeId,
) -> BTreeSet<(TopicId, PartitionIndex)> {
    let mut wanted = BTreeSet::from([(METADATA_TOPIC_ID, PartitionIndex(0))]);
    for topic in image.topics().iter() {
        let hosted = topic.partitions().filter(|(_, p)| p.has_replica(id));
        wanted.extend(hosted.map(|(index, _)| (topic.id(), index)));
    }
    wanted
}
