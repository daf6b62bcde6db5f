//! Serving gRPC on a listener of the platform.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use highwater_platform::Listener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tonic::service::{InterceptorLayer, Routes};
use tonic::transport::Server;

use crate::identity::{IdentityCheck, NodeIdentity};
use crate::incoming::Acceptor;
use crate::node_service;
use crate::tuning;

/// How long calls may go on after the shutdown has begun; then connections are cut.
const DRAIN: Duration = Duration::from_millis(300);
/// Connections that wait for the server to take them up.
const ACCEPTED_MAX: usize = 64;

/// What a server is told beside its services.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The listener's name, for logs.
    pub name: String,
    /// This node. Calls from other clusters are refused.
    pub identity: NodeIdentity,
    /// Connections at the same time; more are refused.
    pub connections_max: usize,
}

impl ServerOptions {
    #[must_use]
    pub fn new(name: impl Into<String>, identity: NodeIdentity) -> Self {
        Self {
            name: name.into(),
            identity,
            connections_max: 4096,
        }
    }
}

/// Serves `routes`, and the service that tells who this node is, until `shutdown`
/// resolves; calls then have a moment to end, and what is left is cut off. Dropping the
/// future instead cuts everything off at once.
///
/// A peer that speaks another protocol, is of another cluster, or comes in too large
/// numbers is refused with one line in the log, which is not repeated for each attempt.
/// Long answers of a service should end by themselves when its node stops.
pub async fn serve(
    listener: Box<dyn Listener>,
    routes: Routes,
    options: ServerOptions,
    shutdown: impl Future<Output = ()> + Send,
) {
    // Sent, or dropped with this future: both cut connections off.
    let (cut, cut_seen) = oneshot::channel::<()>();
    let cut_seen = cut_seen.shared();
    let (accepted, incoming) = mpsc::channel(ACCEPTED_MAX);
    let acceptor = Acceptor {
        listener,
        name: options.name.as_str().into(),
        connections: Arc::new(Semaphore::new(options.connections_max)),
        cut: cut_seen,
        accepted,
    };
    let check = IdentityCheck::new(options.identity.clone(), &options.name);
    let routes = routes.add_service(node_service::server(options.identity));
    let (drain, draining) = oneshot::channel::<()>();
    let incoming = futures::stream::unfold(incoming, |mut incoming| async move {
        incoming.recv().await.map(|stream| (stream, incoming))
    });
    let server = Server::builder()
        .max_frame_size(tuning::FRAME_BYTES)
        .initial_stream_window_size(tuning::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(tuning::CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(tuning::STREAMS_MAX)
        .http2_keepalive_interval(Some(tuning::KEEP_ALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(tuning::KEEP_ALIVE_TIMEOUT))
        .layer(InterceptorLayer::new(check))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, draining.map(|_| ()));
    let mut server = std::pin::pin!(server);
    let ended = tokio::select! {
        biased;
        () = shutdown => None,
        ended = &mut server => Some(ended),
        () = acceptor.run() => None,
    };
    let ended = match ended {
        Some(ended) => Some(ended),
        None => {
            let _ = drain.send(());
            tokio::time::timeout(DRAIN, server).await.ok()
        }
    };
    if let Some(Err(error)) = ended {
        tracing::error!(listener = options.name, %error, "the gRPC server has ended");
    }
    drop(cut);
}
