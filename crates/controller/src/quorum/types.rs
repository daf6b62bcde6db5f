//! The types that openraft is instantiated with.

use std::fmt;

use bytes::Bytes;
use highwater_rpc::ActiveController;
use highwater_types::{DirectoryId, LeaderEpoch, NodeId, Offset};
use openraft::impls::{ProgressResponder, leader_id_std};
use openraft::metrics::RaftServerMetrics;
use openraft::type_config::alias::{
    EntryOf, LogIdOf, SnapshotMetaOf, SnapshotOf, StoredMembershipOf, VoteOf,
};
use openraft_rt::deterministic_rng::DeterministicRng;
use openraft_rt_tokio::TokioRuntime;

use super::state_machine::StateMachine;

openraft::declare_raft_types!(
    /// Standard Raft: one leader per term, so that the term can be the leader epoch.
    ///
    /// Election timeouts are drawn from a seeded generator. In production the seed
    /// comes from the operating system, in a simulation from the simulation.
    pub(crate) TypeConfig:
        D = EncodedRecord,
        R = (),
        NodeId = VoterId,
        Node = VoterNode,
        Term = u64,
        LeaderId = leader_id_std::LeaderId<u64, VoterId>,
        Vote = openraft::impls::Vote<leader_id_std::LeaderId<u64, VoterId>>,
        AsyncRuntime = SeededRuntime,
);

pub(crate) type SeededRuntime = DeterministicRng<TokioRuntime>;
pub(crate) type Raft = openraft::Raft<TypeConfig, StateMachine>;
pub(crate) type Entry = EntryOf<TypeConfig>;
pub(crate) type LogId = LogIdOf<TypeConfig>;
pub(crate) type Vote = VoteOf<TypeConfig>;
pub(crate) type LeaderId = leader_id_std::LeaderId<u64, VoterId>;
pub(crate) type Membership = openraft::Membership<VoterId, VoterNode>;
pub(crate) type StoredMembership = StoredMembershipOf<TypeConfig>;
pub(crate) type SnapshotMeta = SnapshotMetaOf<TypeConfig>;
/// A snapshot's data is its checkpoint file.
pub(crate) type Snapshot = SnapshotOf<TypeConfig, Bytes>;
pub(crate) type WriteResponder =
    ProgressResponder<TypeConfig, openraft::raft::ClientWriteResult<TypeConfig>>;

/// One metadata record with its frame: what one entry of the quorum's log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncodedRecord(pub Bytes);

/// A voter: a node with one particular metadata directory. A node that lost its
/// directory comes back as another voter, so that it can not vote twice in a term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoterId {
    pub node: NodeId,
    pub directory: DirectoryId,
}

/// Where a voter is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterNode {
    pub endpoints: Vec<VoterEndpoint>,
}

/// One address of a voter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterEndpoint {
    /// The listener's name.
    pub listener: String,
    pub host: String,
    pub port: u16,
}

impl fmt::Display for EncodedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Display for VoterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.node, self.directory)
    }
}

#[cfg(test)]
impl From<u64> for VoterId {
    fn from(id: u64) -> Self {
        Self {
            node: NodeId(i32::try_from(id).unwrap_or(i32::MAX)),
            directory: DirectoryId::default(),
        }
    }
}

/// The offset of a Raft index.
///
/// # Panics
/// Past 2^63, which no log reaches.
pub(crate) fn offset_of(index: u64) -> Offset {
    Offset(i64::try_from(index).expect("a Raft index fits an offset"))
}

/// The Raft index of an offset.
///
/// # Panics
/// Below zero: such an offset is not in a log.
pub(crate) fn index_of(offset: Offset) -> u64 {
    u64::try_from(offset.get()).expect("an offset in a log is not negative")
}

/// The leader epoch of a term.
///
/// # Panics
/// Past 2^31 elections.
pub(crate) fn epoch_of(term: u64) -> LeaderEpoch {
    LeaderEpoch(i32::try_from(term).expect("a Raft term fits a leader epoch"))
}

/// The log id of an offset and the leader epoch in which it was appended.
pub(crate) fn log_id(epoch: i32, offset: i64) -> std::io::Result<LogId> {
    match (u64::try_from(epoch), u64::try_from(offset)) {
        (Ok(term), Ok(index)) => Ok(LogId::new(term.into(), index)),
        _ => Err(invalid_data(format!(
            "offset {offset} of leader epoch {epoch}"
        ))),
    }
}

/// What is on disk can not be true.
pub(crate) fn invalid_data(reason: impl Into<String>) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, reason.into())
}

/// Who leads the quorum, and where its controller listens.
pub(crate) fn leader_of(metrics: &RaftServerMetrics<TypeConfig>) -> Option<ActiveController> {
    let leader = metrics.current_leader?;
    let node = metrics.membership_config.membership().get_node(&leader);
    let endpoint = node.and_then(|node| node.endpoints.first());
    Some(ActiveController {
        id: leader.node,
        address: endpoint.map(|endpoint| format!("{}:{}", endpoint.host, endpoint.port)),
    })
}
