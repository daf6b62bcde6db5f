//! A node of the simulated cluster: the real controller and broker on simulated ports.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use highwater_broker::{AdvertisedListener, Broker, BrokerConfig, ListenerConfig};
use highwater_controller::{Controller, ControllerConfig};
use highwater_storage::Disk;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{ClusterId, DirectoryId, NodeId, Uuid};
use tokio::sync::Notify;

use crate::ports;

/// The name of the only node.
pub const HOST: &str = "node-1";

/// The port that every simulated broker listens on.
pub const PORT: u16 = 9092;

/// The folder of a node's data, on its own disk.
pub const DATA_DIR: &str = "/data";

/// What stays the same over a node's lives.
#[derive(Clone)]
pub struct Node {
    pub host: String,
    pub disk: SimulatedDisk,
    pub knobs: Knobs,
    /// Asks the node to stop in order.
    pub stop: Arc<Notify>,
}

/// Settings that are drawn anew for each run, so that odd ones are everyday.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// The longest an fsync takes.
    pub sync_latency_max: Duration,
    /// How far the node's wall clock is off.
    pub clock_skew_ms: i64,
    /// Bytes of metadata records after which a snapshot replaces them.
    pub snapshot_record_bytes: u64,
    /// Properties of the broker.
    pub properties: Vec<(String, String)>,
    /// The deliberate mistake that a run is to show up, if any.
    pub mistake: Option<Mistake>,
}

/// A mistake built in on purpose, to prove that the checkers find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mistake {
    /// Acknowledge what has not been flushed.
    AcknowledgeBeforeFlush,
}

/// One life of a node, from its start until it is asked to stop or the host
/// crashes. `seed` decides the random choices of this life.
///
/// # Errors
/// When the node can not start or go on, which no crash may bring about.
pub async fn run_node(node: Node, seed: u64) -> anyhow::Result<()> {
    let platform = ports::platform(seed, node.knobs.clock_skew_ms, node.knobs.sync_latency_max);
    let disk: Arc<dyn Disk> = Arc::new(node.disk.clone());
    let data = PathBuf::from(DATA_DIR);
    let (node_id, cluster_id) = (NodeId(1), ClusterId("simulated".to_string()));
    let quorum = ControllerConfig {
        snapshot_record_bytes: node.knobs.snapshot_record_bytes,
        ..ControllerConfig::single(
            node_id,
            cluster_id.clone(),
            DirectoryId(Uuid([1; 16])),
            data.clone(),
        )
    };
    let controller = Controller::start(quorum, disk.clone(), platform.clone()).await?;

    let mut config = BrokerConfig::new(node_id, cluster_id, vec![data]);
    config.listeners = vec![ListenerConfig {
        name: "PLAINTEXT".to_string(),
        host: "0.0.0.0".to_string(),
        port: PORT,
    }];
    config.advertised_listeners = vec![AdvertisedListener {
        name: "PLAINTEXT".to_string(),
        host: node.host.clone(),
        port: PORT,
    }];
    config.properties.extend(node.knobs.properties.clone());
    match node.knobs.mistake {
        Some(Mistake::AcknowledgeBeforeFlush) => config.replica.testing_ack_before_flush = true,
        None => {}
    }
    let broker = Broker::start(config, disk, platform, controller.channel()).await?;
    broker.ready().await?;
    tokio::select! { biased;
        () = node.stop.notified() => {}
        failed = broker.failed() => return Err(failed.into()),
        failed = controller.failed() => anyhow::bail!("the controller failed: {failed}"),
    }
    broker.shutdown().await?;
    controller.shutdown().await?;
    Ok(())
}
