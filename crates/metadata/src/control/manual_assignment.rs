//! Replicas of new partitions: chosen by hand, or placed.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_types::{DirectoryId, LeaderEpoch, NodeId, PartitionEpoch};

use super::{ApiError, ControllerState};
use crate::image::{PartitionImage, directory};

/// Replicas of one partition that a client asked for.
pub(super) struct ManualAssignment<'a> {
    pub partition: i32,
    pub broker_ids: &'a [i32],
    /// How many replicas the topic's other partitions have, if there are any yet.
    pub replication_factor: Option<usize>,
}

impl ControllerState {
    /// Checks replicas that were chosen by hand, and makes the partition of them.
    pub(super) fn assigned_partition(
        &self,
        assignment: &ManualAssignment<'_>,
    ) -> Result<PartitionImage, ApiError> {
        let refused =
            |message: String| Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, message));
        let ids = assignment.broker_ids;
        if ids.is_empty() {
            return refused(
                "The manual partition assignment includes an empty replica list.".into(),
            );
        }
        let mut seen = BTreeSet::new();
        for id in ids {
            if self.image.cluster().broker(NodeId(*id)).is_none() {
                return refused(format!(
                    "The manual partition assignment includes broker {id}, but no such broker \
                     is registered."
                ));
            }
            if !seen.insert(id) {
                return refused(format!(
                    "The manual partition assignment includes the broker {id} more than once."
                ));
            }
        }
        if let Some(factor) = assignment.replication_factor
            && factor != ids.len()
        {
            return refused(format!(
                "The manual partition assignment includes a partition with {} replica(s), but \
                 this is not consistent with previous partitions, which have {factor} replica(s).",
                ids.len()
            ));
        }
        let replicas = ids.iter().copied().map(NodeId).collect();
        self.new_partition(replicas).ok_or_else(|| {
            let message = format!(
                "All brokers specified in the manual partition assignment for partition {} are \
                 fenced or in controlled shutdown.",
                assignment.partition
            );
            ApiError::new(ErrorCode::InvalidReplicaAssignment, message)
        })
    }

    /// A partition as it begins: active replicas are in sync and the first of them
    /// leads. `None` if no replica is active.
    pub(super) fn new_partition(&self, replicas: Vec<NodeId>) -> Option<PartitionImage> {
        let active = |id: &NodeId| self.image.cluster().is_active(*id);
        let isr: Vec<NodeId> = replicas.iter().copied().filter(active).collect();
        let leader = *isr.first()?;
        let directories = replicas.iter().map(|id| self.directory_for(*id)).collect();
        Some(PartitionImage {
            replicas,
            directories,
            isr,
            leader,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            ..PartitionImage::default()
        })
    }

    /// Where a broker puts a new replica: known if it has one directory, else its choice.
    fn directory_for(&self, id: NodeId) -> DirectoryId {
        match self
            .image
            .cluster()
            .broker(id)
            .map(|b| b.directories.as_slice())
        {
            Some([only]) => *only,
            Some([]) => directory::MIGRATING,
            _ => directory::UNASSIGNED,
        }
    }
}
