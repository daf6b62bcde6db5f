//! A node's configuration, typed, with values that fit each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use highwater_broker::{
    AdvertisedListener, AutoCreateTopics, HeartbeatConfig, ListenerConfig, NetworkLimits,
};
use highwater_types::NodeId;

use super::listeners::{Endpoint, SecurityProtocol, parse_endpoints, parse_protocol_map};
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
    pub auto_create_topics: AutoCreateTopics,
    pub fetch_session_slots: usize,
    pub fetch_bytes_max: i32,
    pub properties: BTreeMap<String, String>,
}

/// What the environment of the process adds.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The machine's name, advertised where a listener has no host.
    pub hostname: String,
    /// Where relative paths begin.
    pub current_dir: PathBuf,
}

/// Reads values and gathers what is wrong with them.
struct Reader<'a> {
    settings: &'a Settings,
    errors: Vec<String>,
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

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let value = self.settings.value(name)?.to_string();
        (!value.is_empty()).then_some(value)
    }

    fn list(&self, name: &str) -> Vec<String> {
        let value = self.settings.value(name);
        value
            .and_then(|value| value.as_list().map(<[String]>::to_vec))
            .unwrap_or_default()
    }

    fn int(&self, name: &str) -> i64 {
        let value = self.settings.value(name);
        value.and_then(|value| value.as_i64()).unwrap_or_default()
    }

    fn int32(&self, name: &str) -> i32 {
        i32::try_from(self.int(name)).unwrap_or(i32::MAX)
    }

    fn count(&self, name: &str) -> usize {
        usize::try_from(self.int(name)).unwrap_or_default()
    }

    fn milliseconds(&self, name: &str) -> Duration {
        Duration::from_millis(u64::try_from(self.int(name)).unwrap_or_default())
    }

    fn refuse(&mut self, name: &str, why: impl std::fmt::Display) {
        self.errors
            .push(format!("{}: {why}", self.settings.place(name)));
    }

    fn node_id(&mut self) -> NodeId {
        let broker_id = self.int("broker.id");
        match self.settings.value("node.id").and_then(|id| id.as_i64()) {
            Some(id) => {
                if self.settings.get("broker.id").is_some() && broker_id != id {
                    self.refuse("broker.id", format!("it must equal node.id, which is {id}"));
                }
                NodeId(i32::try_from(id).unwrap_or_default())
            }
            None if broker_id >= 0 => NodeId(i32::try_from(broker_id).unwrap_or_default()),
            None => {
                self.refuse(
                    "node.id",
                    "it is missing; every node has a number of its own",
                );
                NodeId::NONE
            }
        }
    }

    fn check_roles(&mut self) {
        let roles = self.list("process.roles");
        if roles.is_empty() {
            self.refuse(
                "process.roles",
                "it is missing; use process.roles=broker,controller",
            );
        } else if roles.len() == 1 {
            self.refuse(
                "process.roles",
                format!(
                    "a node that is only a {} is not possible yet; use broker,controller",
                    roles[0]
                ),
            );
        }
    }

    fn controller_listener_names(&mut self) -> Vec<String> {
        let names = self.list("controller.listener.names");
        if names.is_empty() {
            self.refuse(
                "controller.listener.names",
                "it is missing; it names the listener of the controller, such as CONTROLLER",
            );
        }
        names.iter().map(|name| name.to_uppercase()).collect()
    }

    /// The quorum must be this node alone, for now.
    fn check_quorum(&mut self, node_id: NodeId) {
        let voters = self.list("controller.quorum.voters");
        let bootstrap = self.list("controller.quorum.bootstrap.servers");
        if voters.is_empty() && bootstrap.is_empty() {
            self.refuse(
                "controller.quorum.voters",
                format!("it is missing; for one node use {node_id}@localhost:9093"),
            );
        }
        for (name, members) in [
            ("controller.quorum.voters", &voters),
            ("controller.quorum.bootstrap.servers", &bootstrap),
        ] {
            if members.len() > 1 {
                self.refuse(name, "clusters of several nodes are not possible yet");
            }
        }
        if let [voter] = voters.as_slice() {
            match voter.split_once('@').map(|(id, _)| id.parse::<i32>()) {
                Some(Ok(id)) if id == node_id.get() => {}
                Some(Ok(id)) => self.refuse(
                    "controller.quorum.voters",
                    format!("it names node {id}, and this is node {node_id}"),
                ),
                _ => self.refuse(
                    "controller.quorum.voters",
                    format!("{voter} should read id@host:port"),
                ),
            }
        }
    }

    fn endpoints(&mut self, name: &str) -> Vec<Endpoint> {
        match parse_endpoints(&self.list(name)) {
            Ok(endpoints) => endpoints,
            Err(reason) => {
                self.refuse(name, reason);
                Vec::new()
            }
        }
    }

    /// Every listener has a protocol, and it is one that we speak.
    fn check_protocols(&mut self, endpoints: &[Endpoint], controller_names: &[String]) {
        const MAP: &str = "listener.security.protocol.map";
        let map = match parse_protocol_map(&self.text(MAP).unwrap_or_default()) {
            Ok(map) => map,
            Err(reason) => return self.refuse(MAP, reason),
        };
        for endpoint in endpoints {
            let name = &endpoint.name;
            match map.get(name) {
                Some(SecurityProtocol::Plaintext) => {}
                Some(protocol) => self.refuse(
                    "listeners",
                    format!(
                        "{name} is {}; only PLAINTEXT is possible yet",
                        protocol.name()
                    ),
                ),
                // Kafka's own exception, for files that do not set the map.
                None if controller_names.contains(name) && self.settings.get(MAP).is_none() => {}
                None => self.refuse(MAP, format!("it does not say which protocol {name} speaks")),
            }
        }
    }

    fn broker_endpoints(
        &mut self,
        endpoints: &[Endpoint],
        controller_names: &[String],
    ) -> Vec<Endpoint> {
        let (controllers, brokers): (Vec<_>, Vec<_>) = endpoints
            .iter()
            .cloned()
            .partition(|endpoint| controller_names.contains(&endpoint.name));
        if controllers.is_empty() && !endpoints.is_empty() && !controller_names.is_empty() {
            self.refuse(
                "listeners",
                format!(
                    "none of them is the controller's, {}",
                    controller_names.join(" or ")
                ),
            );
        }
        if brokers.is_empty() && !endpoints.is_empty() {
            self.refuse("listeners", "none of them is for clients");
        }
        brokers
    }

    /// What clients are told: what is set, or the listeners themselves with the
    /// machine's name where they have no host.
    fn advertised(
        &mut self,
        listeners: &[Endpoint],
        controller_names: &[String],
        surroundings: &Surroundings,
    ) -> Vec<AdvertisedListener> {
        const NAME: &str = "advertised.listeners";
        let is_set = self.settings.value(NAME).is_some();
        let endpoints = if is_set {
            self.endpoints(NAME)
        } else {
            listeners.to_vec()
        };
        let mut advertised = Vec::new();
        for endpoint in endpoints {
            if controller_names.contains(&endpoint.name) {
                continue;
            }
            if !listeners
                .iter()
                .any(|listener| listener.name == endpoint.name)
            {
                self.refuse(NAME, format!("{} is not one of listeners", endpoint.name));
            }
            if matches!(endpoint.host.as_str(), "0.0.0.0" | "::") {
                self.refuse(
                    if is_set { NAME } else { "listeners" },
                    format!(
                        "clients can not connect to {}; set advertised.listeners to a \
                         name or address that they can reach",
                        endpoint.host
                    ),
                );
            }
            let host = if endpoint.host.is_empty() {
                surroundings.hostname.clone()
            } else {
                endpoint.host
            };
            advertised.push(AdvertisedListener {
                name: endpoint.name,
                host,
                port: endpoint.port,
            });
        }
        advertised
    }

    fn inter_broker_listener(&mut self, listeners: &[Endpoint]) -> String {
        const NAME: &str = "inter.broker.listener.name";
        let name = match self.text(NAME) {
            Some(name) => name.to_uppercase(),
            None => self
                .text("security.inter.broker.protocol")
                .unwrap_or_default(),
        };
        let is_there = |name: &String| listeners.iter().any(|listener| listener.name == *name);
        if is_there(&name) || listeners.is_empty() {
            return name;
        }
        self.refuse(NAME, format!("{name} is not a listener of the broker"));
        name
    }

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
        assert_eq!(config.heartbeat.interval, Duration::from_secs(2));
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
