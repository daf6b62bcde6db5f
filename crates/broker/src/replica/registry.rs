//! Which partitions are hosted here.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use highwater_protocol::ErrorCode;
use highwater_types::{PartitionIndex, TopicId, TopicName, TopicPartition};
use parking_lot::RwLock;

use super::partition::Partition;

/// Hosted partitions by topic name and topic id. Looked up by every Produce and
/// Fetch, so it is split into shards that are only read-locked on that path.
pub(super) struct Registry {
    by_name: Vec<RwLock<HashMap<TopicName, Topic>>>,
    /// Names only; the partitions have one home.
    by_id: Vec<RwLock<HashMap<TopicId, TopicName>>>,
}

struct Topic {
    id: TopicId,
    partitions: BTreeMap<PartitionIndex, Entry>,
}

/// What is known of one partition.
#[derive(Clone)]
pub(super) enum Entry {
    Hosted(Arc<Partition>),
    /// It should be here, but its log could not be opened.
    Offline,
}

/// Why a partition was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotHosted {
    /// Nothing of that name or id is here; the metadata says what to answer.
    Absent,
    /// The topic here has another id.
    InconsistentTopicId,
    /// The log could not be opened.
    Offline,
}

const SHARDS: usize = 16;

impl NotHosted {
    /// The code if the cluster has this partition.
    pub(crate) fn error_code(self) -> ErrorCode {
        match self {
            Self::Absent => ErrorCode::NotLeaderOrFollower,
            Self::InconsistentTopicId => ErrorCode::InconsistentTopicId,
            Self::Offline => ErrorCode::KafkaStorageError,
        }
    }
}

impl Entry {
    fn to_result(&self) -> Result<Arc<Partition>, NotHosted> {
        match self {
            Self::Hosted(partition) => Ok(partition.clone()),
            Self::Offline => Err(NotHosted::Offline),
        }
    }
}

impl Registry {
    pub(super) fn new() -> Self {
        Self {
            by_name: (0..SHARDS).map(|_| RwLock::default()).collect(),
            by_id: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(super) fn find(
        &self,
        topic: &str,
        partition: PartitionIndex,
    ) -> Result<Arc<Partition>, NotHosted> {
        self.names(topic)
            .read()
            .get(topic)
            .and_then(|topic| topic.partitions.get(&partition))
            .ok_or(NotHosted::Absent)?
            .to_result()
    }

    pub(super) fn find_by_id(
        &self,
        id: TopicId,
        partition: PartitionIndex,
    ) -> Result<Arc<Partition>, NotHosted> {
        let name = self.ids(id).read().get(&id).cloned();
        let found = self.find(name.ok_or(NotHosted::Absent)?.as_str(), partition)?;
        match found.topic_id == id {
            true => Ok(found),
            false => Err(NotHosted::InconsistentTopicId),
        }
    }

    /// Adds or replaces a partition.
    pub(super) fn insert(&self, name: &TopicPartition, id: TopicId, entry: Entry) {
        self.ids(id).write().insert(id, name.topic.clone());
        let mut topics = self.names(name.topic.as_str()).write();
        let topic = topics.entry(name.topic.clone()).or_insert_with(|| Topic {
            id,
            partitions: BTreeMap::new(),
        });
        topic.id = id;
        topic.partitions.insert(name.partition, entry);
    }

    /// Removes a partition if it belongs to the topic of that id.
    pub(super) fn remove(&self, name: &TopicPartition, id: TopicId) -> Option<Entry> {
        let mut topics = self.names(name.topic.as_str()).write();
        let topic = topics.get_mut(&name.topic)?;
        let is_same = match topic.partitions.get(&name.partition)? {
            Entry::Hosted(partition) => partition.topic_id == id,
            Entry::Offline => topic.id == id,
        };
        if !is_same {
            return None;
        }
        let removed = topic.partitions.remove(&name.partition);
        if topic.partitions.is_empty() {
            topics.remove(&name.topic);
            self.ids(id).write().remove(&id);
        }
        removed
    }

    /// The partitions of one topic that have a log, by ascending index.
    pub(super) fn of_topic(&self, id: TopicId) -> Vec<Arc<Partition>> {
        let Some(name) = self.ids(id).read().get(&id).cloned() else {
            return Vec::new();
        };
        let topics = self.names(name.as_str()).read();
        let entries = topics.get(&name).map(|topic| topic.partitions.values());
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.to_result().ok())
            .filter(|partition| partition.topic_id == id)
            .collect()
    }

    /// Every partition that has a log, in no particular order.
    pub(super) fn all(&self) -> Vec<Arc<Partition>> {
        let mut all = Vec::new();
        for shard in &self.by_name {
            for topic in shard.read().values() {
                all.extend(topic.partitions.values().filter_map(|e| e.to_result().ok()));
            }
        }
        all
    }

    fn names(&self, topic: &str) -> &RwLock<HashMap<TopicName, Topic>> {
        &self.by_name[stable_hash(topic.as_bytes()) as usize % SHARDS]
    }

    fn ids(&self, id: TopicId) -> &RwLock<HashMap<TopicId, TopicName>> {
        &self.by_id[stable_hash(&id.0.0) as usize % SHARDS]
    }
}

/// FNV-1a: the same in every process, so that a simulation repeats itself.
pub(super) fn stable_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use highwater_types::Uuid;

    use super::*;

    fn id(n: u8) -> TopicId {
        TopicId(Uuid([n; 16]))
    }

    #[test]
    fn a_partition_is_removed_only_by_its_own_topic_id() {
        let registry = Registry::new();
        let name = TopicPartition::new("t", 3);
        registry.insert(&name, id(1), Entry::Offline);
        assert!(registry.remove(&name, id(2)).is_none());
        let find = || registry.find("t", PartitionIndex(3)).err();
        assert_eq!(find(), Some(NotHosted::Offline));
        assert!(registry.remove(&name, id(1)).is_some());
        assert_eq!(find(), Some(NotHosted::Absent));
        let by_id = registry.find_by_id(id(1), PartitionIndex(3)).err();
        assert_eq!(by_id, Some(NotHosted::Absent));
    }
}
