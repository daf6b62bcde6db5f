//! What a broker's coming or going does to the partitions that it has.

use std::collections::BTreeSet;
use std::sync::Arc;

use highwater_types::{DirectoryId, NodeId};

use super::ControllerState;
use super::partition_change::PartitionChange;
use super::partition_sets::PartitionKey;
use super::topic_rules::{RulesOfTopics, TopicRules};
use crate::image::{PartitionImage, TopicImage};
use crate::{MetadataImage, MetadataRecord};

/// What happens to a broker while the partitions are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrokerMove {
    /// The brokers stay as the state says.
    None,
    /// It leads nothing, whatever the state says.
    Leaves(NodeId),
    /// It may lead, though the state still says that it is fenced.
    Returns(NodeId),
}

impl ControllerState {
    /// Takes a broker out of the leaders and the ISRs of at most `max` partitions, those
    /// that it leads first, because clients wait for them.
    pub(super) fn leave_partitions(&self, id: NodeId, max: usize) -> Vec<MetadataRecord> {
        let in_sync = |partition: &PartitionImage| partition.isr.contains(&id);
        let led: BTreeSet<_> = self.partition_sets.led_by(id).collect();
        let others = self.partition_sets.of_broker(id);
        let keys = led.iter().copied();
        let keys = keys.chain(others.filter(|key| !led.contains(key)));
        self.leave_those(id, keys, in_sync).take(max).collect()
    }

    /// As [`Self::leave_partitions`], of the partitions that it has in some directories.
    pub(super) fn leave_directories(
        &self,
        id: NodeId,
        offline: impl Fn(DirectoryId) -> bool,
    ) -> Vec<MetadataRecord> {
        let lost = |partition: &PartitionImage| partition.directory_of(id).is_some_and(&offline);
        let keys = self.partition_sets.of_broker(id);
        self.leave_those(id, keys, lost).collect()
    }

    fn leave_those(
        &self,
        id: NodeId,
        keys: impl Iterator<Item = PartitionKey>,
        wanted: impl Fn(&PartitionImage) -> bool,
    ) -> impl Iterator<Item = MetadataRecord> {
        let broker_move = BrokerMove::Leaves(id);
        self.change_each(&self.image, keys, broker_move, move |change, partition| {
            wanted(partition).then(|| change.leaves_isr(id))
        })
    }

    /// Elects leaders where there are none, now that a broker may lead.
    pub(super) fn lead_again(&self, id: NodeId) -> Vec<MetadataRecord> {
        let keys = self.partition_sets.leaderless();
        let broker_move = BrokerMove::Returns(id);
        self.change_each(&self.image, keys, broker_move, |change, partition| {
            partition.has_replica(id).then_some(change)
        })
        .collect()
    }

    /// Changes partitions one by one: `wanted` gets the change of nothing and says what
    /// else is wanted, or `None` to leave the partition alone. The topics' rules are
    /// those of `image`, which may be ahead of the state's own.
    pub(super) fn change_each<'a>(
        &'a self,
        image: &'a MetadataImage,
        keys: impl Iterator<Item = PartitionKey>,
        broker_move: BrokerMove,
        wanted: impl Fn(PartitionChange<'a>, &'a PartitionImage) -> Option<PartitionChange<'a>>,
    ) -> impl Iterator<Item = MetadataRecord> {
        let mut rules = RulesOfTopics::new(self, image);
        keys.filter_map(move |key| {
            let (topic, partition) = self.partition_at(key)?;
            let change = PartitionChange::new(key, partition, rules.of(topic));
            let change = wanted(change, partition)?;
            let record = change.build(|id, at| self.may_lead(id, at, broker_move))?;
            Some(MetadataRecord::from(record))
        })
    }

    pub(super) fn partition_at(
        &self,
        (topic, index): PartitionKey,
    ) -> Option<(&TopicImage, &Arc<PartitionImage>)> {
        let topic = self.image.topics().get_by_id(topic)?;
        Some((topic, topic.partition(index)?))
    }

    /// The rules by which a topic's leaders are chosen now.
    pub(super) fn topic_rules(&self, topic: &TopicImage) -> TopicRules {
        TopicRules::of(&self.settings, &self.image, topic)
    }

    /// Whether a broker can lead a partition that it has in this directory.
    pub(super) fn may_lead(&self, id: NodeId, at: DirectoryId, broker_move: BrokerMove) -> bool {
        if broker_move == BrokerMove::Leaves(id) {
            return false;
        }
        let Some(broker) = self.image.cluster().broker(id) else {
            return false;
        };
        let returns = broker_move == BrokerMove::Returns(id) && !broker.in_controlled_shutdown;
        (broker.is_active() || returns) && broker.has_online(at)
    }
}
