//! Changes of in-sync replicas, on their way to the controller. KIP-497.

use highwater_protocol::ErrorCode;
use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicId};
use parking_lot::Mutex;

/// The in-sync replicas that a leader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IsrProposal {
    /// See [`super::Partition::number`].
    pub partition: u64,
    /// The worker that gets the answer.
    pub worker: usize,
    pub topic_id: TopicId,
    pub index: PartitionIndex,
    pub leader_epoch: LeaderEpoch,
    /// The one that the proposal is based on.
    pub partition_epoch: PartitionEpoch,
    /// With the broker epoch in which each was seen to be in sync; `None` for this
    /// broker, and for followers that stay and have not reported. KIP-903.
    pub in_sync: Vec<(NodeId, Option<BrokerEpoch>)>,
}

/// What the controller made of a proposal. Failures to reach it are not told: the
/// proposal is sent again until it is answered or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IsrAnswer {
    /// Committed; the metadata will say the same, sooner or later than this.
    Committed {
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        in_sync: Vec<NodeId>,
    },
    /// Nothing changed; the code says why.
    Refused(ErrorCode),
}

/// Proposals of all partitions that are led here, at most one for each at a time.
#[derive(Default)]
pub(crate) struct IsrProposals {
    waiting: Mutex<Vec<IsrProposal>>,
}

impl IsrProposals {
    /// Adds a proposal. One of the same partition that was not sent yet is replaced.
    /// Never waits. The answer comes as a command with the proposal's epochs.
    pub(crate) fn propose(&self, proposal: IsrProposal) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|other| other.partition != proposal.partition);
        waiting.push(proposal);
    }

    /// Withdraws what was not sent yet: the leadership ended.
    pub(crate) fn withdraw(&self, partition: u64) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|other| other.partition != partition);
    }
}
