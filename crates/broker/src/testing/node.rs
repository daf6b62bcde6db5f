//! One broker with its controller, in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::Platform;
use highwater_storage::StdDisk;
use highwater_types::{ClusterId, NodeId};
use tempfile::TempDir;

use super::{Client, LocalController};
use crate::{Broker, BrokerConfig};

/// A broker that is ready, on a port that the system chose.
pub(crate) struct Node {
    pub broker: Broker,
    pub controller: Arc<LocalController>,
    pub dir: TempDir,
}

/// Of every cluster here.
pub(crate) fn cluster_id() -> ClusterId {
    ClusterId("test-cluster".into())
}

pub(crate) fn config(dir: &Path) -> BrokerConfig {
    BrokerConfig::new(NodeId(1), cluster_id(), vec![dir.to_owned()])
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut BrokerConfig)) -> Self {
        let controller = LocalController::new(&cluster_id());
        let dir = TempDir::new().expect("a temporary folder");
        Self::start_in(dir, controller, change).await
    }

    pub(crate) async fn start_in(
        dir: TempDir,
        controller: Arc<LocalController>,
        change: impl FnOnce(&mut BrokerConfig),
    ) -> Self {
        let mut config = config(dir.path());
        change(&mut config);
        let platform = Platform::real(2).expect("threads");
        let broker = Broker::start(config, Arc::new(StdDisk), platform, controller.clone());
        let broker = broker.await.expect("starts");
        tokio::time::timeout(Duration::from_secs(10), broker.ready())
            .await
            .expect("in time")
            .expect("ready");
        Self {
            broker,
            controller,
            dir,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.broker.bound_addresses()[0].1
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address()).await
    }
}
