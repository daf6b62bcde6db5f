//! One broker from its start to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::{Network, Platform};
use highwater_rpc::{ControllerChannel, NodeIdentity};
use highwater_storage::{Disk, LogManager, LogManagerConfig, StorageError};
use highwater_types::DirectoryId;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::api::Dispatcher;
use crate::config::BrokerConfig;
use crate::context::BrokerContext;
use crate::fetch_session::{FetchSessionCache, SessionLimits};
use crate::listeners::{addresses, advertised, bind_all, split_replication};
use crate::metadata::{Identity, Lifecycle, MetadataLoader, ReplicaHost, Wish, wanted_replicas};
use crate::net::{BoundListener, SocketServer};
use crate::observer::BrokerObserver;
use crate::producer_ids::ProducerIds;
use crate::replica::{IsrProposer, PeerDirectory, ReplicaManager, ReplicationServer, offload};

#[cfg(test)]
mod tests;

/// A fetch session that was used within this time keeps its place in the cache. KIP-227.
const SESSION_EVICTION_AGE_MIN: Duration = Duration::from_mins(2);

/// For how long clients wait for the controller to let this broker serve. Answered
/// earlier, they would hear that partitions have no leader, and some clients ask
/// again only after minutes. Beyond it they are told how things are.
const UNFENCED_WAIT_MAX: Duration = Duration::from_secs(2);

/// Why a broker can not start, or can not go on.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An address can not be bound.
    #[error(transparent)]
    Listener(#[from] io::Error),
    /// What happened after the start: the controller refused the broker, its
    /// metadata can not be read, or no log directory works any more.
    #[error("{0}")]
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    Failed(String),
}

/// A running broker. Starting it binds its addresses; clients are served once it
/// knows the cluster. To stop it call [`Broker::shutdown`]; dropping it instead is
/// like a crash, after which logs are recovered.
pub struct Broker {
    ctx: Arc<BrokerContext>,
    addresses: Vec<(String, SocketAddr)>,
    state: watch::Receiver<State>,
    wish: watch::Sender<Wish>,
    lifecycle: JoinHandle<()>,
    /// Everything else that runs as long as the broker.
    tasks: JoinSet<()>,
    sockets: Arc<Mutex<Option<SocketServer>>>,
    /// Serves leaders on other brokers.
    replication: Option<ReplicationServer>,
}

impl Broker {
    /// Opens the log directories, binds the listeners, and begins to register and to
    /// follow the metadata, all on the current tokio runtime.
    ///
    /// # Errors
    /// When no log directory can be used or an address can not be bound.
    pub async fn start(
        config: BrokerConfig,
        disk: Arc<dyn Disk>,
        platform: Platform,
        channel: Arc<dyn ControllerChannel>,
    ) -> Result<Self, BrokerError> {
        let bound = bind_all(&*platform.network, &config).await?;
        let logs = open_logs(&config, disk, &platform).await?;
        let advertised = advertised(&config, &addresses(&bound));
        let (bound, replication) = split_replication(bound, &config.replication_listener);
        let addresses = addresses(&bound);
        let identity = Identity {
            incarnation: platform.entropy.next_uuid(),
            advertised,
            directories: online_directories(&logs),
            previous_epoch: logs.previous_broker_epoch(),
        };
        let node = NodeIdentity {
            cluster_id: config.cluster_id.clone(),
            node_id: config.node_id,
            incarnation: identity.incarnation,
        };
        let network = platform.network.clone();
        let ctx = context(config, platform, channel, logs);
        let mut tasks = JoinSet::new();
        tasks.spawn(join_cluster(&ctx, node.clone(), network).run());
        let replication = replication
            .map(|bound| ReplicationServer::start(ctx.clone(), node, bound.into_listener()));
        let (wish, wishes) = watch::channel(Wish::Fenced);
        let (reporter, state) = watch::channel(State::Starting);
        let lifecycle = Lifecycle {
            ctx: ctx.clone(),
            replicas: ctx.replicas.clone(),
            identity,
            wish: wishes,
        };
        let report = reporter.clone();
        let lifecycle = tokio::spawn(async move {
            if let Err(refused) = lifecycle.run().await {
                fail(&report, refused.to_string());
            }
        });
        let sockets = Arc::new(Mutex::new(None));
        tasks.spawn(follow_metadata(ctx.clone(), reporter.clone()));
        tasks.spawn(watch_directories(ctx.clone(), reporter.clone()));
        let startup = Startup {
            ctx: ctx.clone(),
            bound,
            wish: wish.clone(),
            state: reporter,
            sockets: sockets.clone(),
        };
        tasks.spawn(startup.run());
        Ok(Self {
            ctx,
            addresses,
            state,
            wish,
            lifecycle,
            tasks,
            sockets,
            replication,
        })
    }

    /// Waits until clients are served and the cluster knows it.
    ///
    /// # Errors
    /// When the broker failed instead.
    pub async fn ready(&self) -> Result<(), BrokerError> {
        let mut state = self.state.clone();
        let changed = state.wait_for(|state| *state != State::Starting).await;
        match changed.as_deref() {
            Ok(State::Failed(reason)) => Err(BrokerError::Failed(reason.clone())),
            Ok(_) => Ok(()),
            Err(_) => Err(BrokerError::Failed("the broker is stopping".into())),
        }
    }

    /// Ends, with the reason, when the broker can not go on. It should be shut down then.
    pub async fn failed(&self) -> BrokerError {
        let mut state = self.state.clone();
        let failed = state.wait_for(|state| matches!(state, State::Failed(_)));
        if let Ok(State::Failed(reason)) = failed.await.as_deref() {
            return BrokerError::Failed(reason.clone());
        }
        std::future::pending().await
    }

    /// The names of the listeners for clients, and the addresses that they are bound to.
    #[must_use]
    pub fn bound_addresses(&self) -> &[(String, SocketAddr)] {
        &self.addresses
    }

    /// A window into this broker, which may outlive it.
    #[must_use]
    pub fn observer(&self) -> BrokerObserver {
        BrokerObserver::new(&self.ctx)
    }

    /// Asks the controller to move leaderships away, finishes requests that were
    /// begun, and closes the logs, each for a limited time.
    ///
    /// # Errors
    /// When a log can not be closed in order; it is recovered at the next start.
    pub async fn shutdown(mut self) -> Result<(), BrokerError> {
        let epoch = *self.ctx.broker_epoch.borrow();
        if epoch.is_some() && !self.lifecycle.is_finished() {
            self.wish.send_replace(Wish::Leaving);
            let limit = self.ctx.config.heartbeat.controlled_shutdown_max;
            if tokio::time::timeout(limit, &mut self.lifecycle)
                .await
                .is_err()
            {
                tracing::warn!("the controller did not let go of this broker in time");
            }
        }
        self.lifecycle.abort();
        self.tasks.shutdown().await;
        let sockets = self.sockets.lock().take();
        if let Some(sockets) = sockets {
            sockets.shutdown().await;
        }
        // Until here, what was appended could still be replicated and acknowledged.
        self.ctx.replicas.leave_cluster();
        if let Some(replication) = self.replication.take() {
            replication.shutdown().await;
        }
        self.ctx.replicas.shutdown(epoch).await?;
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.lifecycle.abort();
    }
}

/// Opens the log directories away from the threads that serve.
async fn open_logs(
    config: &BrokerConfig,
    disk: Arc<dyn Disk>,
    platform: &Platform,
) -> Result<LogManager, BrokerError> {
    let new_id = |_| DirectoryId(platform.entropy.next_uuid());
    let manager = LogManagerConfig {
        new_directory_ids: config.log_dirs.iter().map(new_id).collect(),
        ..LogManagerConfig::new(
            config.log_dirs.clone(),
            config.cluster_id.clone(),
            config.node_id,
        )
    };
    let open = move || LogManager::open(disk, manager);
    Ok(offload(&*platform.offload, open).await??)
}

/// The log directories that the controller may count on.
fn online_directories(logs: &LogManager) -> Vec<DirectoryId> {
    let directories = logs.directories();
    let online = directories.iter().filter(|dir| dir.offline.is_none());
    online.map(|dir| dir.id).collect()
}

fn context(
    config: BrokerConfig,
    platform: Platform,
    controller: Arc<dyn ControllerChannel>,
    logs: LogManager,
) -> Arc<BrokerContext> {
    let sessions = SessionLimits {
        sessions_max: config.fetch_session_slots,
        partitions_per_session_max: config.replica.fetch_partitions_max,
        eviction_age_min: SESSION_EVICTION_AGE_MIN,
    };
    let replicas = ReplicaManager::start(
        config.node_id,
        config.replica.clone(),
        platform.clone(),
        logs,
    );
    let broker_epoch = watch::Sender::new(None);
    let registered = broker_epoch.subscribe();
    Arc::new(BrokerContext {
        producer_ids: ProducerIds::new(config.node_id, controller.clone(), registered),
        fetch_sessions: FetchSessionCache::new(sessions, platform.entropy.clone()),
        config,
        controller,
        metadata: Arc::default(),
        replicas,
        broker_epoch,
    })
}

/// Connects this broker's replicas with those on other brokers.
fn join_cluster(
    ctx: &BrokerContext,
    identity: NodeIdentity,
    network: Arc<dyn Network>,
) -> IsrProposer {
    let peers = PeerDirectory {
        identity,
        network,
        metadata: ctx.metadata.clone(),
        broker_epoch: ctx.broker_epoch.subscribe(),
        listener: ctx.config.replication_listener.clone(),
    };
    ctx.replicas.join_cluster(peers, ctx.controller.clone())
}

fn fail(state: &watch::Sender<State>, reason: String) {
    tracing::error!("the broker can not go on: {reason}");
    state.send_if_modified(|state| {
        let first = !matches!(state, State::Failed(_));
        if first {
            *state = State::Failed(reason);
        }
        first
    });
}

async fn follow_metadata(ctx: Arc<BrokerContext>, state: watch::Sender<State>) {
    let replicas = ctx.replicas.clone();
    let error = MetadataLoader::new(ctx, replicas).run().await;
    fail(&state, error.to_string());
}

async fn watch_directories(ctx: Arc<BrokerContext>, state: watch::Sender<State>) {
    ctx.replicas.all_directories_failed().await;
    fail(&state, "no log directory can be used any more".into());
}

/// What happens between the start and the first request.
struct Startup {
    ctx: Arc<BrokerContext>,
    bound: Vec<BoundListener>,
    wish: watch::Sender<Wish>,
    state: watch::Sender<State>,
    sockets: Arc<Mutex<Option<SocketServer>>>,
}

impl Startup {
    async fn run(self) {
        let id = self.ctx.config.node_id;
        // Metadata that holds our registration is newer than everything that the
        // cluster decided before we came.
        let image = self.ctx.registered(|_| true).await;
        let replicas: &dyn ReplicaHost = &*self.ctx.replicas;
        replicas.set_strays_aside(wanted_replicas(&image, id)).await;
        self.wish.send_if_modified(|wish| {
            let waits = *wish == Wish::Fenced;
            if waits {
                *wish = Wish::Serving;
            }
            waits
        });
        // The addresses are bound: until then connections wait with the system.
        let unfenced = self.ctx.registered(|broker| !broker.fenced);
        let _ = tokio::time::timeout(UNFENCED_WAIT_MAX, unfenced).await;
        let dispatcher = Arc::new(Dispatcher::new(self.ctx.clone()));
        let limits = self.ctx.config.network.clone();
        let server = SocketServer::start(self.bound, limits, dispatcher);
        *self.sockets.lock() = Some(server);
        self.ctx.registered(|broker| !broker.fenced).await;
        self.state.send_if_modified(|state| {
            let starting = *state == State::Starting;
            if starting {
                *state = State::Ready;
            }
            starting
        });
    }
}
