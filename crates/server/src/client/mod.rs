//! A small Kafka client for the command line: one topic at a time, one request at a
//! time on each connection.

mod admin;
mod connection;
mod consumer;
mod error;
mod partitioner;
mod producer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::Network;
use highwater_protocol::messages::MetadataResponse;
use highwater_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use highwater_protocol::{ErrorCode, Request};
use highwater_types::Uuid;
use tokio::time::Instant;

pub use admin::{NewTopic, TopicConfigEntry};
pub use consumer::{Consumed, Consumer, Start};
pub use error::ClientError;
pub use producer::{Acks, Outgoing, Producer};

use connection::Connection;

/// How long an operation is tried again before it fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before something is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// A client of one cluster.
pub struct Client {
    network: Arc<dyn Network>,
    /// `host:port` of some brokers.
    bootstrap: Vec<String>,
    /// Open connections by address.
    connections: BTreeMap<String, Connection>,
    /// Addresses by node id, from the newest metadata.
    brokers: BTreeMap<i32, String>,
}

/// A topic as metadata shows it.
#[derive(Clone, Debug)]
pub struct Topic {
    pub name: String,
    pub id: Uuid,
    pub is_internal: bool,
    /// Ascending by index.
    pub partitions: Vec<Partition>,
}

/// A partition as metadata shows it.
#[derive(Clone, Debug)]
pub struct Partition {
    pub index: i32,
    /// -1 for none.
    pub leader: i32,
    pub leader_epoch: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
}

impl Client {
    /// A client that finds its cluster through `bootstrap`, a list of `host:port`
    /// separated by commas. Nothing is connected yet.
    pub fn new(network: Arc<dyn Network>, bootstrap: &str) -> Self {
        let with_port = |address: &str| match address.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => address.to_owned(),
            _ => format!("{address}:9092"),
        };
        Self {
            network,
            bootstrap: bootstrap
                .split(',')
                .map(str::trim)
                .filter(|address| !address.is_empty())
                .map(with_port)
                .collect(),
            connections: BTreeMap::new(),
            brokers: BTreeMap::new(),
        }
    }

    /// Asks any broker.
    async fn ask<R: Request>(&mut self, request: &R) -> Result<R::Response, ClientError> {
        let known = self.brokers.values().cloned();
        let addresses: Vec<String> = self.bootstrap.iter().cloned().chain(known).collect();
        let mut last = ClientError::NoAddress;
        for address in addresses {
            match self.ask_at(&address, request).await {
                Err(error) if error.is_about_the_connection() => last = error,
                result => return result,
            }
        }
        Err(last)
    }

    /// Asks one broker by its node id.
    async fn ask_node<R: Request>(
        &mut self,
        node: i32,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        let address = self.brokers.get(&node).cloned();
        let address = address.ok_or(ClientError::UnknownNode(node))?;
        self.ask_at(&address, request).await
    }

    /// Asks at an address, over the open connection or a new one. A connection that
    /// failed is not used again.
    async fn ask_at<R: Request>(
        &mut self,
        address: &str,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        let mut connection = match self.connections.remove(address) {
            Some(connection) => connection,
            None => Connection::open(&*self.network, address).await?,
        };
        let response = connection.call(request).await;
        if connection.is_usable() {
            self.connections.insert(address.to_owned(), connection);
        }
        response
    }

    /// The metadata of some topics, or of all.
    async fn metadata(
        &mut self,
        topics: Option<&[String]>,
        create: bool,
    ) -> Result<MetadataResponse, ClientError> {
        let topics = topics.map(|names| {
            let topic = |name: &String| MetadataRequestTopic {
                name: Some(name.clone()),
                topic_id: Uuid::ZERO,
            };
            names.iter().map(topic).collect()
        });
        let request = MetadataRequest {
            topics,
            allow_auto_topic_creation: create,
            ..MetadataRequest::default()
        };
        let response = self.ask(&request).await?;
        self.brokers = response
            .brokers
            .iter()
            .map(|broker| (broker.node_id, address_of(&broker.host, broker.port)))
            .collect();
        Ok(response)
    }

    /// All topics by name.
    pub async fn topics(&mut self) -> Result<Vec<Topic>, ClientError> {
        let response = self.metadata(None, false).await?;
        let mut topics: Vec<Topic> = response.topics.into_iter().map(topic_of).collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// One topic, once all its partitions have leaders. With `create` a broker may
    /// create it if its configuration says so.
    pub async fn topic(&mut self, name: &str, create: bool) -> Result<Topic, ClientError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let names = [name.to_owned()];
            let response = self.metadata(Some(&names), create).await?;
            let Some(topic) = response.topics.into_iter().next() else {
                return Err(ClientError::refused(
                    name,
                    ErrorCode::UnknownServerError.code(),
                    None,
                ));
            };
            let code = ErrorCode::from_code(topic.error_code);
            let being_made = create && code == ErrorCode::UnknownTopicOrPartition;
            let wait = being_made || code == ErrorCode::LeaderNotAvailable;
            if code != ErrorCode::None && (!wait || Instant::now() >= deadline) {
                return Err(ClientError::refused(name, topic.error_code, None));
            }
            let topic = topic_of(topic);
            let has_leaders = topic
                .partitions
                .iter()
                .all(|partition| partition.leader >= 0);
            if code == ErrorCode::None && (has_leaders || Instant::now() >= deadline) {
                return Ok(topic);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn address_of(host: &str, port: i32) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn topic_of(topic: highwater_protocol::messages::metadata::MetadataResponseTopic) -> Topic {
    let mut partitions: Vec<Partition> = topic
        .partitions
        .into_iter()
        .map(|partition| Partition {
            index: partition.partition_index,
            leader: partition.leader_id,
            leader_epoch: partition.leader_epoch,
            replicas: partition.replica_nodes,
            isr: partition.isr_nodes,
        })
        .collect();
    partitions.sort_by_key(|partition| partition.index);
    Topic {
        name: topic.name.unwrap_or_default(),
        id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions,
    }
}
