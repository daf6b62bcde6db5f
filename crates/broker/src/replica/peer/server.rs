//! The listener that other brokers replicate to.

use std::sync::Arc;

use highwater_platform::Listener;
use highwater_rpc::NodeIdentity;
use highwater_rpc::server::{ServerOptions, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::service::Routes;

use super::replicate_service::ReplicateService;
use crate::context::BrokerContext;

/// Serves leaders on other brokers, from the start of the broker on: a follower
/// catches up before it serves clients. Dropping it cuts all streams off.
pub(crate) struct ReplicationServer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ReplicationServer {
    pub(crate) fn start(
        ctx: Arc<BrokerContext>,
        identity: NodeIdentity,
        listener: Box<dyn Listener>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let options = ServerOptions::new(&ctx.config.replication_listener, identity.clone());
        let routes = Routes::new(ReplicateService::server(ctx, identity));
        let shutdown = async {
            // An error says that the handle is gone, which is an end as well.
            let _ = stopped.await;
        };
        Self {
            stop,
            task: tokio::spawn(serve(listener, routes, options, shutdown)),
        }
    }

    /// Closes the listener and all streams.
    pub(crate) async fn shutdown(mut self) {
        let (nobody, _) = oneshot::channel();
        let _ = std::mem::replace(&mut self.stop, nobody).send(());
        if let Err(error) = (&mut self.task).await {
            tracing::error!("the replication listener failed: {error}");
        }
    }
}

impl Drop for ReplicationServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
