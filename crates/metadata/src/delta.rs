//! The difference between two images.

use std::sync::Arc;

use highwater_types::{NodeId, PartitionIndex, TopicId, TopicName};
use imbl::ordmap::DiffItem;

use crate::MetadataImage;
use crate::image::{BrokerImage, ConfigResource, PartitionImage, TopicImage};

/// What changed from one image to a later one.
///
/// Computed from the images themselves, so it is the same whether the later image
/// came from a few records or from a snapshot. Images share what did not change,
/// and shared parts are skipped: the cost follows the size of the change.
#[derive(Clone, Debug)]
pub struct MetadataDelta {
    before: MetadataImage,
    after: MetadataImage,
    created: Vec<Arc<TopicImage>>,
    deleted: Vec<Arc<TopicImage>>,
    partitions: Vec<PartitionChange>,
    configs: Vec<ConfigResource>,
    brokers: Vec<BrokerChange>,
}

/// One partition that is not as it was. At least one of `before` and `after` is there.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionChange {
    pub topic_id: TopicId,
    pub topic: TopicName,
    pub partition: PartitionIndex,
    /// `None` when the partition is new.
    pub before: Option<Arc<PartitionImage>>,
    /// `None` when the partition was deleted with its topic.
    pub after: Option<Arc<PartitionImage>>,
}

/// One broker whose registration is not as it was. At least one of `before` and `after` is there.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerChange {
    pub id: NodeId,
    /// `None` when the broker is new.
    pub before: Option<Arc<BrokerImage>>,
    /// `None` when the broker was unregistered.
    pub after: Option<Arc<BrokerImage>>,
}

impl MetadataDelta {
    /// Compares two images. A topic that was deleted and created again under the
    /// same name is a deleted and a created topic, since its id differs.
    #[must_use]
    pub fn between(before: &MetadataImage, after: &MetadataImage) -> Self {
        let mut delta = Self {
            before: before.clone(),
            after: after.clone(),
            created: Vec::new(),
            deleted: Vec::new(),
            partitions: Vec::new(),
            configs: Vec::new(),
            brokers: Vec::new(),
        };
        delta.compare_topics();
        delta.compare_configs();
        delta.compare_brokers();
        delta
    }

    /// The earlier image.
    #[must_use]
    pub fn before(&self) -> &MetadataImage {
        &self.before
    }

    /// The later image.
    #[must_use]
    pub fn after(&self) -> &MetadataImage {
        &self.after
    }

    /// Topics that are new.
    #[must_use]
    pub fn topics_created(&self) -> &[Arc<TopicImage>] {
        &self.created
    }

    /// Topics that are gone, as they last were.
    #[must_use]
    pub fn topics_deleted(&self) -> &[Arc<TopicImage>] {
        &self.deleted
    }

    /// All partitions that changed, those of new and deleted topics included.
    #[must_use]
    pub fn partitions_changed(&self) -> &[PartitionChange] {
        &self.partitions
    }

    /// Resources whose dynamic configs changed.
    #[must_use]
    pub fn configs_changed(&self) -> &[ConfigResource] {
        &self.configs
    }

    /// Brokers that registered, changed or were unregistered.
    #[must_use]
    pub fn brokers_changed(&self) -> &[BrokerChange] {
        &self.brokers
    }

    /// Whether a finalized feature level changed.
    #[must_use]
    pub fn features_changed(&self) -> bool {
        self.before.features != self.after.features
    }

    /// Changes of the partitions of which `broker` has or had a replica.
    pub fn local_changes(&self, broker: NodeId) -> impl Iterator<Item = &PartitionChange> {
        let has = move |side: &Option<Arc<PartitionImage>>| {
            side.as_ref().is_some_and(|p| p.has_replica(broker))
        };
        self.partitions
            .iter()
            .filter(move |change| has(&change.before) || has(&change.after))
    }

    fn compare_topics(&mut self) {
        let (before, after) = (self.before.topics.clone(), self.after.topics.clone());
        for item in before.map().diff(after.map()) {
            match item {
                DiffItem::Add(_, topic) => {
                    self.compare_partitions(None, Some(topic));
                    self.created.push(topic.clone());
                }
                DiffItem::Remove(_, topic) => {
                    self.compare_partitions(Some(topic), None);
                    self.deleted.push(topic.clone());
                }
                DiffItem::Update { old, new } => self.compare_partitions(Some(old.1), Some(new.1)),
            }
        }
    }

    fn compare_partitions(
        &mut self,
        before: Option<&Arc<TopicImage>>,
        after: Option<&Arc<TopicImage>>,
    ) {
        let Some(topic) = after.or(before) else {
            return;
        };
        let nothing = imbl::OrdMap::new();
        let old = before.map_or(&nothing, |topic| topic.map());
        let new = after.map_or(&nothing, |topic| topic.map());
        for item in old.diff(new) {
            let (index, before, after) = match item {
                DiffItem::Add(index, partition) => (index, None, Some(partition)),
                DiffItem::Remove(index, partition) => (index, Some(partition), None),
                DiffItem::Update { old, new } => (new.0, Some(old.1), Some(new.1)),
            };
            self.partitions.push(PartitionChange {
                topic_id: topic.id(),
                topic: topic.name().clone(),
                partition: *index,
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }

    fn compare_configs(&mut self) {
        for item in self.before.configs.map().diff(self.after.configs.map()) {
            let resource = match item {
                DiffItem::Add(resource, _) | DiffItem::Remove(resource, _) => resource,
                DiffItem::Update { new, .. } => new.0,
            };
            self.configs.push(resource.clone());
        }
    }

    fn compare_brokers(&mut self) {
        for item in self.before.cluster.map().diff(self.after.cluster.map()) {
            let (id, before, after) = match item {
                DiffItem::Add(id, broker) => (id, None, Some(broker)),
                DiffItem::Remove(id, broker) => (id, Some(broker), None),
                DiffItem::Update { old, new } => (new.0, Some(old.1), Some(new.1)),
            };
            self.brokers.push(BrokerChange {
                id: *id,
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
}
