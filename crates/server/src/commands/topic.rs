//! `highwater topic`.

use std::io;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use highwater_protocol::ErrorCode;
use serde_json::json;

use super::{client, pairs};
use crate::cli::ClientArguments;
use crate::client::{Client, ClientError, NewTopic, Topic, TopicConfigEntry};
use crate::output::say;

#[derive(Subcommand)]
pub enum TopicCommand {
    /// Creates a topic.
    Create(CreateArguments),
    /// Lists the topics.
    List(ListArguments),
    /// Shows partitions and configs of topics.
    Describe(DescribeArguments),
    /// Adds partitions, or changes configs.
    Alter(AlterArguments),
    /// Deletes topics with all their records.
    Delete(DeleteArguments),
}

#[derive(Args)]
pub struct CreateArguments {
    /// The topic's name.
    name: String,
    /// How many partitions; the cluster's default if it is not given.
    #[arg(long, short, value_name = "N")]
    partitions: Option<i32>,
    /// How many copies of each partition; the cluster's default if it is not given.
    #[arg(long, short, value_name = "N")]
    replication_factor: Option<i16>,
    /// Sets one of the topic's configs; may be repeated.
    #[arg(long = "config", value_name = "NAME=VALUE")]
    configs: Vec<String>,
    /// Is content if the topic exists.
    #[arg(long)]
    if_not_exists: bool,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Args)]
pub struct ListArguments {
    /// Shows internal topics as well.
    #[arg(long)]
    internal: bool,
    /// Prints one JSON object for each topic.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Args)]
pub struct DescribeArguments {
    /// The topics; all if none is named.
    names: Vec<String>,
    /// Shows all configs, not only those that were set on the topic.
    #[arg(long)]
    all_configs: bool,
    /// Prints one JSON object for each topic.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Args)]
pub struct AlterArguments {
    /// The topic's name.
    name: String,
    /// Adds partitions until there are so many.
    #[arg(long, short, value_name = "N")]
    partitions: Option<i32>,
    /// Sets one of the topic's configs; may be repeated.
    #[arg(long = "config", value_name = "NAME=VALUE")]
    configs: Vec<String>,
    /// Takes one of the topic's configs back to its default; may be repeated.
    #[arg(long = "delete-config", value_name = "NAME")]
    delete_configs: Vec<String>,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Args)]
pub struct DeleteArguments {
    /// The topics' names.
    #[arg(required = true)]
    names: Vec<String>,
    /// Is content if a topic does not exist.
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    client: ClientArguments,
}

pub async fn run(command: TopicCommand) -> Result<()> {
    match command {
        TopicCommand::Create(arguments) => create(arguments).await,
        TopicCommand::List(arguments) => list(arguments).await,
        TopicCommand::Describe(arguments) => describe(arguments).await,
        TopicCommand::Alter(arguments) => alter(arguments).await,
        TopicCommand::Delete(arguments) => delete(arguments).await,
    }
}

async fn create(arguments: CreateArguments) -> Result<()> {
    let topic = NewTopic {
        name: arguments.name.clone(),
        partitions: arguments.partitions.unwrap_or(-1),
        replication_factor: arguments.replication_factor.unwrap_or(-1),
        configs: pairs(&arguments.configs, "--config")?,
    };
    match client(&arguments.client).create_topic(topic).await {
        Ok(()) => say(format_args!("created {}", arguments.name))?,
        Err(error) if arguments.if_not_exists && is(&error, ErrorCode::TopicAlreadyExists) => {
            say(format_args!("{} exists", arguments.name))?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn list(arguments: ListArguments) -> Result<()> {
    let topics = client(&arguments.client).topics().await?;
    for topic in topics
        .iter()
        .filter(|topic| arguments.internal || !topic.is_internal)
    {
        if arguments.json {
            say(summary(topic))?;
        } else {
            say(&topic.name)?;
        }
    }
    Ok(())
}

async fn describe(arguments: DescribeArguments) -> Result<()> {
    let mut client = client(&arguments.client);
    let topics = if arguments.names.is_empty() {
        client.topics().await?
    } else {
        let mut topics = Vec::new();
        for name in &arguments.names {
            topics.push(client.topic(name, false).await?);
        }
        topics
    };
    for topic in topics {
        let mut configs = configs_of(&mut client, &topic).await?;
        configs.retain(|config| arguments.all_configs || config.is_own);
        if arguments.json {
            let mut object = summary(&topic);
            object["configs"] = configs
                .iter()
                .map(|config| (config.name.clone(), json!(config.value)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            say(object)?;
        } else {
            print_topic(&topic, &configs)?;
        }
    }
    Ok(())
}

/// A broker that does not describe configs does not stop us.
async fn configs_of(client: &mut Client, topic: &Topic) -> Result<Vec<TopicConfigEntry>> {
    match client.topic_configs(&topic.name).await {
        Err(ClientError::UnsupportedVersion { .. }) => Ok(Vec::new()),
        result => Ok(result?),
    }
}

fn print_topic(topic: &Topic, configs: &[TopicConfigEntry]) -> io::Result<()> {
    let replicas = topic
        .partitions
        .first()
        .map_or(0, |first| first.replicas.len());
    say(format_args!(
        "{}  id {}  {} partitions, {replicas} replicas",
        topic.name,
        topic.id,
        topic.partitions.len()
    ))?;
    for partition in &topic.partitions {
        say(format_args!(
            "  partition {:<5} leader {:<5} replicas {:<12} in sync {}",
            partition.index,
            partition.leader,
            joined(&partition.replicas),
            joined(&partition.isr)
        ))?;
    }
    for config in configs {
        let value = config.value.as_deref().unwrap_or_default();
        say(format_args!("  config    {}={value}", config.name))?;
    }
    Ok(())
}

fn joined(ids: &[i32]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

fn summary(topic: &Topic) -> serde_json::Value {
    let partition = |partition: &crate::client::Partition| {
        json!({
            "partition": partition.index,
            "leader": partition.leader,
            "replicas": partition.replicas,
            "isr": partition.isr,
        })
    };
    json!({
        "name": topic.name,
        "id": topic.id.to_string(),
        "internal": topic.is_internal,
        "partitions": topic.partitions.iter().map(partition).collect::<Vec<_>>(),
    })
}

async fn alter(arguments: AlterArguments) -> Result<()> {
    let set = pairs(&arguments.configs, "--config")?;
    let mut client = client(&arguments.client);
    if arguments.partitions.is_none() && set.is_empty() && arguments.delete_configs.is_empty() {
        bail!("nothing to change: give --partitions, --config or --delete-config");
    }
    if !set.is_empty() || !arguments.delete_configs.is_empty() {
        client
            .alter_configs(&arguments.name, &set, &arguments.delete_configs)
            .await?;
    }
    if let Some(count) = arguments.partitions {
        client.set_partitions(&arguments.name, count).await?;
    }
    say(format_args!("altered {}", arguments.name))?;
    Ok(())
}

async fn delete(arguments: DeleteArguments) -> Result<()> {
    let mut client = client(&arguments.client);
    for name in &arguments.names {
        match client.delete_topic(name).await {
            Ok(()) => say(format_args!("deleted {name}"))?,
            Err(error) if arguments.if_exists && is(&error, ErrorCode::UnknownTopicOrPartition) => {
                say(format_args!("{name} does not exist"))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn is(error: &ClientError, code: ErrorCode) -> bool {
    error.code() == Some(code)
}
