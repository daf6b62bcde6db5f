//! Records in and out over connections.

use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::messages::delete_topics::DeleteTopicsRequest;
use highwater_protocol::messages::fetch::{
    FetchPartition, FetchRequest, FetchResponse, FetchTopic,
};
use highwater_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use highwater_protocol::record::{BatchBuilder, BatchIter};
use highwater_types::Uuid;

use super::*;
use crate::testing::Node;

fn batch(value: &str) -> Bytes {
    let mut batch = BatchBuilder::new();
    batch
        .append(1, Some(b"key"), Some(value.as_bytes()), &[])
        .expect("small");
    batch.build().expect("small")
}

fn produce(topic_id: Uuid, acks: i16, value: &str) -> ProduceRequest {
    ProduceRequest {
        acks,
        timeout_ms: 5000,
        topic_data: vec![TopicProduceData {
            name: "t".into(),
            topic_id,
            partition_data: vec![PartitionProduceData {
                index: 0,
                records: Some(batch(value)),
            }],
        }],
        ..ProduceRequest::default()
    }
}

fn fetch(topic_id: Uuid, offset: i64, max_wait_ms: i32) -> FetchRequest {
    FetchRequest {
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 1 << 20,
        topics: vec![FetchTopic {
            topic: "t".into(),
            topic_id,
            partitions: vec![FetchPartition {
                partition: 0,
                fetch_offset: offset,
                partition_max_bytes: 1 << 20,
                ..FetchPartition::default()
            }],
        }],
        ..FetchRequest::default()
    }
}

/// The offsets of the batches in an answer.
fn offsets(response: &FetchResponse) -> Vec<i64> {
    assert_eq!(response.error_code, 0);
    let partitions = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partitions);
    let batches = partitions.flat_map(|partition| {
        assert_eq!(partition.error_code, 0);
        BatchIter::new(partition.records.clone().unwrap_or_default())
    });
    batches
        .map(|batch| batch.expect("whole batches").0.base_offset)
        .collect()
}

#[tokio::test]
async fn every_version_writes_and_reads() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let id = create_topic(&mut client, "t", 1).await.topics[0].topic_id;
    let mut expected = Vec::new();
    for version in 3..=13 {
        let response = client.ask(version, &produce(id, -1, "v")).await;
        let partition = &response.responses[0].partition_responses[0];
        let next = expected.len() as i64;
        assert_eq!((partition.error_code, partition.base_offset), (0, next));
        expected.push(next);
    }
    for version in 4..=18 {
        let response = client.ask(version, &fetch(id, 0, 1000)).await;
        assert_eq!(offsets(&response), expected, "version {version}");
    }
}

#[tokio::test]
async fn a_pipeline_is_appended_and_answered_in_order() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let id = create_topic(&mut client, "t", 1).await.topics[0].topic_id;
    for index in 0..200 {
        client.send(13, &produce(id, -1, &index.to_string())).await;
    }
    for offset in 0..200 {
        let (_, response) = client.receive::<ProduceRequest>(13).await;
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!((partition.error_code, partition.base_offset), (0, offset));
    }
}

#[tokio::test]
async fn a_parked_fetch_is_woken_and_keeps_its_turn() {
    let node = Node::start().await;
    let mut reader = node.client().await;
    let mut writer = node.client().await;
    let id = create_topic(&mut writer, "t", 1).await.topics[0].topic_id;
    let parked = reader.send(13, &fetch(id, 0, 20_000)).await;
    reader.send(12, &MetadataRequest::default()).await;
    // Long enough to be parked, most likely; right in any case.
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Without an answer, so it only can be seen by the reader.
    writer.send(13, &produce(id, 0, "v")).await;
    let receive = reader.receive::<FetchRequest>(13);
    let (first, response) = tokio::time::timeout(Duration::from_secs(10), receive)
        .await
        .expect("woken");
    assert_eq!(first, parked);
    assert_eq!(offsets(&response), [0]);
    reader.receive::<MetadataRequest>(12).await;
}

#[tokio::test]
async fn records_outlive_the_broker_and_end_with_their_topic() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let id = create_topic(&mut client, "t", 1).await.topics[0].topic_id;
    client.ask(13, &produce(id, -1, "v")).await;
    let Node {
        broker,
        controller,
        dir,
    } = node;
    broker.shutdown().await.expect("in order");
    let node = Node::start_in(dir, controller, |_| {}).await;
    let mut client = node.client().await;
    let response = client.ask(13, &fetch(id, 0, 1000)).await;
    assert_eq!(offsets(&response), [0]);
    let folder = node.dir.path().join("t-0");
    assert!(folder.exists());
    let delete = DeleteTopicsRequest {
        topic_names: vec!["t".into()],
        timeout_ms: 1000,
        ..DeleteTopicsRequest::default()
    };
    client.ask(1, &delete).await;
    assert!(!folder.exists(), "the folder is renamed before the answer");
}
