use highwater_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use highwater_types::Uuid;

use super::*;
use crate::testing::Node;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const INVALID_TOPIC: i16 = 17;
const INVALID_REQUEST: i16 = 42;
const UNKNOWN_TOPIC_ID: i16 = 100;

fn by_name(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic {
        name: Some(name.into()),
        ..MetadataRequestTopic::default()
    }
}

#[tokio::test]
async fn every_version_tells_the_same() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let id = create_topic(&mut client, "t", 2).await.topics[0].topic_id;
    for version in 0..=13 {
        let response = metadata_of(&mut client, version, &["t"]).await;
        let broker = &response.brokers[0];
        assert_eq!(broker.node_id, 1);
        assert_eq!(broker.host, "127.0.0.1");
        assert_eq!(broker.port, i32::from(node.address().port()));
        if version >= 1 {
            assert_eq!(response.controller_id, 1);
        }
        if version >= 2 {
            assert_eq!(response.cluster_id.as_deref(), Some("test-cluster"));
        }
        let topic = &response.topics[0];
        assert_eq!((topic.error_code, topic.name.as_deref()), (0, Some("t")));
        assert_eq!(topic.topic_id, if version >= 10 { id } else { Uuid::ZERO });
        assert_eq!(topic.partitions.len(), 2);
        for partition in &topic.partitions {
            assert_eq!((partition.error_code, partition.leader_id), (0, 1));
            assert_eq!(partition.replica_nodes, [1]);
            assert_eq!(partition.isr_nodes, [1]);
            assert!(partition.offline_replicas.is_empty());
        }
    }
}

#[tokio::test]
async fn all_topics_and_no_topics() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "b", 1).await;
    create_topic(&mut client, "a", 1).await;
    let mut all = MetadataRequest::default();
    for version in 1..=13 {
        all.topics = None;
        let response = client.ask(version, &all).await;
        let names: Vec<_> = response.topics.iter().map(|t| t.name.as_deref()).collect();
        assert_eq!(names, [Some("a"), Some("b")]);
        all.topics = Some(Vec::new());
        assert!(client.ask(version, &all).await.topics.is_empty());
    }
    all.topics = Some(Vec::new());
    assert_eq!(
        client.ask(0, &all).await.topics.len(),
        2,
        "version 0 has no null"
    );
}

#[tokio::test]
async fn topics_come_into_being_when_asked_for() {
    let node = Node::start_with(|config| config.auto_create_topics.partitions = 3).await;
    let mut client = node.client().await;
    let request = MetadataRequest {
        topics: Some(vec![by_name("new"), by_name("bad name"), by_name("new")]),
        ..MetadataRequest::default()
    };
    let response = client.ask(13, &request).await;
    assert_eq!(response.topics.len(), 2, "each topic once");
    let new = &response.topics[0];
    assert_eq!((new.error_code, new.partitions.len()), (0, 3));
    assert!(!new.topic_id.eq(&Uuid::ZERO));
    assert_eq!(response.topics[1].error_code, INVALID_TOPIC);
    // One broker can not hold three replicas.
    let node = Node::start_with(|config| config.auto_create_topics.replication_factor = 3).await;
    let mut client = node.client().await;
    let response = client.ask(13, &request).await;
    assert_eq!(
        response.topics[0].error_code, 38,
        "INVALID_REPLICATION_FACTOR"
    );
}

#[tokio::test]
async fn topics_stay_unknown_where_creation_is_off() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let response = metadata_of(&mut client, 9, &["none", "a/b", "__consumer_offsets"]).await;
    let codes: Vec<_> = response.topics.iter().map(|t| t.error_code).collect();
    let unknown = UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(codes, [unknown, INVALID_TOPIC, unknown]);
    assert!(response.topics[2].is_internal);
    let node = Node::start_with(|config| config.auto_create_topics.enabled = false).await;
    let request = MetadataRequest {
        topics: Some(vec![by_name("none")]),
        ..MetadataRequest::default()
    };
    let response = node.client().await.ask(12, &request).await;
    assert_eq!(response.topics[0].error_code, unknown);
}

#[tokio::test]
async fn topics_are_found_by_id() {
    let node = Node::start().await;
    let mut client = node.client().await;
    let id = create_topic(&mut client, "t", 1).await.topics[0].topic_id;
    let by_id = |topic_id| MetadataRequestTopic {
        topic_id,
        name: None,
    };
    let request = MetadataRequest {
        topics: Some(vec![by_id(id), by_id(Uuid([9; 16]))]),
        ..MetadataRequest::default()
    };
    let response = client.ask(12, &request).await;
    assert_eq!(response.topics[0].name.as_deref(), Some("t"));
    assert_eq!(response.topics[1].error_code, UNKNOWN_TOPIC_ID);
    assert_eq!(response.topics[1].name, None);
    let response = client.ask(10, &request).await;
    assert_eq!(response.topics[0].error_code, INVALID_REQUEST);
}

#[tokio::test]
async fn operations_are_told_on_request() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    let mut request = MetadataRequest {
        topics: Some(vec![by_name("t")]),
        ..MetadataRequest::default()
    };
    let response = client.ask(8, &request).await;
    assert_eq!(response.cluster_authorized_operations, i32::MIN);
    assert_eq!(response.topics[0].topic_authorized_operations, i32::MIN);
    request.include_cluster_authorized_operations = true;
    request.include_topic_authorized_operations = true;
    let response = client.ask(8, &request).await;
    assert_eq!(response.cluster_authorized_operations, 8096);
    assert_eq!(response.topics[0].topic_authorized_operations, 3576);
}
