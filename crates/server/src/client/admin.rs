//! Changing and describing topics.

use std::collections::BTreeMap;

use highwater_protocol::messages::create_partitions::CreatePartitionsTopic;
use highwater_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use highwater_protocol::messages::delete_topics::DeleteTopicState;
use highwater_protocol::messages::describe_configs::DescribeConfigsResource;
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use highwater_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest,
    IncrementalAlterConfigsRequest,
};
use highwater_types::Uuid;

use super::{Client, ClientError};

/// Kafka's number for topics among the things that have configs.
const TOPIC_RESOURCE: i8 = 2;
const CONFIG_SET: i8 = 0;
const CONFIG_DELETE: i8 = 1;
/// How long the cluster may take over a change.
const TIMEOUT_MS: i32 = 30_000;

/// A topic to be created.
#[derive(Clone, Debug)]
pub struct NewTopic {
    pub name: String,
    /// -1 for the cluster's default.
    pub partitions: i32,
    /// -1 for the cluster's default.
    pub replication_factor: i16,
    pub configs: BTreeMap<String, String>,
}

/// One config of a topic.
#[derive(Clone, Debug)]
pub struct TopicConfigEntry {
    pub name: String,
    pub value: Option<String>,
    /// Whether it was set on the topic.
    pub is_own: bool,
}

impl Client {
    pub async fn create_topic(&mut self, topic: NewTopic) -> Result<(), ClientError> {
        let name = topic.name.clone();
        let config = |(name, value)| CreatableTopicConfig {
            name,
            value: Some(value),
        };
        let request = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: topic.name,
                num_partitions: topic.partitions,
                replication_factor: topic.replication_factor,
                assignments: Vec::new(),
                configs: topic.configs.into_iter().map(config).collect(),
            }],
            timeout_ms: TIMEOUT_MS,
            validate_only: false,
        };
        let response = self.ask(&request).await?;
        for result in response.topics {
            ClientError::check(&result.name, result.error_code, result.error_message)?;
        }
        // Only when its partitions have leaders can the topic be used.
        self.topic(&name, false).await.map(|_| ())
    }

    pub async fn delete_topic(&mut self, name: &str) -> Result<(), ClientError> {
        let request = DeleteTopicsRequest {
            topics: vec![DeleteTopicState {
                name: Some(name.to_owned()),
                topic_id: Uuid::ZERO,
            }],
            topic_names: vec![name.to_owned()],
            timeout_ms: TIMEOUT_MS,
        };
        let response = self.ask(&request).await?;
        for result in response.responses {
            ClientError::check(name, result.error_code, result.error_message)?;
        }
        Ok(())
    }

    /// Adds partitions until there are `count`.
    pub async fn set_partitions(&mut self, name: &str, count: i32) -> Result<(), ClientError> {
        let request = CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic {
                name: name.to_owned(),
                count,
                assignments: None,
            }],
            timeout_ms: TIMEOUT_MS,
            validate_only: false,
        };
        let response = self.ask(&request).await?;
        for result in response.results {
            ClientError::check(name, result.error_code, result.error_message)?;
        }
        Ok(())
    }

    /// Sets some configs of a topic and takes others back to their defaults.
    pub async fn alter_configs(
        &mut self,
        name: &str,
        set: &BTreeMap<String, String>,
        delete: &[String],
    ) -> Result<(), ClientError> {
        let set = set.iter().map(|(name, value)| AlterableConfig {
            name: name.clone(),
            config_operation: CONFIG_SET,
            value: Some(value.clone()),
        });
        let delete = delete.iter().map(|name| AlterableConfig {
            name: name.clone(),
            config_operation: CONFIG_DELETE,
            value: None,
        });
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type: TOPIC_RESOURCE,
                resource_name: name.to_owned(),
                configs: set.chain(delete).collect(),
            }],
            validate_only: false,
        };
        let response = self.ask(&request).await?;
        for result in response.responses {
            ClientError::check(name, result.error_code, result.error_message)?;
        }
        Ok(())
    }

    /// All configs of a topic with their values in effect.
    pub async fn topic_configs(
        &mut self,
        name: &str,
    ) -> Result<Vec<TopicConfigEntry>, ClientError> {
        const SET_ON_THE_TOPIC: i8 = 1;
        let request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: TOPIC_RESOURCE,
                resource_name: name.to_owned(),
                configuration_keys: None,
            }],
            ..DescribeConfigsRequest::default()
        };
        let response = self.ask(&request).await?;
        let mut entries = Vec::new();
        for result in response.results {
            ClientError::check(name, result.error_code, result.error_message)?;
            entries.extend(result.configs.into_iter().map(|config| TopicConfigEntry {
                is_own: config.config_source == SET_ON_THE_TOPIC,
                name: config.name,
                value: config.value,
            }));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}
