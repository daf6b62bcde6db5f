//! The links to all other brokers.

use std::sync::Arc;

use highwater_types::{LeaderEpoch, NodeId};

use crate::replica::Partition;

/// What happened to a partition that its followers should hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The log grew: sent at once.
    Records,
    /// The high watermark or the log start moved: sent within a few milliseconds,
    /// or with the next records.
    Watermark,
}

/// One link for each other broker that has a replica of what is led here.
///
/// Lives as long as the replica manager. Its methods are called by the partitions'
/// workers in the middle of their turns: they never wait, and take no lock that
/// another worker holds for long.
#[derive(Default)]
pub(crate) struct PeerLinks {}

impl PeerLinks {
    /// Pushes a partition to `followers` (all replicas but this broker's, in sync or
    /// not) from now on. Called again for each leader epoch and whenever the replicas
    /// change; in the same epoch, followers that stay keep their place.
    pub(crate) fn lead(
        &self,
        _partition: &Arc<Partition>,
        _leader_epoch: LeaderEpoch,
        _followers: &[NodeId],
    ) {
    }

    /// Stops pushing a partition. Does nothing if it is not led.
    pub(crate) fn unlead(&self, _partition: &Partition) {}

    /// Tells the links that there is something to send. Cheap: many calls before a
    /// link looks cost one wake-up.
    pub(crate) fn wake(&self, _partition: &Partition, _news: News) {}
}
