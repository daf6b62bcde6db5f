//! What the broker of a node is told beside its addresses.

use std::time::Duration;

use highwater_broker::{
    AutoCreateTopics, BrokerConfig, HeartbeatConfig, NetworkLimits, ReplicaConfig,
};
use highwater_types::ClusterId;

use super::addresses::BrokerListeners;
use super::node::NodeConfig;
use super::reader::Reader;

/// The typed configs of a broker.
#[derive(Clone, Debug)]
pub struct BrokerSettings {
    pub rack: Option<String>,
    pub addresses: BrokerListeners,
    pub network: NetworkLimits,
    pub heartbeat: HeartbeatConfig,
    pub replica: ReplicaConfig,
    pub auto_create_topics: AutoCreateTopics,
    pub fetch_session_slots: usize,
    pub fetch_bytes_max: i32,
}

impl BrokerSettings {
    /// What the broker is told, once the cluster is known.
    pub fn config(self, node: &NodeConfig, cluster_id: ClusterId) -> BrokerConfig {
        BrokerConfig {
            rack: self.rack,
            listeners: self.addresses.listeners,
            advertised_listeners: self.addresses.advertised,
            inter_broker_listener: self.addresses.inter_broker,
            replication_listener: self.addresses.replication,
            network: self.network,
            heartbeat: self.heartbeat,
            replica: self.replica,
            auto_create_topics: self.auto_create_topics,
            fetch_session_slots: self.fetch_session_slots,
            fetch_bytes_max: self.fetch_bytes_max,
            properties: node.properties.clone(),
            ..BrokerConfig::new(node.node_id, cluster_id, node.log_dirs.clone())
        }
    }
}

impl Reader<'_> {
    pub(super) fn broker(&mut self, addresses: BrokerListeners, cores: usize) -> BrokerSettings {
        self.check_replica_selector();
        BrokerSettings {
            rack: self.text("broker.rack"),
            addresses,
            network: self.network(),
            heartbeat: self.heartbeat(),
            replica: self.replica(cores),
            auto_create_topics: self.auto_create_topics(),
            fetch_session_slots: self.count("max.incremental.fetch.session.cache.slots"),
            fetch_bytes_max: self.int32("fetch.max.bytes"),
        }
    }

    fn network(&self) -> NetworkLimits {
        let defaults = NetworkLimits::default();
        // Kafka's -1 means no limit; ours is never without one.
        let queued_bytes = match self.int("queued.max.request.bytes") {
            bytes if bytes > 0 => usize::try_from(bytes).unwrap_or(usize::MAX),
            _ => defaults.queued_request_bytes_max,
        };
        NetworkLimits {
            request_bytes_max: self.count("socket.request.max.bytes"),
            queued_request_bytes_max: queued_bytes,
            connections_max: self.count("max.connections"),
            connections_per_ip_max: self.count("max.connections.per.ip"),
            connection_idle_max: self.milliseconds("connections.max.idle.ms"),
            ..defaults
        }
    }

    fn heartbeat(&mut self) -> HeartbeatConfig {
        const INTERVAL: &str = "broker.heartbeat.interval.ms";
        const SESSION: &str = "broker.session.timeout.ms";
        let interval = self.milliseconds(INTERVAL);
        let session = self.milliseconds(SESSION);
        if interval.is_zero() || interval >= session {
            self.refuse(
                INTERVAL,
                format!(
                    "{} must be above 0 and below {SESSION}, which is {}",
                    interval.as_millis(),
                    session.as_millis()
                ),
            );
        }
        HeartbeatConfig {
            interval,
            timeout: session / 2,
            // Zero lets the controller know and does not wait.
            controlled_shutdown_max: if self.flag("controlled.shutdown.enable") {
                HeartbeatConfig::default().controlled_shutdown_max
            } else {
                Duration::ZERO
            },
        }
    }

    fn replica(&self, cores: usize) -> ReplicaConfig {
        ReplicaConfig {
            workers: cores.max(1),
            retention_check_interval: self.milliseconds("log.retention.check.interval.ms"),
            producer_expiration: self.milliseconds("producer.id.expiration.ms"),
            producer_expiration_check_interval: self
                .milliseconds("producer.id.expiration.check.interval.ms"),
            checkpoint_interval: self.milliseconds("replica.high.watermark.checkpoint.interval.ms"),
            ..ReplicaConfig::default()
        }
    }

    /// Kafka loads a class; of those that come with it we have the same behaviour. KIP-392.
    fn check_replica_selector(&mut self) {
        const NAME: &str = "replica.selector.class";
        const LEADER: &str = "org.apache.kafka.common.replica.LeaderSelector";
        const RACK_AWARE: &str = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
        match self.text(NAME).as_deref() {
            None | Some(LEADER | RACK_AWARE) => {}
            Some(other) => self.refuse(
                NAME,
                format!("{other} is no class that is known here; use {LEADER} or {RACK_AWARE}"),
            ),
        }
    }

    fn auto_create_topics(&self) -> AutoCreateTopics {
        AutoCreateTopics {
            enabled: self.flag("auto.create.topics.enable"),
            partitions: self.int32("num.partitions"),
            replication_factor: i16::try_from(self.int("default.replication.factor"))
                .unwrap_or(i16::MAX),
        }
    }
}
