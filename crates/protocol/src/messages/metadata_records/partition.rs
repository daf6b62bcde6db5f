//! Records about partitions.

use highwater_types::Uuid;

use crate::Message;

/// A partition was created, or its whole state. Record type 3.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 3, versions = "0-2", flexible = "0+")]
pub struct PartitionRecord {
    #[field(default = -1)]
    pub partition_id: i32,
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub removing_replicas: Vec<i32>,
    pub adding_replicas: Vec<i32>,
    /// -1 if there is none.
    #[field(default = -1)]
    pub leader: i32,
    /// 0 recovered, 1 recovering from an unclean election.
    #[field(tag = 0)]
    pub leader_recovery_state: i8,
    /// Goes up with every change of the leader.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Goes up with every change of the partition.
    #[field(default = -1)]
    pub partition_epoch: i32,
    /// The directory id of each replica, in the order of `replicas` (KIP-858).
    #[field(versions = "1+")]
    pub directories: Vec<Uuid>,
    /// Outside of the in-sync set, but safe to elect (KIP-966).
    #[field(versions = "2+", nullable = "2+", tag = 1, default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// The last in-sync replicas, when nobody safe is left (KIP-966).
    #[field(versions = "2+", nullable = "2+", tag = 2, default = null)]
    pub last_known_elr: Option<Vec<i32>>,
}

/// A partition changed: only what is set. Record type 5.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 5, versions = "0-2", flexible = "0+")]
pub struct PartitionChangeRecord {
    #[field(default = -1)]
    pub partition_id: i32,
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
    /// Null for no change, here and below.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub isr: Option<Vec<i32>>,
    /// -2 for no change, -1 for none.
    #[field(tag = 1, default = -2)]
    pub leader: i32,
    #[field(nullable = "0+", tag = 2, default = null)]
    pub replicas: Option<Vec<i32>>,
    #[field(nullable = "0+", tag = 3, default = null)]
    pub removing_replicas: Option<Vec<i32>>,
    #[field(nullable = "0+", tag = 4, default = null)]
    pub adding_replicas: Option<Vec<i32>>,
    /// -1 for no change, 0 recovered, 1 recovering.
    #[field(tag = 5, default = -1)]
    pub leader_recovery_state: i8,
    /// The directory id of each replica, in the order of `replicas` (KIP-858).
    #[field(versions = "1+", nullable = "1+", tag = 8, default = null)]
    pub directories: Option<Vec<Uuid>>,
    /// Outside of the in-sync set, but safe to elect (KIP-966).
    #[field(versions = "2+", nullable = "2+", tag = 6, default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// The last in-sync replicas, when nobody safe is left (KIP-966).
    #[field(versions = "2+", nullable = "2+", tag = 7, default = null)]
    pub last_known_elr: Option<Vec<i32>>,
}

/// The eligible leader replicas of a topic, or of all, are forgotten (KIP-966).
/// Record type 28.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 28, versions = "0", flexible = "0+")]
pub struct ClearElrRecord {
    /// Empty for all topics.
    pub topic_name: String,
}
