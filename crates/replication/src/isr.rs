//! The in-sync replicas.

use highwater_types::NodeId;

/// Why a replica set can not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsrError {
    /// The leader is not among its own in-sync replicas.
    LeaderMissing,
    /// An in-sync replica is not a replica at all.
    NotAReplica(NodeId),
}

/// The replicas of a partition and which of them are in sync, as last committed
/// by the controller.
///
/// Invariants: the leader is in sync; every in-sync replica is a replica; both
/// lists are without duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrSet {
    replicas: Vec<NodeId>,
    in_sync: Vec<NodeId>,
}

impl IsrSet {
    /// # Errors
    /// When the sets contradict each other or leave out the leader.
    pub fn new(leader: NodeId, replicas: &[NodeId], in_sync: &[NodeId]) -> Result<Self, IsrError> {
        let sorted = |nodes: &[NodeId]| {
            let mut nodes = nodes.to_vec();
            nodes.sort_unstable();
            nodes.dedup();
            nodes
        };
        let set = Self {
            replicas: sorted(replicas),
            in_sync: sorted(in_sync),
        };
        if let Some(stranger) = set.in_sync.iter().find(|node| !set.is_replica(**node)) {
            return Err(IsrError::NotAReplica(*stranger));
        }
        if !set.contains(leader) {
            return Err(IsrError::LeaderMissing);
        }
        Ok(set)
    }

    /// Whether the node is in sync.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.in_sync.binary_search(&node).is_ok()
    }

    /// Whether the node has a replica, in sync or not.
    #[must_use]
    pub fn is_replica(&self, node: NodeId) -> bool {
        self.replicas.binary_search(&node).is_ok()
    }

    /// The in-sync replicas in ascending order.
    #[must_use]
    pub fn in_sync(&self) -> &[NodeId] {
        &self.in_sync
    }

    /// All replicas in ascending order.
    #[must_use]
    pub fn replicas(&self) -> &[NodeId] {
        &self.replicas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[i32]) -> Vec<NodeId> {
        ids.iter().copied().map(NodeId).collect()
    }

    #[test]
    fn sets_are_sorted_and_without_duplicates() {
        let set = IsrSet::new(NodeId(1), &nodes(&[3, 1, 2, 1]), &nodes(&[2, 1])).unwrap();
        assert_eq!(set.replicas(), nodes(&[1, 2, 3]));
        assert_eq!(set.in_sync(), nodes(&[1, 2]));
        assert!(!set.contains(NodeId(3)));
    }

    #[test]
    fn contradictions_are_refused() {
        assert_eq!(
            IsrSet::new(NodeId(1), &nodes(&[1, 2]), &nodes(&[2])),
            Err(IsrError::LeaderMissing)
        );
        assert_eq!(
            IsrSet::new(NodeId(1), &nodes(&[1]), &nodes(&[1, 9])),
            Err(IsrError::NotAReplica(NodeId(9)))
        );
    }
}
