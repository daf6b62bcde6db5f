//! What a controller is told at its start.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use highwater_types::{ClusterId, DirectoryId, NodeId};

use crate::quorum::types::{VoterEndpoint, VoterId, VoterNode};

/// One controller's configuration; every value here is already valid.
#[derive(Clone, Debug)]
pub struct ControllerConfig {
    /// `node.id`
    pub node_id: NodeId,
    /// The cluster that this node was formatted for.
    pub cluster_id: ClusterId,
    /// The id of the metadata directory, from its `meta.properties`.
    pub directory_id: DirectoryId,
    /// `metadata.log.dir`, absolute and formatted.
    pub metadata_dir: PathBuf,
    /// Where other controllers and brokers reach this one: its listener of
    /// `controller.listener.names`. The caller serves that address; `None` for a
    /// controller that only its own process talks to.
    pub listener: Option<VoterEndpoint>,
    /// The voters of a new quorum, this node included; empty for this node alone. A
    /// quorum that exists knows its own. Those of `controller.quorum.voters` have the
    /// zero directory id, because nobody knows the real ones yet.
    pub voters: BTreeMap<VoterId, VoterNode>,
    /// `controller.quorum.bootstrap.servers`, as `host:port`: where a controller that
    /// is no voter finds the quorum. KIP-853.
    pub bootstrap_servers: Vec<String>,
    /// `controller.quorum.auto.join.enable`: a controller that is no voter asks to
    /// become one. KIP-853.
    pub auto_join: bool,
    pub timeouts: QuorumTimeouts,
    /// `broker.session.timeout.ms`
    pub broker_session_timeout: Duration,
    /// `metadata.log.max.record.bytes.between.snapshots`
    pub snapshot_record_bytes: u64,
    /// `metadata.log.max.snapshot.interval.ms`
    pub snapshot_interval: Duration,
    /// `metadata.log.segment.bytes`
    pub segment_bytes: u32,
    /// The properties that were set, by Kafka's names: the defaults of new topics.
    pub properties: BTreeMap<String, String>,
}

/// How patient the controllers of one quorum are with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumTimeouts {
    /// Between two heartbeats of the quorum's leader. There is no config for it: a
    /// third of the election timeout.
    pub heartbeat_interval: Duration,
    /// `controller.quorum.fetch.timeout.ms`: a voter that hears nothing from the leader
    /// for one to two times this long asks for an election.
    pub election_timeout: Duration,
    /// `controller.quorum.request.timeout.ms`
    pub request_timeout: Duration,
}

impl QuorumTimeouts {
    /// Heartbeats that fit into one election timeout.
    const BEATS: u32 = 3;

    /// Timeouts for a quorum that elects after `election_timeout`.
    #[must_use]
    pub fn electing_after(election_timeout: Duration) -> Self {
        Self {
            heartbeat_interval: (election_timeout / Self::BEATS).max(Duration::from_millis(1)),
            election_timeout,
            request_timeout: Duration::from_secs(2),
        }
    }
}

impl Default for QuorumTimeouts {
    fn default() -> Self {
        Self::electing_after(Duration::from_millis(150))
    }
}

impl ControllerConfig {
    /// A quorum of this node alone, with the defaults of the properties.
    #[must_use]
    pub fn single(
        node_id: NodeId,
        cluster_id: ClusterId,
        directory_id: DirectoryId,
        metadata_dir: PathBuf,
    ) -> Self {
        Self {
            node_id,
            cluster_id,
            directory_id,
            metadata_dir,
            listener: None,
            voters: BTreeMap::new(),
            bootstrap_servers: Vec::new(),
            auto_join: false,
            timeouts: QuorumTimeouts::default(),
            broker_session_timeout: Duration::from_millis(1500),
            snapshot_record_bytes: 20 << 20,
            snapshot_interval: Duration::from_secs(60 * 60),
            segment_bytes: 1 << 30,
            properties: BTreeMap::new(),
        }
    }

    pub(crate) fn voter_id(&self) -> VoterId {
        VoterId {
            node: self.node_id,
            directory: self.directory_id,
        }
    }
}
