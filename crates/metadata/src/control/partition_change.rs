//! Which leader and in-sync replicas a partition gets when a broker comes or goes.

use highwater_protocol::messages::metadata_records::PartitionChangeRecord;
use highwater_types::{NodeId, PartitionIndex, TopicId};

use super::ControllerState;
use crate::MetadataRecord;
use crate::config::topic_value;
use crate::image::{LeaderRecovery, PartitionImage, TopicImage, directory};
use crate::snapshot::plain_ids;

/// What happens to a broker while the partitions are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrokerMove {
    /// It leaves the in-sync replicas and leads nothing.
    Leaves(NodeId),
    /// It may lead, though the state still says that it is fenced.
    Returns(NodeId),
}

impl ControllerState {
    /// The changes of all partitions that a broker's coming or going touches.
    pub(super) fn partition_changes(&self, broker_move: BrokerMove) -> Vec<MetadataRecord> {
        self.partition_changes_where(broker_move, |_| true)
    }

    /// As [`Self::partition_changes`], of some partitions only.
    pub(super) fn partition_changes_where(
        &self,
        broker_move: BrokerMove,
        wanted: impl Fn(&PartitionImage) -> bool,
    ) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        for topic in self.image.topics().iter() {
            // Looked up once for a topic, and only if something in it is touched.
            let mut unclean = None;
            for (index, partition) in topic.partitions() {
                let touched = match broker_move {
                    BrokerMove::Leaves(id) => partition.isr.contains(&id) || partition.leader == id,
                    BrokerMove::Returns(id) => {
                        partition.leader == NodeId::NONE && partition.has_replica(id)
                    }
                };
                if !touched || !wanted(partition) {
                    continue;
                }
                let unclean = *unclean.get_or_insert_with(|| self.allows_unclean_election(topic));
                let change =
                    self.partition_change(topic.id(), index, partition, broker_move, unclean);
                records.extend(change.map(MetadataRecord::from));
            }
        }
        records
    }

    /// How one partition changes; `None` if it does not.
    ///
    /// The last in-sync replica stays in the list when it leaves, because it alone has
    /// every acknowledged record: the partition is then without a leader until it returns.
    fn partition_change(
        &self,
        topic_id: TopicId,
        index: PartitionIndex,
        partition: &PartitionImage,
        broker_move: BrokerMove,
        unclean: bool,
    ) -> Option<PartitionChangeRecord> {
        let may_lead = |id: NodeId| self.may_lead(partition, id, broker_move);
        let mut isr = partition.isr.clone();
        if let BrokerMove::Leaves(id) = broker_move {
            isr.retain(|member| *member != id);
        }
        let mut record = PartitionChangeRecord {
            partition_id: index.get(),
            topic_id: topic_id.0,
            ..PartitionChangeRecord::default()
        };
        let stays = isr.contains(&partition.leader) && may_lead(partition.leader);
        let mut candidates = partition.replicas.iter().copied();
        let clean = candidates.find(|id| isr.contains(id) && may_lead(*id));
        let leader = if stays {
            partition.leader
        } else if let Some(leader) = clean {
            leader
        } else if let Some(leader) = partition
            .replicas
            .iter()
            .copied()
            .find(|id| unclean && may_lead(*id))
        {
            // What only the lost in-sync replicas had is given up.
            isr = vec![leader];
            record.leader_recovery_state = LeaderRecovery::Recovering.code();
            leader
        } else {
            NodeId::NONE
        };
        if isr.is_empty() {
            isr.clone_from(&partition.isr);
        }
        if leader != partition.leader {
            record.leader = leader.get();
        }
        if isr != partition.isr {
            record.isr = Some(plain_ids(&isr));
        }
        (record.isr.is_some() || leader != partition.leader).then_some(record)
    }

    /// Whether a broker can lead a partition of which it has a replica.
    fn may_lead(&self, partition: &PartitionImage, id: NodeId, broker_move: BrokerMove) -> bool {
        if broker_move == BrokerMove::Leaves(id) {
            return false;
        }
        let Some(broker) = self.image.cluster().broker(id) else {
            return false;
        };
        let returns = broker_move == BrokerMove::Returns(id) && !broker.in_controlled_shutdown;
        if !broker.is_active() && !returns {
            return false;
        }
        match partition.directory_of(id) {
            None | Some(directory::LOST) => false,
            Some(at) => directory::is_reserved(at) || broker.directories.contains(&at),
        }
    }

    /// `unclean.leader.election.enable` of a topic.
    fn allows_unclean_election(&self, topic: &TopicImage) -> bool {
        let overrides = self.image.configs().of_topic(topic.name().as_str());
        let defaults = self.dynamic_defaults();
        let layers = self.broker_layers(&defaults);
        topic_value("unclean.leader.election.enable", &overrides, layers)
            .and_then(|value| value.as_bool())
            .unwrap_or(false)
    }

    /// Whether a broker leads anything.
    pub(super) fn has_leaderships(&self, id: NodeId) -> bool {
        let topics = self.image.topics().iter();
        topics
            .flat_map(|topic| topic.partitions())
            .any(|(_, partition)| partition.leader == id)
    }
}
