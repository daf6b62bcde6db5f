//! What a controller is told at its start.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use highwater_types::{ClusterId, DirectoryId, NodeId};

use crate::quorum::types::{VoterId, VoterNode};

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
    /// The voters of a new quorum, this node included; empty for this node alone. A
    /// quorum that exists knows its own.
    pub voters: BTreeMap<VoterId, VoterNode>,
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

impl ControllerConfig {
    /// A quorum of this node alone, with Kafka's defaults.
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
            voters: BTreeMap::new(),
            broker_session_timeout: Duration::from_secs(9),
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
