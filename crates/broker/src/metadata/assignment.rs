//! What the reconciler tells the replica manager.
//!
//! The replica manager answers to four calls, in the order of the metadata:
//! `apply_assignment(PartitionAssignment)` creates the log if there is none and
//! makes this broker its leader or follower; `remove_partition(&TopicPartition,
//! TopicId)` deletes it; `update_topic_config(TopicId, TopicConfig)` changes
//! how it is kept; and once, before the broker serves, `remove_strays(&BTreeSet<
//! (TopicId, PartitionIndex)>)` deletes what the cluster no longer assigns to this
//! broker. Each is idempotent; an assignment with an older leader or partition
//! epoch than the one in force is ignored.

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
