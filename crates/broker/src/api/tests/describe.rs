use highwater_protocol::messages::describe_cluster::DescribeClusterRequest;
use highwater_protocol::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsRequest, TopicRequest,
};

use super::*;
use crate::testing::Node;

#[tokio::test]
async fn the_cluster() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for version in 0..=2 {
        let mut request = DescribeClusterRequest {
            include_cluster_authorized_operations: true,
            ..DescribeClusterRequest::default()
        };
        let response = client.ask(version, &request).await;
        assert_eq!((response.error_code, response.controller_id), (0, 1));
        assert_eq!(response.cluster_id, "test-cluster");
        assert_eq!(response.brokers[0].port, i32::from(node.address().port()));
        assert_eq!(response.cluster_authorized_operations, 8096);
        if version >= 1 {
            request.endpoint_type = 2;
            assert_eq!(client.ask(version, &request).await.error_code, 114);
            request.endpoint_type = 3;
            assert_eq!(client.ask(version, &request).await.error_code, 115);
        }
    }
}

/// Topics and partitions of all pages, one line for each page.
async fn pages(client: &mut Client, names: &[&str], limit: i32) -> Vec<String> {
    let topics = names.iter().map(|name| TopicRequest {
        name: (*name).into(),
    });
    let mut request = DescribeTopicPartitionsRequest {
        topics: topics.collect(),
        response_partition_limit: limit,
        cursor: None,
    };
    let mut pages = Vec::new();
    loop {
        let response = client.ask(0, &request).await;
        let topics = response.topics.iter().map(|topic| {
            let partitions = topic
                .partitions
                .iter()
                .map(|p| p.partition_index.to_string());
            let name = topic.name.as_deref().unwrap_or_default();
            match topic.error_code {
                0 => format!("{name}:{}", partitions.collect::<Vec<_>>().join(",")),
                code => format!("{name}!{code}"),
            }
        });
        pages.push(topics.collect::<Vec<_>>().join(" "));
        match response.next_cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn topics_in_pages() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for (name, partitions) in [("a", 3), ("b", 1), ("c", 2)] {
        create_topic(&mut client, name, partitions).await;
    }
    assert_eq!(pages(&mut client, &[], 100).await, ["a:0,1,2 b:0 c:0,1"]);
    assert_eq!(
        pages(&mut client, &[], 2).await,
        ["a:0,1", "a:2 b:0", "c:0,1"]
    );
    assert_eq!(pages(&mut client, &[], 3).await, ["a:0,1,2", "b:0 c:0,1"]);
    assert_eq!(
        pages(&mut client, &[], 0).await.len(),
        6,
        "at least one at a time"
    );
    let asked = ["c", "bb", "a", "c", "x y"];
    assert_eq!(
        pages(&mut client, &asked, 100).await,
        ["a:0,1,2 bb!3 c:0,1 x y!17"]
    );
    assert_eq!(
        pages(&mut client, &asked, 4).await,
        ["a:0,1,2 bb!3 c:0", "c:1 x y!17"]
    );
}

#[tokio::test]
async fn a_cursor_may_point_at_what_is_gone() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "a", 1).await;
    create_topic(&mut client, "c", 1).await;
    let mut request = DescribeTopicPartitionsRequest {
        cursor: Some(Cursor {
            topic_name: "b".into(),
            partition_index: 7,
        }),
        ..DescribeTopicPartitionsRequest::default()
    };
    let response = client.ask(0, &request).await;
    assert_eq!(response.topics.len(), 1);
    assert_eq!(response.topics[0].partitions.len(), 1);
    request.topics = vec![TopicRequest { name: "a".into() }];
    request.cursor = Some(Cursor {
        topic_name: "a".into(),
        partition_index: -1,
    });
    let response = client.ask(0, &request).await;
    assert_eq!(response.topics[0].error_code, 42);
}
