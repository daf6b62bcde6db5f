//! The voters' way to each other.
//!
//! There is no RPC between controllers yet: every other voter is unreachable, which
//! makes openraft back off. A quorum of one never asks.

use std::future::Future;

use bytes::Bytes;
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};

use super::types::{Snapshot, TypeConfig, Vote, VoterId, VoterNode};

/// Makes connections to other voters.
pub(crate) struct QuorumNetwork;

/// A voter that can not be reached.
pub(crate) struct UnreachableVoter {
    target: VoterId,
}

impl UnreachableVoter {
    fn error(&self) -> Unreachable<TypeConfig> {
        Unreachable::from_string(format!("no way to voter {}", self.target))
    }
}

impl RaftNetworkFactory<TypeConfig> for QuorumNetwork {
    type Network = UnreachableVoter;

    async fn new_client(&mut self, target: VoterId, _node: &VoterNode) -> UnreachableVoter {
        UnreachableVoter { target }
    }
}

impl RaftNetworkV2<TypeConfig> for UnreachableVoter {
    type SnapshotData = Bytes;

    async fn append_entries(
        &mut self,
        _rpc: AppendEntriesRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(self.error().into())
    }

    async fn vote(
        &mut self,
        _rpc: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(self.error().into())
    }

    /// The default would grant: a voter that is cut off would think that all want it.
    async fn pre_vote(
        &mut self,
        _rpc: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(self.error().into())
    }

    async fn full_snapshot(
        &mut self,
        _vote: Vote,
        _snapshot: Snapshot,
        _cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        Err(self.error().into())
    }

    async fn transfer_leader(
        &mut self,
        _request: TransferLeaderRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(self.error().into())
    }
}
