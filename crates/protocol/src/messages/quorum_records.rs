//! The bodies of the quorum's own control records in the metadata log
//! (KIP-853). Their keys are those of `record::ControlRecordType`.

use highwater_types::Uuid;

use crate::Message;

pub use super::raft_voter::{KRaftVersionFeature, RaftVoterListener};

/// The voters from here on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct VotersRecord {
    /// The version of this record.
    pub version: i16,
    pub voters: Vec<QuorumVoter>,
}

/// An element of `VotersRecord::voters`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct QuorumVoter {
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
    pub endpoints: Vec<RaftVoterListener>,
    pub kraft_version_feature: KRaftVersionFeature,
}

/// The level of `kraft.version` from here on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct KRaftVersionRecord {
    /// The version of this record.
    pub version: i16,
    pub kraft_version: i16,
}
