//! Topics by id and by name.

use std::ops::Bound;
use std::sync::Arc;

use highwater_types::{PartitionIndex, TopicId, TopicName};
use imbl::OrdMap;

use super::PartitionImage;

/// One topic and its partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicImage {
    id: TopicId,
    name: TopicName,
    partitions: OrdMap<PartitionIndex, Arc<PartitionImage>>,
}

/// All topics, by id and by name.
///
/// Invariant: both maps hold the same topics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicsImage {
    by_id: OrdMap<TopicId, Arc<TopicImage>>,
    by_name: OrdMap<TopicName, TopicId>,
}

impl TopicImage {
    #[must_use]
    pub fn id(&self) -> TopicId {
        self.id
    }

    #[must_use]
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    #[must_use]
    pub fn partition(&self, index: PartitionIndex) -> Option<&Arc<PartitionImage>> {
        self.partitions.get(&index)
    }

    /// Partitions by ascending index. Indexes are 0 to `partition_count() - 1`.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionIndex, &Arc<PartitionImage>)> {
        self.partitions
            .iter()
            .map(|(index, partition)| (*index, partition))
    }

    #[must_use]
    pub fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    pub(crate) fn map(&self) -> &OrdMap<PartitionIndex, Arc<PartitionImage>> {
        &self.partitions
    }
}

impl TopicsImage {
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<TopicImage>> {
        self.by_id.get(self.by_name.get(name)?)
    }

    #[must_use]
    pub fn get_by_id(&self, id: TopicId) -> Option<&Arc<TopicImage>> {
        self.by_id.get(&id)
    }

    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<TopicId> {
        self.by_name.get(name).copied()
    }

    /// One partition of a topic by name.
    #[must_use]
    pub fn partition(&self, name: &str, index: PartitionIndex) -> Option<&Arc<PartitionImage>> {
        self.get(name)?.partition(index)
    }

    /// All topics by ascending name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.by_name.values().filter_map(|id| self.by_id.get(id))
    }

    /// Topics whose name is at or after `name`, ascending; for paging.
    pub fn iter_from<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<TopicImage>> {
        self.by_name
            .range::<(Bound<&str>, Bound<&str>), str>((Bound::Included(name), Bound::Unbounded))
            .filter_map(|(_, id)| self.by_id.get(id))
    }

    /// How many topics there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn insert_topic(&mut self, id: TopicId, name: TopicName) {
        let topic = TopicImage {
            id,
            name: name.clone(),
            partitions: OrdMap::new(),
        };
        self.by_id.insert(id, Arc::new(topic));
        self.by_name.insert(name, id);
    }

    pub(crate) fn remove_topic(&mut self, id: TopicId) -> Option<Arc<TopicImage>> {
        let topic = self.by_id.remove(&id)?;
        self.by_name.remove(&topic.name);
        Some(topic)
    }

    /// Adds a partition; `false` when there is no such topic.
    pub(crate) fn insert_partition(
        &mut self,
        id: TopicId,
        index: PartitionIndex,
        partition: PartitionImage,
    ) -> bool {
        let Some(topic) = self.by_id.get_mut(&id) else {
            return false;
        };
        Arc::make_mut(topic)
            .partitions
            .insert(index, Arc::new(partition));
        true
    }

    pub(crate) fn map(&self) -> &OrdMap<TopicId, Arc<TopicImage>> {
        &self.by_id
    }

    /// The name index, for the check that it agrees with the topics.
    pub(crate) fn names(&self) -> &OrdMap<TopicName, TopicId> {
        &self.by_name
    }
}
