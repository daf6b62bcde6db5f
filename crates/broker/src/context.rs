//! What every request handler can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_metadata::image::BrokerImage;
use highwater_rpc::ControllerChannel;
use highwater_types::{BrokerEpoch, NodeId};
use tokio::sync::watch;

use crate::config::BrokerConfig;
use crate::fetch_session::FetchSessionCache;
use crate::metadata::MetadataCache;
use crate::producer_ids::ProducerIds;
use crate::replica::ReplicaManager;

/// The parts of one running broker. Lives as long as the broker; handlers share it.
pub(crate) struct BrokerContext {
    pub config: BrokerConfig,
    /// The way to the active controller, for everything that only it decides.
    pub controller: Arc<dyn ControllerChannel>,
    pub metadata: Arc<MetadataCache>,
    pub replicas: Arc<ReplicaManager>,
    pub fetch_sessions: FetchSessionCache,
    pub producer_ids: ProducerIds,
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

impl BrokerContext {
    /// Waits until the metadata holds this broker's present registration, in a state
    /// that satisfies `wanted`. Has no deadline: a broker waits for its cluster.
    pub(crate) async fn registered(
        &self,
        wanted: impl Fn(&BrokerImage) -> bool,
    ) -> Arc<MetadataImage> {
        let id = self.config.node_id;
        let is_registered = |image: &MetadataImage| {
            let epoch = *self.broker_epoch.borrow();
            let broker = image.cluster().broker(id);
            broker.is_some_and(|broker| Some(broker.epoch) == epoch && wanted(broker))
        };
        let mut epochs = self.broker_epoch.subscribe();
        loop {
            tokio::select! {
                biased;
                // Can not fail: the sender is in `self`.
                _ = epochs.changed() => {}
                image = self.metadata.wait_for(is_registered) => return image,
            }
        }
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
