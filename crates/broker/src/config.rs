//! What a broker is told at its start, as typed and checked values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use highwater_types::{ClusterId, NodeId};

use crate::replica::ReplicaConfig;

/// One broker's configuration. Whoever reads `server.properties` fills it in; every
/// value here is already valid.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// `node.id`
    pub node_id: NodeId,
    /// The cluster that this node was formatted for.
    pub cluster_id: ClusterId,
    /// `broker.rack`
    pub rack: Option<String>,
    /// `log.dirs`, absolute and formatted; at least one.
    pub log_dirs: Vec<PathBuf>,
    /// `listeners` for clients and other brokers; at least one, each name once.
    pub listeners: Vec<ListenerConfig>,
    /// `advertised.listeners`: what clients are told, by listener name.
    pub advertised_listeners: Vec<AdvertisedListener>,
    /// `inter.broker.listener.name`
    pub inter_broker_listener: String,
    /// `replication.listener.name`: the one of `listeners` to which other brokers
    /// replicate. It speaks gRPC, and clients are never told of it. A broker without
    /// such a listener can not have followers or leaders elsewhere.
    pub replication_listener: String,
    pub network: NetworkLimits,
    pub heartbeat: HeartbeatConfig,
    pub replica: ReplicaConfig,
    pub auto_create_topics: AutoCreateTopics,
    /// `max.incremental.fetch.session.cache.slots`. KIP-227.
    pub fetch_session_slots: usize,
    /// `fetch.max.bytes`: the largest fetch answer, whatever the client asks for.
    pub fetch_bytes_max: i32,
    /// The properties that were set, by Kafka's names, unset ones left out: the
    /// defaults of every topic's configuration, and what DescribeConfigs shows as
    /// the broker's static configuration.
    pub properties: BTreeMap<String, String>,
}

/// One address that the broker listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// The listener's name, upper case, as in `PLAINTEXT`.
    pub name: String,
    /// Empty for all interfaces.
    pub host: String,
    /// 0 lets the system choose.
    pub port: u16,
}

/// One address that clients are told to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedListener {
    pub name: String,
    pub host: String,
    /// 0 for the port that the listener of the same name was bound to.
    pub port: u16,
}

/// Limits of the network layer, for the whole node unless they say otherwise.
#[derive(Clone, Debug)]
pub struct NetworkLimits {
    /// `socket.request.max.bytes`: the longest request frame.
    pub request_bytes_max: usize,
    /// `queued.max.request.bytes`: request bytes that are being received or worked
    /// on. Over it no further frame is taken in until others are answered; one
    /// frame may overshoot it, so that none is too large for ever.
    pub queued_request_bytes_max: usize,
    /// Requests of one connection that are being worked on at the same time.
    pub in_flight_requests_max: usize,
    /// Answers of one connection that its client has not taken yet; over it the
    /// connection's next request is not started.
    pub unsent_response_bytes_max: usize,
    /// `max.connections`
    pub connections_max: usize,
    /// `max.connections.per.ip`
    pub connections_per_ip_max: usize,
    /// `connections.max.idle.ms`; zero for no limit.
    pub connection_idle_max: Duration,
    /// How long a shutdown waits for requests that are being worked on.
    pub drain_max: Duration,
}

/// How the broker keeps its registration with the controller alive. KIP-631.
#[derive(Clone, Debug)]
pub struct HeartbeatConfig {
    /// `broker.heartbeat.interval.ms`
    pub interval: Duration,
    /// How long one registration or heartbeat may take before it is tried again.
    pub timeout: Duration,
    /// How long a stop waits until the controller has moved this broker's
    /// leaderships away.
    pub controlled_shutdown_max: Duration,
}

/// Topics that come into being because a client asked for their metadata.
#[derive(Clone, Debug)]
pub struct AutoCreateTopics {
    /// `auto.create.topics.enable`
    pub enabled: bool,
    /// `num.partitions`
    pub partitions: i32,
    /// `default.replication.factor`
    pub replication_factor: i16,
}

impl BrokerConfig {
    /// The defaults of the properties, with one plaintext listener and the one for
    /// replication on 127.0.0.1, at ports that the system chooses.
    #[must_use]
    pub fn new(node_id: NodeId, cluster_id: ClusterId, log_dirs: Vec<PathBuf>) -> Self {
        let name = "PLAINTEXT".to_string();
        let replication = "REPLICATION".to_string();
        let host = "127.0.0.1".to_string();
        let names = [&name, &replication];
        Self {
            node_id,
            cluster_id,
            rack: None,
            log_dirs,
            listeners: names
                .map(|name| ListenerConfig {
                    name: name.clone(),
                    host: host.clone(),
                    port: 0,
                })
                .to_vec(),
            advertised_listeners: names
                .map(|name| AdvertisedListener {
                    name: name.clone(),
                    host: host.clone(),
                    port: 0,
                })
                .to_vec(),
            inter_broker_listener: name,
            replication_listener: replication,
            network: NetworkLimits::default(),
            heartbeat: HeartbeatConfig::default(),
            replica: ReplicaConfig::default(),
            auto_create_topics: AutoCreateTopics::default(),
            fetch_session_slots: 1000,
            fetch_bytes_max: 55 * 1024 * 1024,
            properties: BTreeMap::new(),
        }
    }
}

impl ListenerConfig {
    /// The address to bind, `host:port`.
    #[must_use]
    pub fn bind_address(&self) -> String {
        match self.host.as_str() {
            "" => format!("0.0.0.0:{}", self.port),
            host if host.contains(':') && !host.starts_with('[') => {
                format!("[{host}]:{}", self.port)
            }
            host => format!("{host}:{}", self.port),
        }
    }
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            request_bytes_max: 100 * 1024 * 1024,
            // Kafka's default is no limit at all; a node must not run out of memory
            // because clients are fast.
            queued_request_bytes_max: 512 * 1024 * 1024,
            in_flight_requests_max: 64,
            unsent_response_bytes_max: 4 * 1024 * 1024,
            connections_max: i32::MAX as usize,
            connections_per_ip_max: i32::MAX as usize,
            connection_idle_max: Duration::from_mins(10),
            drain_max: Duration::from_secs(5),
        }
    }
}

impl Default for HeartbeatConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(300),
            timeout: Duration::from_millis(750),
            controlled_shutdown_max: Duration::from_secs(3),
        }
    }
}

impl Default for AutoCreateTopics {
    fn default() -> Self {
        Self {
            enabled: true,
            partitions: 1,
            replication_factor: 1,
        }
    }
}
