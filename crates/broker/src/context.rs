//! What every request handler can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use highwater_platform::Platform;
use highwater_rpc::ControllerChannel;

use crate::config::BrokerConfig;
use crate::metadata::MetadataCache;

/// The parts of one running broker. Lives as long as the broker; handlers share it.
pub(crate) struct BrokerContext {
    pub config: BrokerConfig,
    pub platform: Platform,
    /// The way to the active controller, for everything that only it decides.
    pub controller: Arc<dyn ControllerChannel>,
    pub metadata: MetadataCache,
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
