//! `highwater dev`: a node to develop with, without any configuration.

use std::path::Path;

use anyhow::{Context, Result, bail};
use highwater_broker::BrokerError;
use highwater_storage::StdDisk;

use crate::cli::DevArguments;
use crate::format;
use crate::node::Node;
use crate::output::say;
use crate::process;
use crate::settings::node::NodeConfig;
use crate::settings::{Origin, Settings};
use crate::telemetry;

/// The folder of the first node within the data directory.
const NODE_DIR: &str = "node-1";

/// What differs from Kafka's defaults on a single node: internal topics have one
/// copy, and a group's first assignment does not wait.
const SINGLE_NODE: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.quorum.voters", "1@127.0.0.1:0"),
    ("controller.listener.names", "CONTROLLER"),
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
];

/// Runs a node until it is stopped.
pub fn run(arguments: &DevArguments) -> Result<()> {
    telemetry::start(arguments.log.log.as_deref(), "warn")?;
    if arguments.nodes != 1 {
        bail!(
            "--nodes {}: only one node is possible yet; clusters of several come later",
            arguments.nodes
        );
    }
    let settings = settings(arguments)?;
    let config = NodeConfig::from_settings(&settings, &process::surroundings()?)?;
    let data = config.log_dirs.first().cloned().unwrap_or_default();
    process::raise_open_files_limit();
    process::runtime()?.block_on(async {
        let node = Node::start(config, None, process::cores())
            .await
            .map_err(|error| explain(error, arguments.port))?;
        node.run(|node| {
            // It serves whether or not somebody reads this.
            let _ = say(banner(node, &data) + "ready");
        })
        .await
    })?;
    let _ = say("stopped");
    Ok(())
}

fn settings(arguments: &DevArguments) -> Result<Settings> {
    let mut settings = Settings::default();
    let mut set = |name: &str, value: String| {
        settings.set(name.to_owned(), value, Origin::CommandLine);
    };
    for (name, value) in SINGLE_NODE {
        set(name, (*value).to_owned());
    }
    let listeners = format!(
        "PLAINTEXT://127.0.0.1:{},CONTROLLER://127.0.0.1:0",
        arguments.port
    );
    set("listeners", listeners);
    if format::is_formatted(&StdDisk, &arguments.data_dir) {
        bail!(
            "{} belongs to a node itself; --data-dir is a folder for the directories of nodes",
            arguments.data_dir.display()
        );
    }
    let dir = arguments.data_dir.join(NODE_DIR);
    let dir = dir.to_str().context("--data-dir is not UTF-8")?.to_owned();
    if dir.contains(',') {
        bail!("--data-dir: a path with a comma can not be used");
    }
    set("log.dirs", dir);
    for text in &arguments.overrides {
        settings.add_override(text)?;
    }
    let checked = settings.check();
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    checked?;
    Ok(settings)
}

/// The most common reason why a node can not start, in its own words.
fn explain(error: anyhow::Error, port: u16) -> anyhow::Error {
    let in_use = |cause: &BrokerError| match cause {
        BrokerError::Listener(io) => io.kind() == std::io::ErrorKind::AddrInUse,
        BrokerError::Storage(_) | BrokerError::Failed(_) => false,
    };
    if error.downcast_ref::<BrokerError>().is_some_and(in_use) {
        anyhow::anyhow!(
            "port {port} is in use, perhaps by another node; --port PORT takes another one"
        )
    } else {
        error
    }
}

fn banner(node: &Node, data: &Path) -> String {
    let servers: Vec<String> = node
        .addresses()
        .iter()
        .map(|(_, address)| address.to_string())
        .collect();
    let servers = servers.join(",");
    let program = std::env::args().next();
    let program = program.unwrap_or_else(|| "highwater".to_owned());
    // The default is only right for the default port.
    let option = if servers.ends_with(":9092") {
        String::new()
    } else {
        format!(" -b {servers}")
    };
    format!(
        "Highwater {version}: one node to develop with

  bootstrap servers  {servers}
  data               {data} (kept)

Try in another terminal:
  {program} topic create greetings{option}
  echo hello | {program} produce greetings{option}
  {program} consume greetings{option}

Ctrl-C stops it.
",
        version = env!("CARGO_PKG_VERSION"),
        data = data.display(),
    )
}
