//! Connections to gRPC servers of other nodes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::{Network, Stream};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use crate::identity::{IdentityHeader, NodeIdentity};
use crate::tuning;

/// One connection to one life of one node, for any number of calls and streams. Cheap
/// to clone; the connection ends with the last clone. Once it is broken it stays so:
/// whoever needs another one connects again, with a back-off of its own.
pub type Connection = InterceptedService<Channel, IdentityHeader>;

/// How to connect.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// This node, named to the other with every call.
    pub identity: NodeIdentity,
    /// How long a connection may take to be there.
    pub connect_timeout: Duration,
    /// How often a silent peer is asked for a sign of life.
    pub keep_alive_interval: Duration,
    /// How long it may take.
    pub keep_alive_timeout: Duration,
}

impl ClientOptions {
    #[must_use]
    pub fn new(identity: NodeIdentity) -> Self {
        Self {
            identity,
            connect_timeout: Duration::from_secs(1),
            keep_alive_interval: tuning::KEEP_ALIVE_INTERVAL,
            keep_alive_timeout: tuning::KEEP_ALIVE_TIMEOUT,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The machine is there, and nobody listens on that port.
    #[error("nobody listens there")]
    Refused,
    #[error("no answer in time")]
    TimedOut,
    /// The name is unknown, the network unreachable, or the like.
    #[error("{0}")]
    Failed(String),
}

/// Connects to `address`, a `host:port`.
///
/// # Errors
/// When nobody is there. A peer that speaks another protocol shows at the first call.
pub async fn connect(
    network: &Arc<dyn Network>,
    address: &str,
    options: &ClientOptions,
) -> Result<Connection, ConnectError> {
    let stream = tokio::time::timeout(options.connect_timeout, network.connect(address))
        .await
        .map_err(|_| ConnectError::TimedOut)?
        .map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused,
            io::ErrorKind::TimedOut => ConnectError::TimedOut,
            _ => ConnectError::Failed(error.to_string()),
        })?;
    let endpoint = endpoint(options);
    let handshake = endpoint.connect_with_connector(once(stream));
    let channel = tokio::time::timeout(options.connect_timeout, handshake)
        .await
        .map_err(|_| ConnectError::TimedOut)?
        .map_err(|error| ConnectError::Failed(error.to_string()))?;
    let header = IdentityHeader::new(&options.identity);
    Ok(InterceptedService::new(channel, header))
}

/// Where the stream goes to was decided already, so that the address is any.
fn endpoint(options: &ClientOptions) -> Endpoint {
    Endpoint::from_static("http://node")
        .initial_stream_window_size(tuning::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(tuning::CONNECTION_WINDOW_BYTES)
        .max_frame_size(tuning::FRAME_BYTES)
        .http2_keep_alive_interval(options.keep_alive_interval)
        .keep_alive_timeout(options.keep_alive_timeout)
        .keep_alive_while_idle(true)
}

type OnceFuture = std::future::Ready<io::Result<TokioIo<Box<dyn Stream>>>>;

/// Gives the stream to the first who asks. The channel would connect again by itself,
/// as often as it is used, and nobody would know to which life of the node.
fn once(
    stream: Box<dyn Stream>,
) -> impl tower::Service<
    http::Uri,
    Response = TokioIo<Box<dyn Stream>>,
    Error = io::Error,
    Future = OnceFuture,
> + Send
+ 'static {
    let stream = Arc::new(Mutex::new(Some(stream)));
    tower::service_fn(move |_| {
        let stream = stream.lock().take();
        let broken = || io::Error::new(io::ErrorKind::NotConnected, "the connection is broken");
        std::future::ready(stream.map(TokioIo::new).ok_or_else(broken))
    })
}
