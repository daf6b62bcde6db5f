//! Controller and broker in one process, asked by a client that speaks frames: what
//! the pieces say to each other, without the binary around them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use highwater_broker::{Broker, BrokerConfig};
use highwater_controller::{Controller, ControllerConfig};
use highwater_platform::{Network, Platform, Stream, TcpNetwork};
use highwater_protocol::Request;
use highwater_protocol::frame::{decode_response, encode_request};
use highwater_protocol::messages::fetch::{
    FetchPartition, FetchRequest, FetchResponse, FetchTopic,
};
use highwater_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use highwater_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use highwater_protocol::record::{BatchBuilder, BatchIter};
use highwater_storage::StdDisk;
use highwater_types::{ClusterId, DirectoryId, NodeId, Uuid};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATIENCE: Duration = Duration::from_secs(20);
const PRODUCE_VERSION: i16 = 13;
const FETCH_VERSION: i16 = 17;
const METADATA_VERSION: i16 = 13;

struct Node {
    controller: Controller,
    broker: Broker,
}

impl Node {
    async fn start(dir: &Path) -> Self {
        let (id, cluster) = (NodeId(1), ClusterId("in-process".into()));
        let platform = Platform::real(2).expect("threads");
        let disk = Arc::new(StdDisk);
        let directory = DirectoryId(Uuid([7; 16]));
        let metadata = dir.join("metadata");
        let config = ControllerConfig::single(id, cluster.clone(), directory, metadata);
        let controller = Controller::start(config, disk.clone(), platform.clone());
        let controller = controller.await.expect("the controller starts");
        let config = BrokerConfig::new(id, cluster, vec![dir.join("data")]);
        let broker = Broker::start(config, disk, platform, controller.channel());
        let broker = broker.await.expect("the broker starts");
        let ready = tokio::time::timeout(PATIENCE, broker.ready()).await;
        ready.expect("in time").expect("ready");
        Self { controller, broker }
    }

    async fn client(&self) -> Client {
        Client::connect(self.broker.bound_addresses()[0].1).await
    }

    async fn stop(self) {
        let stopped = tokio::time::timeout(PATIENCE, self.broker.shutdown()).await;
        stopped.expect("in time").expect("in order");
        self.controller.shutdown().await.expect("in order");
    }
}

struct Client {
    stream: Box<dyn Stream>,
    correlation_id: i32,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpNetwork.connect(&address.to_string()).await;
        Self {
            stream: stream.expect("listening"),
            correlation_id: 0,
        }
    }

    async fn send<R: Request>(&mut self, version: i16, request: &R) {
        self.correlation_id += 1;
        let frame = encode_request(version, self.correlation_id, Some("test"), request);
        let frame = frame.expect("fits the version").into_bytes();
        self.stream.write_all(&frame).await.expect("open");
    }

    async fn receive<R: Request>(&mut self, version: i16) -> R::Response {
        let length = self.stream.read_u32().await.expect("an answer");
        let mut frame = vec![0; length as usize];
        self.stream.read_exact(&mut frame).await.expect("all of it");
        decode_response::<R>(frame.into(), version)
            .expect("a response")
            .1
    }

    async fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.send(version, request).await;
        self.receive::<R>(version).await
    }

    /// The id of a topic, which comes into being if there is none.
    async fn topic(&mut self, name: &str) -> Uuid {
        let request = MetadataRequest {
            topics: Some(vec![MetadataRequestTopic {
                name: Some(name.into()),
                ..MetadataRequestTopic::default()
            }]),
            ..MetadataRequest::default()
        };
        let response = self.ask(METADATA_VERSION, &request).await;
        let topic = &response.topics[0];
        assert_eq!(topic.error_code, 0, "{response:?}");
        assert_eq!(topic.partitions[0].leader_id, 1);
        topic.topic_id
    }
}

fn produce(topic_id: Uuid, value: &str) -> ProduceRequest {
    let mut batch = BatchBuilder::new();
    let appended = batch.append(1, None, Some(value.as_bytes()), &[]);
    appended.expect("small");
    ProduceRequest {
        acks: -1,
        timeout_ms: 10_000,
        topic_data: vec![TopicProduceData {
            topic_id,
            partition_data: vec![PartitionProduceData {
                index: 0,
                records: Some(batch.build().expect("small")),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    }
}

fn fetch(topic_id: Uuid) -> FetchRequest {
    FetchRequest {
        max_wait_ms: 1000,
        min_bytes: 1,
        max_bytes: 1 << 20,
        topics: vec![FetchTopic {
            topic_id,
            partitions: vec![FetchPartition {
                partition_max_bytes: 1 << 20,
                ..FetchPartition::default()
            }],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

fn count(response: &FetchResponse) -> usize {
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.error_code, 0);
    let batches = BatchIter::new(partition.records.clone().unwrap_or_default());
    let batches: Result<Vec<_>, _> = batches.collect();
    batches.expect("whole batches").len()
}

#[tokio::test]
async fn records_and_topics_outlive_a_node() {
    let dir = TempDir::new().expect("a folder");
    let node = Node::start(dir.path()).await;
    let mut client = node.client().await;
    let id = client.topic("t").await;
    for index in 0..50 {
        let request = produce(id, &index.to_string());
        client.send(PRODUCE_VERSION, &request).await;
    }
    for offset in 0..50 {
        let response = client.receive::<ProduceRequest>(PRODUCE_VERSION).await;
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!((partition.error_code, partition.base_offset), (0, offset));
    }
    node.stop().await;
    let node = Node::start(dir.path()).await;
    let mut client = node.client().await;
    assert_eq!(client.topic("t").await, id, "the same topic");
    let response = client.ask(FETCH_VERSION, &fetch(id)).await;
    assert_eq!(count(&response), 50);
    node.stop().await;
}

#[tokio::test]
async fn a_node_is_up_at_once() {
    let dir = TempDir::new().expect("a folder");
    for _ in 0..3 {
        let node = Node::start(dir.path()).await;
        node.client().await.topic("t").await;
        node.stop().await;
    }
}
