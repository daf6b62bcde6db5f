//! Listening sockets and the tasks behind them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::{Listener, Network, Stream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::admission::Admission;
use super::connection::Connection;
use super::handler::{FrameHandler, Peer};
use super::slots::{ConnectionSlot, ConnectionSlots};
use crate::config::{ListenerConfig, NetworkLimits};

/// How long to wait after a failed accept: the system is out of something, most
/// likely file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// A listener that is bound but not served yet; clients wait in the system's queue.
pub(crate) struct BoundListener {
    pub name: Arc<str>,
    pub address: SocketAddr,
    listener: Box<dyn Listener>,
}

impl BoundListener {
    /// # Errors
    /// When the address can not be bound, with the address in the text.
    pub(crate) async fn bind(network: &dyn Network, config: &ListenerConfig) -> io::Result<Self> {
        let wanted = config.bind_address();
        let explain = |error: io::Error| {
            let name = &config.name;
            io::Error::new(
                error.kind(),
                format!("listener {name} at {wanted}: {error}"),
            )
        };
        let listener = network.bind(&wanted).await.map_err(explain)?;
        Ok(Self {
            name: config.name.as_str().into(),
            address: listener.local_addr().map_err(explain)?,
            listener,
        })
    }
}

impl BoundListener {
    /// For a server that is not this one.
    pub(crate) fn into_listener(self) -> Box<dyn Listener> {
        self.listener
    }
}

/// The served listeners of a node and all their connections.
pub(crate) struct SocketServer {
    stop: watch::Sender<bool>,
    acceptors: Vec<JoinHandle<()>>,
}

impl SocketServer {
    /// Begins to serve; `handler` answers what comes in on any of the listeners.
    pub(crate) fn start<H: FrameHandler>(
        listeners: Vec<BoundListener>,
        limits: NetworkLimits,
        handler: Arc<H>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let slots = ConnectionSlots::new(limits.connections_max, limits.connections_per_ip_max);
        let admission = Admission::new(limits.queued_request_bytes_max);
        let limits = Arc::new(limits);
        let acceptors = listeners
            .into_iter()
            .map(|bound| {
                let acceptor = Acceptor {
                    listener: bound.name,
                    slots: slots.clone(),
                    admission: admission.clone(),
                    limits: limits.clone(),
                    handler: handler.clone(),
                    stopped: stopped.clone(),
                };
                tokio::spawn(acceptor.run(bound.listener))
            })
            .collect();
        Self { stop, acceptors }
    }

    /// Stops accepting, lets started requests finish for a limited time, and closes
    /// every connection.
    pub(crate) async fn shutdown(self) {
        self.stop.send_replace(true);
        for acceptor in self.acceptors {
            if let Err(error) = acceptor.await {
                tracing::error!("an acceptor failed: {error}");
            }
        }
    }
}

/// Accepts the connections of one listener.
struct Acceptor<H> {
    listener: Arc<str>,
    slots: Arc<ConnectionSlots>,
    admission: Arc<Admission>,
    limits: Arc<NetworkLimits>,
    handler: Arc<H>,
    stopped: watch::Receiver<bool>,
}

impl<H: FrameHandler> Acceptor<H> {
    async fn run(self, mut listener: Box<dyn Listener>) {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            tokio::select! {
                biased;
                // An error means that the server is gone, which is a stop as well.
                _ = stopped.wait_for(|stopped| *stopped) => break,
                Some(_) = connections.join_next() => {}
                connection = self.accept(&mut *listener) => {
                    connections.spawn(connection);
                }
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    /// Waits for room and for a client, whose connection comes back as a future to
    /// run. Cancelling it loses no client: nothing waits after one was accepted.
    async fn accept(&self, listener: &mut dyn Listener) -> impl Future<Output = ()> + use<H> {
        loop {
            let one_of_all = self.slots.wait().await;
            match listener.accept().await {
                Ok((stream, address)) => {
                    if let Some(slot) = self.slots.take(one_of_all, address.ip()) {
                        return self.serve(stream, address, slot);
                    }
                    tracing::warn!(%address, "refused: max.connections.per.ip is reached");
                }
                Err(error) => {
                    tracing::warn!(listener = %self.listener, "accept failed: {error}");
                    drop(one_of_all);
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }

    fn serve(
        &self,
        stream: Box<dyn Stream>,
        address: SocketAddr,
        slot: ConnectionSlot,
    ) -> impl Future<Output = ()> + use<H> {
        let peer = Peer {
            address,
            listener: self.listener.clone(),
        };
        let connection = Connection::new(
            stream,
            peer,
            self.handler.clone(),
            self.limits.clone(),
            self.admission.clone(),
        );
        let mut stopped = self.stopped.clone();
        async move {
            let stop = async move {
                // An error means that the server is gone, which is a stop as well.
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            connection.run(stop).await;
            drop(slot);
        }
    }
}
