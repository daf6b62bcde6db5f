//! Whole configurations: what is taken, and what is refused with which words.

use std::time::Duration;

use highwater_types::ClusterId;

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

const THREE: (&str, &str) = ("controller.quorum.voters", "1@a:9093,2@b:9093,3@c:9093");

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

/// The listeners of the broker, as `NAME bind advertised`.
fn addresses(config: &NodeConfig) -> Vec<String> {
    let addresses = &config.broker.as_ref().expect("a broker").addresses;
    let shown = |listener: &highwater_broker::ListenerConfig| {
        let told = addresses.advertised.iter();
        let told = told.clone().find(|each| each.name == listener.name);
        let told = told.map(|told| format!("{}:{}", told.host, told.port));
        format!(
            "{} {} {}",
            listener.name,
            listener.bind_address(),
            told.unwrap_or_default()
        )
    };
    addresses.listeners.iter().map(shown).collect()
}

#[test]
fn a_small_good_configuration_is_enough() {
    let config = config(&[]).expect("a good configuration");
    assert_eq!(config.node_id, NodeId(1));
    assert_eq!(config.log_dirs, [PathBuf::from("/here/data")]);
    assert_eq!(config.metadata_log_dir, PathBuf::from("/here/data"));
    assert_eq!(
        addresses(&config),
        [
            "PLAINTEXT 0.0.0.0:9092 myhost:9092",
            "REPLICATION 0.0.0.0:10092 myhost:10092",
        ]
    );
    let broker = config.broker.clone().expect("a broker");
    assert_eq!(broker.addresses.inter_broker, "PLAINTEXT");
    // What topics inherit, and what the broker shows of itself.
    let told = broker.clone().config(&config, ClusterId("c".into()));
    assert_eq!(told.properties, config.properties);
    assert_eq!(told.log_dirs, config.log_dirs);
    assert_eq!(broker.network.request_bytes_max, 100 << 20);
    assert_eq!(broker.heartbeat.interval, Duration::from_millis(300));
    assert!(config.quorum.is_alone(NodeId(1)));
    assert_eq!(config.quorum.timeouts.election_timeout.as_millis(), 150);
    assert_eq!(config.quorum.timeouts.heartbeat_interval.as_millis(), 50);
}

#[test]
fn a_node_can_be_one_of_three_with_either_role() {
    let both = config(&[THREE]).expect("a combined node");
    assert!(!both.quorum.is_alone(NodeId(1)));
    let controller = both.controller.expect("a controller");
    // The fixed voters know where it is reached.
    assert_eq!(controller.listeners[0].advertised.host, "a");
    let only_controller = config(&[
        THREE,
        ("process.roles", "controller"),
        ("listeners", "CONTROLLER://:9093"),
    ])
    .expect("a controller");
    assert!(only_controller.broker.is_none());
    let only_broker = config(&[
        THREE,
        ("process.roles", "broker"),
        ("node.id", "4"),
        ("listeners", "PLAINTEXT://:9092"),
    ])
    .expect("a broker");
    assert!(only_broker.controller.is_none());
    assert_eq!(only_broker.quorum.voters.len(), 3);
}

#[test]
fn a_quorum_that_knows_its_voters_needs_only_some_addresses() {
    let config = config(&[
        ("controller.quorum.voters", ""),
        ("controller.quorum.bootstrap.servers", "a:9093,b:9093"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        ("advertised.listeners", "PLAINTEXT://x:1,CONTROLLER://y:2"),
    ])
    .expect("a dynamic quorum");
    assert_eq!(config.quorum.bootstrap_servers, ["a:9093", "b:9093"]);
    let controller = config.controller.expect("a controller");
    assert_eq!(controller.listeners[0].advertised.host, "y");
    assert_eq!(controller.listeners[0].bind.port, 9093);
}

#[test]
fn the_replication_listener_can_be_named_and_advertised() {
    let named = (
        "listeners",
        "PLAINTEXT://h:9092,replication://:7000,CONTROLLER://:9093",
    );
    let told = ("advertised.listeners", "PLAINTEXT://x:1");
    let config_of = |changes: &[(&str, &str)]| addresses(&config(changes).expect("good"));
    assert_eq!(
        config_of(&[named]),
        ["PLAINTEXT h:9092 h:9092", "REPLICATION 0.0.0.0:7000 h:7000"]
    );
    assert_eq!(
        config_of(&[named, told]),
        ["PLAINTEXT h:9092 x:1", "REPLICATION 0.0.0.0:7000 x:7000"]
    );
    let told = ("advertised.listeners", "PLAINTEXT://x:1,REPLICATION://y:2");
    assert_eq!(
        config_of(&[named, told]),
        ["PLAINTEXT h:9092 x:1", "REPLICATION 0.0.0.0:7000 y:2"]
    );
    assert_eq!(
        config_of(&[
            (
                "listeners",
                "PLAINTEXT://:9092,MINE://:7,CONTROLLER://:9093"
            ),
            ("replication.listener.name", "mine"),
            (
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
        ]),
        [
            "PLAINTEXT 0.0.0.0:9092 myhost:9092",
            "MINE 0.0.0.0:7 myhost:7"
        ]
    );
}

#[test]
fn what_is_missing_or_does_not_fit_is_told() {
    for (changes, part) in [
        (&[("node.id", "")][..], "node.id: it is missing"),
        (&[("process.roles", "")], "process.roles: it is missing"),
        (&[("broker.id", "2")], "it must equal node.id"),
        (&[("controller.listener.names", "")], "it is missing"),
        (&[("controller.quorum.voters", "")], "it is missing"),
        (&[("controller.quorum.voters", "2@a:1")], "it names node 2"),
        (&[("controller.quorum.voters", "1@a")], "1@a"),
        (
            &[("controller.quorum.voters", "1@a:1,1@b:1")],
            "node 1 is there twice",
        ),
        (
            &[("controller.quorum.voters", "1@a:1,2@b:0")],
            "port 0 can not be connected to",
        ),
        (
            &[("controller.quorum.bootstrap.servers", "a")],
            "a should read host:port",
        ),
        (
            &[("controller.quorum.fetch.timeout.ms", "5")],
            "5 is too short",
        ),
        (
            &[("process.roles", "broker"), ("listeners", "PLAINTEXT://:1")],
            "it names node 1, which is this one and no controller",
        ),
        (
            &[THREE, ("node.id", "4"), ("process.roles", "broker")],
            "CONTROLLER is a listener of controllers",
        ),
        (
            &[THREE, ("process.roles", "controller")],
            "PLAINTEXT is a listener of brokers",
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
        (
            &[("replication.listener.name", "PLAINTEXT")],
            "none of them is for clients",
        ),
        (
            &[("listeners", "PLAINTEXT://:65000,CONTROLLER://:2")],
            "no room for the replication listener",
        ),
        (
            &[("broker.heartbeat.interval.ms", "2000")],
            "2000 must be above 0 and below broker.session.timeout.ms, which is 1500",
        ),
        (
            &[("replica.selector.class", "my.Selector")],
            "RackAwareReplicaSelector",
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
    assert_eq!(
        addresses(&config),
        [
            "HOST 0.0.0.0:9092 localhost:9092",
            "DOCKER 0.0.0.0:9093 kafka:9093",
            "REPLICATION 0.0.0.0:10093 kafka:10093",
        ]
    );
}
