//! Which partitions a broker has, so that a broker's move need not look at all topics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use highwater_types::{NodeId, PartitionIndex, TopicId};

use crate::image::PartitionImage;
use crate::{MetadataImage, MetadataRecord};

/// One partition of the cluster.
pub(super) type PartitionKey = (TopicId, PartitionIndex);

/// Sets of partitions that decisions start from.
///
/// Kept beside the image by the active controller alone: built from the image when it
/// becomes active, then changed with each replayed record. Invariant: equal to what
/// the image gives when it is built anew.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PartitionSets {
    /// By broker: where it has a replica.
    replicas: BTreeMap<NodeId, BTreeSet<PartitionKey>>,
    /// By broker: what it leads. A subset of `replicas`.
    led: BTreeMap<NodeId, BTreeSet<PartitionKey>>,
    leaderless: BTreeSet<PartitionKey>,
    /// With eligible replicas outside the ISR.
    with_eligible: BTreeSet<PartitionKey>,
    /// Led by another replica than the preferred one, or by none.
    not_preferred: BTreeSet<PartitionKey>,
}

/// The partitions that a record is about to change, as they are; `None` where one is new.
pub(super) struct TouchedPartitions(Vec<(PartitionKey, Option<Arc<PartitionImage>>)>);

impl TouchedPartitions {
    pub(super) fn before(image: &MetadataImage, record: &MetadataRecord) -> Self {
        let key = match record {
            MetadataRecord::Partition(body) => (body.topic_id, body.partition_id),
            MetadataRecord::PartitionChange(body) => (body.topic_id, body.partition_id),
            MetadataRecord::RemoveTopic(body) => {
                let topic = image.topics().get_by_id(TopicId(body.topic_id));
                let all = topic.into_iter().flat_map(|topic| {
                    let partitions = topic.partitions();
                    partitions.map(|(index, it)| ((topic.id(), index), Some(it.clone())))
                });
                return Self(all.collect());
            }
            _ => return Self(Vec::new()),
        };
        let key = (TopicId(key.0), PartitionIndex(key.1));
        let topic = image.topics().get_by_id(key.0);
        let partition = topic.and_then(|topic| topic.partition(key.1));
        Self(vec![(key, partition.cloned())])
    }
}

impl PartitionSets {
    /// The sets of an image.
    pub(super) fn of(image: &MetadataImage) -> Self {
        let mut sets = Self::default();
        for topic in image.topics().iter() {
            for (index, partition) in topic.partitions() {
                sets.change((topic.id(), index), None, Some(partition));
            }
        }
        sets
    }

    /// Takes note of what a record did.
    pub(super) fn update(&mut self, touched: TouchedPartitions, image: &MetadataImage) {
        for (key, before) in touched.0 {
            let topic = image.topics().get_by_id(key.0);
            let after = topic.and_then(|topic| topic.partition(key.1));
            self.change(key, before.as_deref(), after.map(|after| &**after));
        }
    }

    /// Takes note that a partition is not as it was; `None` where it is not there.
    fn change(
        &mut self,
        key: PartitionKey,
        before: Option<&PartitionImage>,
        after: Option<&PartitionImage>,
    ) {
        if let Some(partition) = before {
            for id in &partition.replicas {
                remove_from(&mut self.replicas, *id, key);
            }
            remove_from(&mut self.led, partition.leader, key);
            self.leaderless.remove(&key);
            self.with_eligible.remove(&key);
            self.not_preferred.remove(&key);
        }
        let Some(partition) = after else {
            return;
        };
        for id in &partition.replicas {
            self.replicas.entry(*id).or_default().insert(key);
        }
        match partition.leader() {
            Some(leader) => {
                self.led.entry(leader).or_default().insert(key);
            }
            None => {
                self.leaderless.insert(key);
            }
        }
        if !partition.elr.is_empty() {
            self.with_eligible.insert(key);
        }
        if partition.replicas.first() != Some(&partition.leader) {
            self.not_preferred.insert(key);
        }
    }

    /// The partitions of which a broker has a replica.
    pub(super) fn of_broker(&self, id: NodeId) -> impl Iterator<Item = PartitionKey> {
        self.replicas.get(&id).into_iter().flatten().copied()
    }

    /// The partitions that a broker leads.
    pub(super) fn led_by(&self, id: NodeId) -> impl Iterator<Item = PartitionKey> {
        self.led.get(&id).into_iter().flatten().copied()
    }

    /// How many partitions a broker leads.
    pub(super) fn led_count(&self, id: NodeId) -> usize {
        self.led.get(&id).map_or(0, BTreeSet::len)
    }

    /// The partitions that nobody leads.
    pub(super) fn leaderless(&self) -> impl Iterator<Item = PartitionKey> {
        self.leaderless.iter().copied()
    }

    /// The partitions that have eligible replicas outside the ISR. KIP-966.
    pub(super) fn with_eligible(&self) -> impl Iterator<Item = PartitionKey> {
        self.with_eligible.iter().copied()
    }

    /// The partitions that their preferred replica does not lead.
    #[allow(dead_code)]
    pub(super) fn not_preferred(&self) -> impl Iterator<Item = PartitionKey> {
        self.not_preferred.iter().copied()
    }
}

fn remove_from(sets: &mut BTreeMap<NodeId, BTreeSet<PartitionKey>>, id: NodeId, key: PartitionKey) {
    let Some(set) = sets.get_mut(&id) else {
        return;
    };
    set.remove(&key);
    if set.is_empty() {
        sets.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_types::Uuid;

    fn partition(replicas: &[i32], leader: i32) -> PartitionImage {
        PartitionImage {
            replicas: replicas.iter().copied().map(NodeId).collect(),
            leader: NodeId(leader),
            ..PartitionImage::default()
        }
    }

    #[test]
    fn sets_follow_a_partition() {
        let key = (TopicId(Uuid([1; 16])), PartitionIndex(0));
        let mut sets = PartitionSets::default();
        let first = partition(&[1, 2], 1);
        sets.change(key, None, Some(&first));
        assert!(sets.of_broker(NodeId(2)).eq([key]));
        assert!(sets.led_by(NodeId(1)).eq([key]));
        assert_eq!(sets.not_preferred().count(), 0);

        let moved = partition(&[1, 3], 3);
        sets.change(key, Some(&first), Some(&moved));
        assert_eq!(sets.of_broker(NodeId(2)).count(), 0);
        assert_eq!(
            (sets.led_count(NodeId(1)), sets.led_count(NodeId(3))),
            (0, 1)
        );
        assert!(sets.not_preferred().eq([key]));

        let lost = partition(&[1, 3], -1);
        sets.change(key, Some(&moved), Some(&lost));
        assert!(sets.leaderless().eq([key]));
        sets.change(key, Some(&lost), None);
        assert_eq!(sets, PartitionSets::default());
    }
}
