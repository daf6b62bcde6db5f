//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{consume::ConsumeArguments, produce::ProduceArguments, topic::TopicCommand};

/// A Kafka-compatible event streaming server, and a small client for it.
#[derive(Parser)]
#[command(
    name = "highwater",
    version,
    after_help = "Begin with `highwater dev`, which needs no configuration."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs a node with Kafka's configuration.
    ///
    /// Settings come from the properties file, then from KAFKA_* environment
    /// variables (as Kafka's container image maps them), then from --override;
    /// later ones count. An empty data directory is formatted, for the cluster
    /// in the environment variable CLUSTER_ID or a new one.
    Server(ServerArguments),
    /// Formats the data directories of a node, without starting it.
    Format(FormatArguments),
    /// Starts a node on this machine to develop with; needs no configuration.
    Dev(DevArguments),
    /// Creates, lists, describes, alters and deletes topics.
    #[command(subcommand)]
    Topic(TopicCommand),
    /// Writes records to a topic, one for each line of the standard input.
    Produce(ProduceArguments),
    /// Reads records of a topic to the standard output.
    Consume(ConsumeArguments),
}

/// Where a node's settings come from.
#[derive(Args)]
pub struct ConfigArguments {
    /// A properties file with Kafka's names, such as server.properties.
    #[arg(long, short = 'c', value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Sets one config, before the file and the environment; may be repeated.
    #[arg(long = "override", value_name = "NAME=VALUE")]
    pub overrides: Vec<String>,
}

/// What a node logs.
#[derive(Args)]
pub struct LogArguments {
    /// What to log: error, warn, info, debug or trace, or a filter such as
    /// `info,highwater_broker=debug`. The environment variable RUST_LOG does the same.
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

#[derive(Args)]
pub struct ServerArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    #[command(flatten)]
    pub log: LogArguments,
}

#[derive(Args)]
pub struct FormatArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The cluster to format for; the environment variable CLUSTER_ID, or a new
    /// cluster, if it is not given.
    #[arg(long, short = 't', value_name = "ID")]
    pub cluster_id: Option<String>,
    /// Leaves directories as they are that are formatted for this cluster and node.
    #[arg(long, short = 'g')]
    pub ignore_formatted: bool,
}

#[derive(Args)]
pub struct DevArguments {
    /// How many nodes to start; one, for now.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub nodes: u32,
    /// The port of the first node; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 9092)]
    pub port: u16,
    /// Where records are kept; created if it is not there, and kept afterwards.
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data_dir: PathBuf,
    /// Sets one of Kafka's broker configs; may be repeated.
    #[arg(long = "override", value_name = "NAME=VALUE")]
    pub overrides: Vec<String>,
    #[command(flatten)]
    pub log: LogArguments,
}

/// How a client finds its cluster.
#[derive(Args)]
pub struct ClientArguments {
    /// Brokers to begin with, as host:port, separated by commas.
    #[arg(
        long,
        short = 'b',
        value_name = "HOST:PORT",
        default_value = "localhost:9092",
        global = true
    )]
    pub bootstrap_server: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
