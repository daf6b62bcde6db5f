//! The Raft quorum: openraft on Kafka's log format.

mod control_record;
mod entry_codec;
mod log_store;
mod network;
mod snapshot_store;
mod state_file;
mod state_machine;
mod types;

pub(crate) use log_store::QuorumLog;
pub(crate) use network::QuorumNetwork;
pub(crate) use snapshot_store::SnapshotStore;
pub(crate) use state_machine::{CommitListener, MetadataStateMachine};
pub(crate) use types::{
    ProposedRecord, RaftNodeId, TypeConfig, Voter, VoterEndpoint, raft_node_id,
};
