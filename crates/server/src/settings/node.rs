//! A node's configuration, typed, with values that fit each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use highwater_broker::{
    AdvertisedListener, AutoCreateTopics, BrokerConfig, HeartbeatConfig, ListenerConfig,
    NetworkLimits, ReplicaConfig,
};
use highwater_controller::ControllerConfig;
use highwater_types::{ClusterId, DirectoryId, NodeId};

use super::listeners::Endpoint;
use super::reader::Reader;
use super::{Settings, SettingsError, unsupported};

/// Everything a node needs to know before it looks at its disks.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    pub node_id: NodeId,
    pub rack: Option<String>,
    /// Absolute; at least one.
    pub log_dirs: Vec<PathBuf>,
    /// Absolute.
    pub metadata_log_dir: PathBuf,
    /// Those of the broker.
    pub listeners: Vec<ListenerConfig>,
    pub advertised_listeners: Vec<AdvertisedListener>,
    pub inter_broker_listener: String,
    pub network: NetworkLimits,
    pub heartbeat: HeartbeatConfig,
    pub replica: ReplicaConfig,
    pub controller: ControllerSettings,
    pub auto_create_topics: AutoCreateTopics,
    pub fetch_session_slots: usize,
    pub fetch_bytes_max: i32,
    pub properties: BTreeMap<String, String>,
}

/// What the controller is told beside what the whole node is.
#[derive(Clone, Debug)]
pub struct ControllerSettings {
    pub broker_session_timeout: Duration,
    pub snapshot_record_bytes: u64,
    pub snapshot_interval: Duration,
    pub segment_bytes: u32,
}

/// What the environment of the process adds.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The machine's name, advertised where a listener has no host.
    pub hostname: String,
    /// Where relative paths begin.
    pub current_dir: PathBuf,
    /// How many cores there are.
    pub cores: usize,
}

impl NodeConfig {
    /// Combines the settings, which were checked one by one before.
    ///
    /// # Errors
    /// Everything that is missing, does not fit together or is not possible yet.
    pub fn from_settings(
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader {
            settings,
            errors: Vec::new(),
        };
        unsupported::check(settings, &mut reader.errors);
        let node_id = reader.node_id();
        reader.check_roles();
        let controller_names = reader.controller_listener_names();
        reader.check_quorum(node_id);
        let endpoints = reader.endpoints("listeners");
        reader.check_protocols(&endpoints, &controller_names);
        let broker_endpoints = reader.broker_endpoints(&endpoints, &controller_names);
        let advertised = reader.advertised(&broker_endpoints, &controller_names, surroundings);
        let inter_broker_listener = reader.inter_broker_listener(&broker_endpoints);
        let log_dirs = reader.log_dirs(&surroundings.current_dir);
        let metadata_log_dir = reader.metadata_log_dir(&log_dirs, &surroundings.current_dir);
        let config = Self {
            node_id,
            rack: reader.text("broker.rack"),
            metadata_log_dir,
            log_dirs,
            listeners: broker_endpoints
                .into_iter()
                .map(|Endpoint { name, host, port }| ListenerConfig { name, host, port })
                .collect(),
            advertised_listeners: advertised,
            inter_broker_listener,
            network: reader.network(),
            heartbeat: reader.heartbeat(),
            replica: reader.replica(surroundings.cores),
            controller: reader.controller(),
            auto_create_topics: reader.auto_create_topics(),
            fetch_session_slots: reader.count("max.incremental.fetch.session.cache.slots"),
            fetch_bytes_max: reader.int32("fetch.max.bytes"),
            properties: settings.to_properties(),
        };
        if reader.errors.is_empty() {
            Ok(config)
        } else {
            Err(SettingsError(reader.errors))
        }
    }
}

impl NodeConfig {
    /// All data directories, that of the metadata log included, each once.
    pub fn directories(&self) -> Vec<PathBuf> {
        let mut dirs = self.log_dirs.clone();
        if !dirs.contains(&self.metadata_log_dir) {
            dirs.push(self.metadata_log_dir.clone());
        }
        dirs
    }

    /// What the controller is told, once its directory is known.
    pub fn controller(&self, cluster_id: ClusterId, directory_id: DirectoryId) -> ControllerConfig {
        let single = ControllerConfig::single(
            self.node_id,
            cluster_id,
            directory_id,
            self.metadata_log_dir.clone(),
        );
        ControllerConfig {
            broker_session_timeout: self.controller.broker_session_timeout,
            snapshot_record_bytes: self.controller.snapshot_record_bytes,
            snapshot_interval: self.controller.snapshot_interval,
            segment_bytes: self.controller.segment_bytes,
            properties: self.properties.clone(),
            ..single
        }
    }

    /// What the broker is told, once the cluster is known.
    pub fn broker(self, cluster_id: ClusterId) -> BrokerConfig {
        BrokerConfig {
            node_id: self.node_id,
            cluster_id,
            rack: self.rack,
            log_dirs: self.log_dirs,
            listeners: self.listeners,
            advertised_listeners: self.advertised_listeners,
            inter_broker_listener: self.inter_broker_listener,
            replication_listener: "REPLICATION".to_owned(),
            network: self.network,
            heartbeat: self.heartbeat,
            replica: self.replica,
            auto_create_topics: self.auto_create_topics,
            fetch_session_slots: self.fetch_session_slots,
            fetch_bytes_max: self.fetch_bytes_max,
            properties: self.properties,
        }
    }
}

impl Reader<'_> {
    fn log_dirs(&mut self, current_dir: &Path) -> Vec<PathBuf> {
        let (name, dirs) = match self.list("log.dirs") {
            dirs if dirs.is_empty() => ("log.dir", self.list("log.dir")),
            dirs => ("log.dirs", dirs),
        };
        let mut absolute: Vec<PathBuf> = Vec::new();
        for dir in dirs {
            let dir = current_dir.join(dir);
            if absolute.contains(&dir) {
                self.refuse(name, format!("{} is there twice", dir.display()));
            } else {
                absolute.push(dir);
            }
        }
        absolute
    }

    fn metadata_log_dir(&self, log_dirs: &[PathBuf], current_dir: &Path) -> PathBuf {
        match self.text("metadata.log.dir") {
            Some(dir) => current_dir.join(dir),
            None => log_dirs.first().cloned().unwrap_or_default(),
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

    fn heartbeat(&self) -> HeartbeatConfig {
        HeartbeatConfig {
            interval: self.milliseconds("broker.heartbeat.interval.ms"),
            timeout: self.milliseconds("broker.session.timeout.ms") / 2,
            ..HeartbeatConfig::default()
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

    fn controller(&self) -> ControllerSettings {
        let snapshot_bytes = self.int("metadata.log.max.record.bytes.between.snapshots");
        ControllerSettings {
            broker_session_timeout: self.milliseconds("broker.session.timeout.ms"),
            snapshot_record_bytes: u64::try_from(snapshot_bytes).unwrap_or(u64::MAX),
            snapshot_interval: self.milliseconds("metadata.log.max.snapshot.interval.ms"),
            segment_bytes: u32::try_from(self.int("metadata.log.segment.bytes"))
                .unwrap_or(u32::MAX),
        }
    }

    fn auto_create_topics(&self) -> AutoCreateTopics {
        let enabled = self.settings.value("auto.create.topics.enable");
        AutoCreateTopics {
            enabled: enabled
                .and_then(|value| value.as_bool())
                .unwrap_or_default(),
            partitions: self.int32("num.partitions"),
            replication_factor: i16::try_from(self.int("default.replication.factor"))
                .unwrap_or(i16::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Origin;

    const GOOD: &[(&str, &str)] = &[
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.voters", "1@localhost:9093"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        ("log.dirs", "data"),
    ];

    /// The good configuration with some values replaced; "" removes one.
    fn config(changes: &[(&str, &str)]) -> Result<NodeConfig, String> {
        let mut settings = Settings::default();
        for (name, value) in GOOD.iter().chain(changes) {
            if value.is_empty() {
                settings.by_name.remove(*name);
            } else {
                settings.set((*name).into(), (*value).into(), Origin::CommandLine);
            }
        }
        settings.check().map_err(|error| error.to_string())?;
        let surroundings = Surroundings {
            hostname: "myhost".into(),
            current_dir: "/here".into(),
            cores: 2,
        };
        NodeConfig::from_settings(&settings, &surroundings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_small_good_configuration_is_enough() {
        let config = config(&[]).expect("a good configuration");
        assert_eq!(config.node_id, NodeId(1));
        assert_eq!(config.log_dirs, [PathBuf::from("/here/data")]);
        assert_eq!(config.metadata_log_dir, PathBuf::from("/here/data"));
        assert_eq!(config.listeners.len(), 1);
        assert_eq!(config.advertised_listeners[0].host, "myhost");
        assert_eq!(config.advertised_listeners[0].port, 9092);
        assert_eq!(config.inter_broker_listener, "PLAINTEXT");
        assert_eq!(config.network.request_bytes_max, 100 << 20);
        assert_eq!(config.heartbeat.interval, Duration::from_millis(300));
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_told() {
        for (changes, part) in [
            (&[("node.id", "")][..], "node.id: it is missing"),
            (&[("process.roles", "")], "process.roles: it is missing"),
            (
                &[("process.roles", "broker")],
                "only a broker is not possible yet",
            ),
            (&[("broker.id", "2")], "it must equal node.id"),
            (&[("controller.listener.names", "")], "it is missing"),
            (&[("controller.quorum.voters", "")], "it is missing"),
            (&[("controller.quorum.voters", "2@a:1")], "it names node 2"),
            (
                &[("controller.quorum.voters", "1@a:1,2@b:1")],
                "several nodes are not possible yet",
            ),
            (
                &[("listeners", "PLAINTEXT://:1")],
                "none of them is the controller's",
            ),
            (
                &[("listeners", "CONTROLLER://:1")],
                "none of them is for clients",
            ),
            (
                &[("listeners", "PLAINTEXT:1")],
                "should read NAME://host:port",
            ),
            (
                &[("listeners", "SSL://:1,CONTROLLER://:2")],
                "only PLAINTEXT is possible yet",
            ),
            (
                &[("listeners", "MINE://:1,CONTROLLER://:2")],
                "which protocol MINE speaks",
            ),
            (
                &[("listeners", "PLAINTEXT://0.0.0.0:1,CONTROLLER://:2")],
                "clients can not connect to 0.0.0.0",
            ),
            (
                &[("advertised.listeners", "OTHER://a:1")],
                "OTHER is not one of listeners",
            ),
            (
                &[("inter.broker.listener.name", "OTHER")],
                "OTHER is not a listener",
            ),
            (&[("log.dirs", "a,/here/a")], "is there twice"),
            (&[("authorizer.class.name", "x.Y")], "open to everyone"),
        ] {
            let error = config(changes).map(|_| ()).unwrap_err();
            assert!(error.contains(part), "{changes:?}: {error}");
        }
    }

    #[test]
    fn kafkas_container_example_is_read() {
        let config = config(&[
            (
                "listeners",
                "CONTROLLER://localhost:9091,HOST://0.0.0.0:9092,DOCKER://0.0.0.0:9093",
            ),
            (
                "advertised.listeners",
                "HOST://localhost:9092,DOCKER://kafka:9093",
            ),
            (
                "listener.security.protocol.map",
                "CONTROLLER:PLAINTEXT,DOCKER:PLAINTEXT,HOST:PLAINTEXT",
            ),
            ("inter.broker.listener.name", "DOCKER"),
        ])
        .expect("a good configuration");
        assert_eq!(config.inter_broker_listener, "DOCKER");
        let hosts: Vec<&str> = config
            .advertised_listeners
            .iter()
            .map(|listener| listener.host.as_str())
            .collect();
        assert_eq!(hosts, ["localhost", "kafka"]);
    }
}
