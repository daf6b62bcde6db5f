//! One partition's replicas and leadership.

use highwater_types::{DirectoryId, LeaderEpoch, NodeId, PartitionEpoch};

/// Directory ids with a meaning of their own. KIP-858.
pub mod directory {
    use highwater_types::{DirectoryId, Uuid};

    /// The replica moved here from a log without directory ids.
    pub const MIGRATING: DirectoryId = DirectoryId(Uuid([0; 16]));
    /// The broker may put the replica where it likes.
    pub const UNASSIGNED: DirectoryId = DirectoryId(Uuid(1u128.to_be_bytes()));
    /// The replica is in a directory that went offline.
    pub const LOST: DirectoryId = DirectoryId(Uuid(2u128.to_be_bytes()));

    /// Whether `id` names no real directory: Kafka keeps the first hundred ids.
    #[must_use]
    pub fn is_reserved(id: DirectoryId) -> bool {
        u128::from_be_bytes(id.0.0) < 100
    }
}

/// Whether the leader may have lost records when it was elected. KIP-704.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaderRecovery {
    #[default]
    Recovered,
    /// The leader was elected from outside the in-sync replicas.
    Recovering,
}

/// One partition's replicas and leadership, in the controller's view.
///
/// Invariants, checked after each replay in tests: replicas are distinct and have
/// one directory each; in-sync replicas, eligible leaders and the leader are
/// replicas; with a leader the in-sync replicas are not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionImage {
    /// In order of preference: the first is the preferred leader.
    pub replicas: Vec<NodeId>,
    /// The log directory of each replica, in the order of `replicas`.
    pub directories: Vec<DirectoryId>,
    /// Replicas that have every acknowledged record.
    pub isr: Vec<NodeId>,
    /// Replicas outside the ISR that may lead without loss. KIP-966.
    pub elr: Vec<NodeId>,
    /// The last leader that is known when `isr` and `elr` are empty. KIP-966.
    pub last_known_elr: Vec<NodeId>,
    /// [`NodeId::NONE`] when no replica can lead.
    pub leader: NodeId,
    /// Ascends with each new leader.
    pub leader_epoch: LeaderEpoch,
    /// Ascends with each change of this value.
    pub partition_epoch: PartitionEpoch,
    pub removing_replicas: Vec<NodeId>,
    pub adding_replicas: Vec<NodeId>,
    pub leader_recovery: LeaderRecovery,
}

impl PartitionImage {
    /// The leader, if the partition has one.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        (self.leader != NodeId::NONE).then_some(self.leader)
    }

    #[must_use]
    pub fn has_replica(&self, id: NodeId) -> bool {
        self.replicas.contains(&id)
    }

    /// The log directory of a broker's replica; `None` if it has no replica.
    #[must_use]
    pub fn directory_of(&self, id: NodeId) -> Option<DirectoryId> {
        let position = self.replicas.iter().position(|replica| *replica == id)?;
        self.directories.get(position).copied()
    }
}

impl LeaderRecovery {
    /// Reads Kafka's number; `None` for one that Kafka does not know.
    #[must_use]
    pub fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Recovered),
            1 => Some(Self::Recovering),
            _ => None,
        }
    }

    /// Kafka's number.
    #[must_use]
    pub fn code(self) -> i8 {
        match self {
            Self::Recovered => 0,
            Self::Recovering => 1,
        }
    }
}
