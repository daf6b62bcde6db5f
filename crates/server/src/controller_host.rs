//! A controller on threads of its own, so that brokers of the same process never delay
//! its ticks: a heartbeat that comes late looks like a dead leader.

use std::sync::Arc;

use anyhow::{Context, Result};
use highwater_controller::{Controller, ControllerConfig};
use highwater_platform::{Platform, ThreadOffload};
use highwater_rpc::ControllerChannel;
use highwater_storage::Disk;
use tokio::runtime::Runtime;

/// Threads of a controller's runtime.
const THREADS: usize = 1;
/// Threads for the controller's blocking work: syncing the metadata log, and beside it
/// a checkpoint.
const OFFLOAD_THREADS: usize = 2;

/// A running controller with its runtime.
pub struct ControllerHost {
    controller: Controller,
    runtime: OwnRuntime,
}

impl ControllerHost {
    /// Starts the controller. See [`Controller::start`].
    ///
    /// # Errors
    /// When it can not be started, or the system refuses threads.
    pub async fn start(
        config: ControllerConfig,
        disk: Arc<dyn Disk>,
        platform: &Platform,
    ) -> Result<Self> {
        let runtime = OwnRuntime::new()?;
        let platform = Platform {
            offload: Arc::new(ThreadOffload::new(OFFLOAD_THREADS)?),
            ..platform.clone()
        };
        let started = runtime.spawn(Controller::start(config, disk, platform));
        let controller = started.await?.context("the controller can not start")?;
        Ok(Self {
            controller,
            runtime,
        })
    }

    /// The way for a broker of this process.
    pub fn channel(&self) -> Arc<dyn ControllerChannel> {
        self.controller.channel()
    }

    /// Resolves when the controller has stopped by itself, with the reason.
    pub async fn failed(&self) -> String {
        self.controller.failed().await
    }

    /// Stops the controller in order.
    ///
    /// # Errors
    /// When its log can not be closed.
    pub async fn shutdown(self) -> Result<()> {
        let stopped = self.runtime.spawn(self.controller.shutdown());
        stopped
            .await?
            .context("the controller did not stop in order")
    }
}

/// A runtime that may be dropped on the threads of another one.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("controller")
            .enable_all()
            .build();
        Ok(Self(Some(
            runtime.context("the runtime of the controller can not start")?,
        )))
    }

    fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.0.as_ref().expect("it is only taken when dropped");
        runtime.spawn(future)
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
