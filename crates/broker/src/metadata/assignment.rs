//! What the reconciler wants of one replica.

use highwater_metadata::config::TopicConfig;
use highwater_types::{LeaderEpoch, NodeId, PartitionEpoch, TopicId, TopicPartition};

/// One partition of which this broker hosts a replica, as the cluster wants it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PartitionAssignment {
    pub partition: TopicPartition,
    pub topic_id: TopicId,
    /// [`NodeId::NONE`] while there is no leader.
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub replicas: Vec<NodeId>,
    pub isr: Vec<NodeId>,
    /// The topic's configs in effect on this broker.
    pub config: TopicConfig,
}
