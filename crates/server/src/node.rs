//! One node in this process: its controller and its broker over the real ports.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use highwater_broker::Broker;
use highwater_platform::Platform;
use highwater_storage::{Disk, LockGuard, StdDisk};
use highwater_types::DirectoryId;

use crate::controller_host::ControllerHost;
use crate::format::{self, Formatted};
use crate::metadata_home;
use crate::settings::node::NodeConfig;
use crate::signals;

/// Threads for blocking work, beside the cores: an fsync waits for its disk.
const OFFLOAD_THREADS_PER_CORE: usize = 4;

/// A running node. It must be shut down; dropping it is like a crash.
pub struct Node {
    controller: ControllerHost,
    broker: Broker,
    /// Of the metadata log; released last.
    _lock: LockGuard,
}

impl Node {
    /// Formats empty data directories, then starts the controller and the broker.
    /// `cluster_id` is the cluster that the directories must belong to, if it matters.
    ///
    /// # Errors
    /// When the directories are not this node's, or something can not be opened.
    pub async fn start(config: NodeConfig, cluster_id: Option<&str>, cores: usize) -> Result<Self> {
        let platform = Platform::real(cores.max(1) * OFFLOAD_THREADS_PER_CORE)?;
        let disk: Arc<dyn Disk> = Arc::new(StdDisk);
        metadata_home::check(&*disk, &config.directories(), &config.metadata_log_dir)?;
        let formatted = format::prepare(
            &*disk,
            &*platform.entropy,
            &config.directories(),
            config.node_id,
            cluster_id,
        )?;
        for dir in &formatted.new {
            tracing::info!(dir = %dir.display(), cluster = %formatted.cluster_id, "formatted");
        }
        let lock = format::lock_metadata(&*disk, &config.metadata_log_dir)?;
        let (Some(controller), Some(broker)) = (&config.controller, config.broker.clone()) else {
            bail!("process.roles: a node that is only one of both is not possible yet");
        };
        if !config.quorum.is_alone(config.node_id) {
            bail!("controller.quorum.voters: several nodes are not possible yet");
        }
        let directory = metadata_directory(&config, &formatted)?;
        let controller = controller.config(&config, formatted.cluster_id.clone(), directory);
        let controller = ControllerHost::start(controller, disk.clone(), &platform).await?;
        let broker = broker.config(&config, formatted.cluster_id);
        match Broker::start(broker, disk, platform, controller.channel()).await {
            Ok(broker) => Ok(Self {
                controller,
                broker,
                _lock: lock,
            }),
            Err(error) => {
                let _ = controller.shutdown().await;
                Err(anyhow::Error::from(error).context("the broker can not start"))
            }
        }
    }

    /// Where clients connect to, by listener.
    pub fn addresses(&self) -> &[(String, SocketAddr)] {
        self.broker.bound_addresses()
    }

    /// Serves until it is asked to stop, then stops in order. `on_ready` is called
    /// once clients can connect.
    ///
    /// # Errors
    /// When the node fails, or can not be stopped in order.
    pub async fn run(self, on_ready: impl FnOnce(&Self)) -> Result<()> {
        let served = self.serve(on_ready).await;
        signals::exit_at_the_next_one();
        tracing::info!("stopping");
        let stopped = self.shutdown().await;
        served.and(stopped)
    }

    async fn serve(&self, on_ready: impl FnOnce(&Self)) -> Result<()> {
        let mut stop = std::pin::pin!(signals::stop_requested());
        tokio::select! {
            biased;
            stopped = &mut stop => return stopped,
            reason = self.controller.failed() => bail!("the controller failed: {reason}"),
            ready = self.broker.ready() => ready?,
        }
        on_ready(self);
        tokio::select! {
            biased;
            stopped = &mut stop => stopped,
            reason = self.controller.failed() => bail!("the controller failed: {reason}"),
            failed = self.broker.failed() => Err(failed.into()),
        }
    }

    async fn shutdown(self) -> Result<()> {
        let broker = self.broker.shutdown().await;
        let controller = self.controller.shutdown().await;
        broker.context("the broker did not stop in order")?;
        controller
    }
}

fn metadata_directory(config: &NodeConfig, formatted: &Formatted) -> Result<DirectoryId> {
    let mut directories = formatted.directories.iter();
    let metadata = directories.find(|(path, _)| *path == config.metadata_log_dir);
    let (_, id) = metadata.context("the directory of the metadata log was not formatted")?;
    Ok(*id)
}
