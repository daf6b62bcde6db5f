//! What the tests of the wire share.

#![allow(dead_code)]

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use highwater_platform::{Network, TcpNetwork};
use highwater_rpc::NodeIdentity;
use highwater_rpc::client::{ClientOptions, ConnectError, Connection, connect};
use highwater_rpc::server::{ServerOptions, serve};
use highwater_types::{ClusterId, NodeId, Uuid};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tracing_subscriber::fmt::MakeWriter;

/// A node of the cluster `cluster`, in the life of the same number.
pub fn identity(cluster: &str, id: i32) -> NodeIdentity {
    NodeIdentity {
        cluster_id: ClusterId(cluster.to_owned()),
        node_id: NodeId(id),
        incarnation: Uuid([u8::try_from(id).expect("a small id"); 16]),
    }
}

/// A server on a port of this machine.
pub struct TestServer {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub task: JoinHandle<()>,
}

pub async fn start(routes: Routes, options: ServerOptions) -> TestServer {
    let listener = TcpNetwork.bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, routes, options, async {
        let _ = stopped.await;
    }));
    TestServer {
        address,
        stop,
        task,
    }
}

pub async fn connect_as(
    identity: NodeIdentity,
    address: SocketAddr,
) -> Result<Connection, ConnectError> {
    let network: Arc<dyn Network> = Arc::new(TcpNetwork);
    connect(
        &network,
        &address.to_string(),
        &ClientOptions::new(identity),
    )
    .await
}

/// Collects the warnings of the current thread while it is held.
pub struct Warnings {
    lines: Lines,
    _default: tracing::subscriber::DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Warnings {
    pub fn collect() -> Self {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .without_time()
            .with_writer(lines.clone())
            .finish();
        Self {
            lines,
            _default: tracing::subscriber::set_default(subscriber),
        }
    }

    pub fn lines(&self) -> Vec<String> {
        let bytes = self.lines.0.lock().expect("not poisoned");
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
