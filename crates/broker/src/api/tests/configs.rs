use highwater_protocol::messages::alter_configs::{self, AlterConfigsRequest};
use highwater_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResult,
};
use highwater_protocol::messages::incremental_alter_configs::{
    self, IncrementalAlterConfigsRequest,
};

use super::*;
use crate::testing::Node;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

async fn describe(client: &mut Client, resource_type: i8, name: &str) -> DescribeConfigsResult {
    let request = DescribeConfigsRequest {
        resources: vec![DescribeConfigsResource {
            resource_type,
            resource_name: name.into(),
            configuration_keys: None,
        }],
        include_synonyms: true,
        include_documentation: true,
    };
    let mut response = client.ask(4, &request).await;
    response.results.remove(0)
}

fn value_and_source(result: &DescribeConfigsResult, name: &str) -> (Option<String>, i8) {
    let config = result.configs.iter().find(|config| config.name == name);
    let config = config.expect("such a config");
    (config.value.clone(), config.config_source)
}

async fn set(client: &mut Client, resource_type: i8, resource: &str, name: &str, value: &str) {
    let request = IncrementalAlterConfigsRequest {
        resources: vec![incremental_alter_configs::AlterConfigsResource {
            resource_type,
            resource_name: resource.into(),
            configs: vec![incremental_alter_configs::AlterableConfig {
                name: name.into(),
                config_operation: 0,
                value: Some(value.into()),
            }],
        }],
        validate_only: false,
    };
    let response = client.ask(1, &request).await;
    assert_eq!(response.responses[0].error_code, 0, "{response:?}");
}

#[tokio::test]
async fn a_topics_configs_and_where_they_come_from() {
    let node = Node::start_with(|config| {
        let hours = ("log.retention.hours".into(), "1".into());
        let roll = ("log.roll.ms".into(), "7000".into());
        config.properties.extend([hours, roll]);
    })
    .await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    let before = describe(&mut client, TOPIC, "t").await;
    let of = |value: &str, source| (Some(value.to_owned()), source);
    // Kafka counts only what is set under the name that stands behind the config.
    assert_eq!(value_and_source(&before, "retention.ms"), of("3600000", 5));
    assert_eq!(value_and_source(&before, "segment.ms"), of("7000", 4));
    assert_eq!(
        value_and_source(&before, "segment.bytes"),
        of("1073741824", 5)
    );
    assert!(
        before
            .configs
            .iter()
            .all(|config| config.documentation.is_some())
    );
    set(&mut client, TOPIC, "t", "retention.ms", "5000").await;
    let after = describe(&mut client, TOPIC, "t").await;
    assert_eq!(value_and_source(&after, "retention.ms"), of("5000", 1));
    // AlterConfigs replaces everything that was set.
    let request = AlterConfigsRequest {
        resources: vec![alter_configs::AlterConfigsResource {
            resource_type: TOPIC,
            resource_name: "t".into(),
            configs: vec![alter_configs::AlterableConfig {
                name: "segment.bytes".into(),
                value: Some("2000000".into()),
            }],
        }],
        validate_only: false,
    };
    let response = client.ask(2, &request).await;
    assert_eq!(response.responses[0].error_code, 0, "{response:?}");
    let replaced = describe(&mut client, TOPIC, "t").await;
    assert_eq!(
        value_and_source(&replaced, "retention.ms"),
        of("3600000", 5)
    );
    assert_eq!(
        value_and_source(&replaced, "segment.bytes"),
        of("2000000", 1)
    );
}

#[tokio::test]
async fn a_brokers_configs() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    set(&mut client, BROKER, "", "log.retention.ms", "7000").await;
    let own = describe(&mut client, BROKER, "1").await;
    let of = |value: &str, source| (Some(value.to_owned()), source);
    assert_eq!(value_and_source(&own, "log.retention.ms"), of("7000", 3));
    let all = describe(&mut client, BROKER, "").await;
    assert_eq!(all.configs.len(), 1);
    let topic = describe(&mut client, TOPIC, "t").await;
    assert_eq!(value_and_source(&topic, "retention.ms"), of("7000", 3));
}

#[tokio::test]
async fn what_can_not_be_described() {
    let node = Node::start().await;
    let mut client = node.client().await;
    for (resource_type, name, code) in [
        (TOPIC, "none", 3),
        (TOPIC, "a b", 17),
        (BROKER, "2", 42),
        (BROKER, "x", 42),
        (99, "x", 42),
    ] {
        let result = describe(&mut client, resource_type, name).await;
        assert_eq!(result.error_code, code, "{name}");
        assert!(result.configs.is_empty() && result.error_message.is_some());
    }
}

#[tokio::test]
async fn single_configs_in_every_version() {
    let node = Node::start().await;
    let mut client = node.client().await;
    create_topic(&mut client, "t", 1).await;
    for version in 1..=4 {
        let request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: TOPIC,
                resource_name: "t".into(),
                configuration_keys: Some(vec!["cleanup.policy".into(), "no.such".into()]),
            }],
            ..DescribeConfigsRequest::default()
        };
        let response = client.ask(version, &request).await;
        let configs = &response.results[0].configs;
        assert_eq!(configs.len(), 1);
        assert_eq!(configs[0].value.as_deref(), Some("delete"));
        assert!(configs[0].synonyms.is_empty());
        assert!(
            configs[0]
                .documentation
                .as_deref()
                .is_none_or(str::is_empty)
        );
    }
}
