//! Requests over a real connection to a whole broker.

mod configs;
mod data_path;
mod describe;
mod hostile;
mod metadata;
mod records;
mod topics;
mod versions;

use highwater_protocol::messages::create_topics::{
    CreatableTopic, CreateTopicsRequest, CreateTopicsResponse,
};
use highwater_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse,
};

use crate::testing::Client;

/// Asks for topics by name, without creating them.
async fn metadata_of(client: &mut Client, version: i16, names: &[&str]) -> MetadataResponse {
    let topics = names.iter().map(|name| MetadataRequestTopic {
        name: Some((*name).into()),
        ..MetadataRequestTopic::default()
    });
    let request = MetadataRequest {
        topics: Some(topics.collect()),
        // Before version 4 it can not be said.
        allow_auto_topic_creation: version < 4,
        ..MetadataRequest::default()
    };
    client.ask(version, &request).await
}

async fn create_topic(client: &mut Client, name: &str, partitions: i32) -> CreateTopicsResponse {
    let request = CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: 1,
            ..CreatableTopic::default()
        }],
        ..CreateTopicsRequest::default()
    };
    let response = client.ask(7, &request).await;
    assert_eq!(response.topics[0].error_code, 0, "{response:?}");
    response
}
