use std::time::Duration;

use highwater_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsTopic,
};
use highwater_protocol::messages::delete_topics::{DeleteTopicState, DeleteTopicsRequest};

use super::*;
use crate::testing::Node;

#[tokio::test]
async fn a_topic_lives_and_dies() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    // What was answered is to be seen at once.
    let grow = CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic {
            name: "t".into(),
            count: 4,
            assignments: None,
        }],
        timeout_ms: 1000,
        validate_only: false,
    };
    let response = client.ask(3, &grow).await;
    assert_eq!(response.results[0].error_code, 0, "{response:?}");
    let metadata = metadata_of(&mut client, 12, &["t"]).await;
    assert_eq!(metadata.topics[0].partitions.len(), 4);
    let delete = DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: None,
            topic_id: metadata.topics[0].topic_id,
        }],
        timeout_ms: 1000,
        ..DeleteTopicsRequest::default()
    };
    let response = client.ask(6, &delete).await;
    assert_eq!(response.responses[0].error_code, 0, "{response:?}");
    assert_eq!(response.responses[0].name.as_deref(), Some("t"));
    assert_eq!(
        metadata_of(&mut client, 12, &["t"]).await.topics[0].error_code,
        3
    );
    // Again under the same name, and gone by name.
    create_topic(&mut client, "t", 2).await;
    let delete = DeleteTopicsRequest {
        topic_names: vec!["t".into(), "never".into()],
        timeout_ms: 1000,
        ..DeleteTopicsRequest::default()
    };
    let response = client.ask(1, &delete).await;
    let codes: Vec<_> = response.responses.iter().map(|r| r.error_code).collect();
    assert_eq!(codes, [0, 3]);
}

#[tokio::test]
async fn creating_twice_is_an_error_of_that_topic() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    let request = CreateTopicsRequest {
        topics: ["t", "u"]
            .map(|name| CreatableTopic {
                name: name.into(),
                num_partitions: 1,
                replication_factor: 1,
                ..CreatableTopic::default()
            })
            .to_vec(),
        ..CreateTopicsRequest::default()
    };
    for version in 2..=7 {
        let mut request = request.clone();
        request.topics[1].name = format!("u{version}");
        let response = client.ask(version, &request).await;
        let codes: Vec<_> = response
            .topics
            .iter()
            .map(|topic| topic.error_code)
            .collect();
        assert_eq!(codes, [36, 0], "TOPIC_ALREADY_EXISTS, then a new one");
    }
}

#[tokio::test]
async fn a_broker_comes_back_and_stops() {
    let node = Node::start().await;
    create_topic(&mut node.client().await, "t", 1).await;
    let address = node.address();
    let Node {
        broker,
        controller,
        dir,
    } = node;
    let stopped = tokio::time::timeout(Duration::from_secs(3), broker.shutdown()).await;
    stopped.expect("in time").expect("in order");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    let node = Node::start_in(dir, controller, |_| {}).await;
    let metadata = metadata_of(&mut node.client().await, 12, &["t"]).await;
    assert_eq!(metadata.topics[0].partitions[0].leader_id, 1);
}
