//! What the controller of a node is told.

use std::collections::BTreeMap;
use std::time::Duration;

use highwater_controller::{ControllerConfig, VoterEndpoint, VoterId, VoterNode};
use highwater_types::{ClusterId, DirectoryId, NodeId};

use super::addresses::ControllerListener;
use super::node::NodeConfig;
use super::quorum::QuorumSettings;
use super::reader::Reader;

/// The typed configs of a controller.
#[derive(Clone, Debug)]
pub struct ControllerSettings {
    /// The first is the one that others use.
    pub listeners: Vec<ControllerListener>,
    pub broker_session_timeout: Duration,
    pub snapshot_record_bytes: u64,
    pub snapshot_interval: Duration,
    pub segment_bytes: u32,
}

impl ControllerSettings {
    /// What the controller of `node` is told, once its directory is known.
    pub fn config(
        &self,
        node: &NodeConfig,
        cluster_id: ClusterId,
        directory_id: DirectoryId,
    ) -> ControllerConfig {
        let single = ControllerConfig::single(
            node.node_id,
            cluster_id,
            directory_id,
            node.metadata_log_dir.clone(),
        );
        let listener = self.listeners.first().map(|listener| &listener.advertised);
        ControllerConfig {
            listener: listener.map(|listener| VoterEndpoint {
                listener: listener.name.clone(),
                host: listener.host.clone(),
                port: listener.port,
            }),
            voters: voters(
                &node.quorum,
                node.node_id,
                listener.map(|l| l.name.as_str()),
            ),
            bootstrap_servers: node.quorum.bootstrap_servers.clone(),
            auto_join: node.quorum.auto_join,
            timeouts: node.quorum.timeouts.clone(),
            broker_session_timeout: self.broker_session_timeout,
            snapshot_record_bytes: self.snapshot_record_bytes,
            snapshot_interval: self.snapshot_interval,
            segment_bytes: self.segment_bytes,
            properties: node.properties.clone(),
            ..single
        }
    }
}

/// The fixed voters, whose directories nobody knows yet. A node alone needs none.
fn voters(
    quorum: &QuorumSettings,
    node: NodeId,
    listener: Option<&str>,
) -> BTreeMap<VoterId, VoterNode> {
    if quorum.is_alone(node) {
        return BTreeMap::new();
    }
    let voter = |voter: &super::quorum::Voter| {
        let id = VoterId {
            node: voter.node,
            directory: DirectoryId::default(),
        };
        let endpoint = VoterEndpoint {
            listener: listener.unwrap_or_default().to_owned(),
            host: voter.host.clone(),
            port: voter.port,
        };
        let endpoints = vec![endpoint];
        (id, VoterNode { endpoints })
    };
    quorum.voters.iter().map(voter).collect()
}

impl Reader<'_> {
    pub(super) fn controller(&self, listeners: Vec<ControllerListener>) -> ControllerSettings {
        let snapshot_bytes = self.int("metadata.log.max.record.bytes.between.snapshots");
        ControllerSettings {
            listeners,
            broker_session_timeout: self.milliseconds("broker.session.timeout.ms"),
            snapshot_record_bytes: u64::try_from(snapshot_bytes).unwrap_or(u64::MAX),
            snapshot_interval: self.milliseconds("metadata.log.max.snapshot.interval.ms"),
            segment_bytes: u32::try_from(self.int("metadata.log.segment.bytes"))
                .unwrap_or(u32::MAX),
        }
    }
}
