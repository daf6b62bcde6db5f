//! What a leader asks its owner to do.

use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionEpoch};

/// A consequence of an event; the owner carries them out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Everything below this offset is committed: publish it, answer the parked
    /// produce requests below it, wake the parked fetches, tell the followers.
    AdvanceHighWatermark(Offset),
    /// Ask the controller for other in-sync replicas (AlterPartition, KIP-497), until
    /// it answers. A later proposal replaces an earlier one.
    ProposeIsr(IsrProposal),
}

/// The in-sync replicas that a leader wants. Valid only for the two epochs in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrProposal {
    pub leader_epoch: LeaderEpoch,
    /// The one that the proposal is based on.
    pub partition_epoch: PartitionEpoch,
    /// In ascending order, each with the broker epoch in which it was seen to be in
    /// sync; `None` for the leader and for those that have not reported. KIP-903.
    pub in_sync: Vec<(NodeId, Option<BrokerEpoch>)>,
}

/// What the controller made of a proposal that it did not carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsrRefusal {
    /// A proposed replica may not join now: it is fenced, stops, or is another
    /// process by now. Nothing changed.
    Ineligible {
        /// An earlier sending of the same proposal was never answered, so that it may
        /// still be carried out.
        in_doubt: bool,
    },
    /// The proposal is based on what is no longer true; newer metadata is under way.
    Outdated,
    /// It is not known whether the proposal was carried out.
    Unknown,
}
