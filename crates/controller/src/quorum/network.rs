//! The way to the other voters. There are none yet, so nobody can be reached.

use std::future::Future;
use std::io;

use bytes::Bytes;
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{Backoff, RPCOption};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse,
};
use openraft::{OptionalSend, RaftNetworkFactory, RaftNetworkV2};

use super::types::{RaftNodeId, Snapshot, TypeConfig, Vote, Voter};

/// Makes connections to voters.
pub(crate) struct QuorumNetwork;

/// The connection to one voter.
pub(crate) struct PeerConnection {
    peer: Voter,
}

impl RaftNetworkFactory<TypeConfig> for QuorumNetwork {
    type Network = PeerConnection;

    async fn new_client(&mut self, _target: RaftNodeId, peer: &Voter) -> Self::Network {
        PeerConnection { peer: peer.clone() }
    }
}

impl PeerConnection {
    /// `Unreachable` makes openraft wait before it tries again; another error would not.
    fn unreachable(&self) -> Unreachable<TypeConfig> {
        let what = format!("there is no way to voter {} yet", self.peer);
        Unreachable::new(&io::Error::new(io::ErrorKind::NotConnected, what))
    }
}

impl RaftNetworkV2<TypeConfig> for PeerConnection {
    type SnapshotData = Bytes;

    async fn append_entries(
        &mut self,
        _request: AppendEntriesRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(RPCError::Unreachable(self.unreachable()))
    }

    async fn vote(
        &mut self,
        _request: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(RPCError::Unreachable(self.unreachable()))
    }

    /// Not the default, which grants without asking.
    async fn pre_vote(
        &mut self,
        _request: VoteRequest<TypeConfig>,
        _option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        Err(RPCError::Unreachable(self.unreachable()))
    }

    async fn full_snapshot(
        &mut self,
        _vote: Vote,
        _snapshot: Snapshot,
        _cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        Err(StreamingError::Unreachable(self.unreachable()))
    }

    fn backoff(&self) -> Option<Backoff> {
        None
    }
}
