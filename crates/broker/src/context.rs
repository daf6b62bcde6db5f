//! What every request handler can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_platform::Platform;
use highwater_rpc::ControllerChannel;
use highwater_types::{BrokerEpoch, NodeId};
use tokio::sync::watch;

use crate::config::BrokerConfig;
use crate::metadata::MetadataCache;

/// The parts of one running broker. Lives as long as the broker; handlers share it.
pub(crate) struct BrokerContext {
    pub config: BrokerConfig,
    pub platform: Platform,
    /// The way to the active controller, for everything that only it decides.
    pub controller: Arc<dyn ControllerChannel>,
    pub metadata: MetadataCache,
    /// Of this broker's registration; none before the first.
    pub broker_epoch: watch::Sender<Option<BrokerEpoch>>,
}

impl BrokerContext {
    /// The node that clients are told is the controller: as in KRaft any broker, for
    /// brokers pass such requests on. This one, if clients see it.
    pub(crate) fn controller_id_for_clients(&self, image: &MetadataImage) -> NodeId {
        let own = self.config.node_id;
        let mut visible = image.cluster().unfenced().map(|broker| broker.id);
        if visible.by_ref().any(|id| id == own) {
            return own;
        }
        let first = image.cluster().unfenced().next();
        first.map_or(NodeId::NONE, |broker| broker.id)
    }
}

/// One request's envelope: who asks, in which version.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub api_version: i16,
    pub correlation_id: i32,
    /// The name that the client gave itself; empty if none.
    pub client_id: String,
    pub peer: SocketAddr,
    /// The listener that the request came in on: addresses in answers are those
    /// advertised for it.
    pub listener: Arc<str>,
}
