//! The types that openraft is instantiated with.

use std::fmt;

use bytes::Bytes;
use highwater_types::{DirectoryId, NodeId};

/// Identifies a voter for ever: derived from node and directory id, never reused,
/// so that a wiped node is a new voter. KIP-853.
pub type RaftNodeId = u64;

/// Who and where a voter is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voter {
    pub node_id: NodeId,
    pub directory_id: DirectoryId,
    pub endpoints: Vec<VoterEndpoint>,
}

/// One address of a voter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterEndpoint {
    pub listener: String,
    pub host: String,
    pub port: u16,
}

/// One encoded metadata record; the unit of the quorum's log, one offset each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedRecord(pub Bytes);

impl fmt::Display for ProposedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Display for Voter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.node_id, self.directory_id)
    }
}

openraft::declare_raft_types!(
    /// One leader per term, so that the term can be the leader epoch of the log.
    /// The runtime draws its random numbers from a seed.
    pub TypeConfig:
        D = ProposedRecord,
        R = (),
        NodeId = RaftNodeId,
        Node = Voter,
        LeaderId = openraft::impls::leader_id_std::LeaderId<u64, RaftNodeId>,
        AsyncRuntime = openraft_rt::deterministic_rng::DeterministicRng<openraft_rt_tokio::TokioRuntime>,
);

pub(crate) type Entry = openraft::type_config::alias::EntryOf<TypeConfig>;
pub(crate) type LogId = openraft::type_config::alias::LogIdOf<TypeConfig>;
pub(crate) type Vote = openraft::type_config::alias::VoteOf<TypeConfig>;
pub(crate) type Membership = openraft::Membership<RaftNodeId, Voter>;
pub(crate) type StoredMembership = openraft::type_config::alias::StoredMembershipOf<TypeConfig>;
pub(crate) type SnapshotMeta = openraft::type_config::alias::SnapshotMetaOf<TypeConfig>;
pub(crate) type Snapshot = openraft::type_config::alias::SnapshotOf<TypeConfig, Bytes>;

/// The voter id of a node's directory: stable over restarts, new after a wipe.
#[must_use]
pub fn raft_node_id(node_id: NodeId, directory_id: DirectoryId) -> RaftNodeId {
    // FNV-1a over both; a collision within one quorum of at most some dozens is
    // out of the question, and would only make the second voter be refused.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in node_id
        .get()
        .to_be_bytes()
        .into_iter()
        .chain(directory_id.0.0)
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
