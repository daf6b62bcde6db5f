//! What the clients of a run do.

mod produce;
mod read;

pub use produce::{ProducePlan, run_producer};
pub use read::{read_all, run_reader};

use std::time::Duration;

use highwater_protocol::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use highwater_protocol::{ErrorCode, messages::metadata::MetadataRequest};
use highwater_types::Uuid;

use crate::client::Client;

/// How long a client waits before it tries again.
const BACKOFF: Duration = Duration::from_millis(50);

/// Creates the topic, however often that takes, and returns its id.
pub async fn create_topic(address: &str, name: &str, partitions: i32) -> Uuid {
    loop {
        if let Ok(mut client) = Client::connect(address).await {
            let request = CreateTopicsRequest {
                topics: vec![CreatableTopic {
                    name: name.to_string(),
                    num_partitions: partitions,
                    replication_factor: 1,
                    ..CreatableTopic::default()
                }],
                ..CreateTopicsRequest::default()
            };
            // A try whose answer was lost may have worked; the look-up tells.
            let _ = client.call(7, &request).await;
            if let Some(id) = topic_id(&mut client, name).await {
                return id;
            }
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

async fn topic_id(client: &mut Client, name: &str) -> Option<Uuid> {
    let request = MetadataRequest {
        topics: Some(vec![
            highwater_protocol::messages::metadata::MetadataRequestTopic {
                name: Some(name.to_string()),
                ..Default::default()
            },
        ]),
        allow_auto_topic_creation: false,
        ..MetadataRequest::default()
    };
    let response = client.call(12, &request).await.ok()?;
    let topic = response.topics.first()?;
    (topic.error_code == ErrorCode::None.code()).then_some(topic.topic_id)
}
