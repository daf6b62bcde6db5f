//! Where the other brokers are.

use std::sync::Arc;

use highwater_metadata::image::BrokerImage;
use highwater_platform::Network;
use highwater_rpc::NodeIdentity;
use highwater_types::{BrokerEpoch, NodeId};
use tokio::sync::watch;

use crate::metadata::MetadataCache;

/// What links need to know of the cluster and of this broker.
pub(crate) struct PeerDirectory {
    pub(crate) identity: NodeIdentity,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) metadata: Arc<MetadataCache>,
    /// Of our registration; none before the first.
    pub(crate) broker_epoch: watch::Receiver<Option<BrokerEpoch>>,
    /// `replication.listener.name`: the endpoint's name in registrations.
    pub(crate) listener: String,
}

/// One life of another broker, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerAddress {
    pub(super) broker_epoch: BrokerEpoch,
    /// `host:port`
    pub(super) address: String,
}

impl PeerDirectory {
    /// Waits until the metadata knows how `node` is reached.
    pub(super) async fn find(&self, node: NodeId) -> PeerAddress {
        loop {
            let is_known = |broker: &BrokerImage| broker.endpoint(&self.listener).is_some();
            let wanted = |image: &highwater_metadata::MetadataImage| {
                image.cluster().broker(node).is_some_and(|b| is_known(b))
            };
            let image = self.metadata.wait_for(wanted).await;
            let Some(broker) = image.cluster().broker(node) else {
                continue;
            };
            if let Some(endpoint) = broker.endpoint(&self.listener) {
                return PeerAddress {
                    broker_epoch: broker.epoch,
                    address: join(&endpoint.host, endpoint.port),
                };
            }
        }
    }

    /// Waits until the metadata knows another life of `node` than that of `epoch`.
    pub(super) async fn replaced(&self, node: NodeId, epoch: BrokerEpoch) {
        let replaced = |image: &highwater_metadata::MetadataImage| {
            let broker = image.cluster().broker(node);
            broker.is_some_and(|broker| broker.epoch > epoch)
        };
        self.metadata.wait_for(replaced).await;
    }

    /// Waits until this broker is registered, and answers its epoch; `None` when the
    /// broker is gone.
    pub(super) async fn registered(&self) -> Option<BrokerEpoch> {
        let mut epochs = self.broker_epoch.clone();
        let known = epochs.wait_for(Option::is_some).await;
        known.ok().and_then(|epoch| *epoch)
    }

    /// Waits until this broker has another registration than that of `epoch`.
    pub(super) async fn registered_again(&self, epoch: BrokerEpoch) {
        let mut epochs = self.broker_epoch.clone();
        // An error says that the broker is gone.
        let _ = epochs.wait_for(|known| *known != Some(epoch)).await;
    }
}

/// `host:port`, with brackets around an IPv6 address.
fn join(host: &str, port: u16) -> String {
    match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}
