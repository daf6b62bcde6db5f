//! What the controller answers, decision by decision.

mod support;

use highwater_metadata::image::ConfigResource;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::alter_configs as legacy;
use highwater_protocol::messages::create_partitions::CreatePartitionsTopic;
use highwater_protocol::messages::create_topics::CreatableReplicaAssignment;
use highwater_protocol::messages::delete_topics::DeleteTopicState;
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use highwater_protocol::messages::{
    AllocateProducerIdsRequest, AlterConfigsRequest, BrokerHeartbeatRequest,
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    IncrementalAlterConfigsRequest,
};
use highwater_types::{NodeId, PartitionIndex, Uuid};
use support::{Cluster, SESSION_MS, config, registration, topic};

/// The code and the text of a topic's refusal.
fn refused(
    cluster: &mut Cluster,
    wanted: highwater_protocol::messages::create_topics::CreatableTopic,
) -> (ErrorCode, String) {
    let response = cluster.create(wanted);
    let result = &response.topics[0];
    (
        ErrorCode::from_code(result.error_code),
        result.error_message.clone().unwrap_or_default(),
    )
}

fn one_broker() -> Cluster {
    let mut cluster = Cluster::new();
    cluster.start_broker(1);
    cluster
}

#[test]
fn a_created_topic_has_its_partitions_led() {
    let mut cluster = one_broker();
    let response = cluster.create(topic("a", 3, 1));
    let result = &response.topics[0];
    assert_eq!((result.error_code, result.num_partitions), (0, 3));
    assert_eq!(result.replication_factor, 1);
    assert_ne!(result.topic_id, Uuid::ZERO);
    let configs = result.configs.as_ref().unwrap();
    assert!(
        configs
            .iter()
            .any(|c| c.name == "retention.ms" && c.value.as_deref() == Some("604800000"))
    );
    let image = cluster.state.image();
    for index in 0..3 {
        let partition = image
            .topics()
            .partition("a", PartitionIndex(index))
            .unwrap();
        assert_eq!(partition.leader, NodeId(1));
        assert_eq!(partition.isr, [NodeId(1)]);
        assert_eq!(partition.directories[0].0, support::directory(1));
    }
}

#[test]
fn defaults_come_from_the_controllers_configs() {
    let mut cluster = Cluster::with_configs(&[("num.partitions", "4")]);
    cluster.start_broker(1);
    let response = cluster.create(topic("a", -1, -1));
    assert_eq!(response.topics[0].num_partitions, 4);
}

#[test]
fn topics_are_refused_in_kafkas_words() {
    let mut cluster = one_broker();
    cluster.create(topic("there", 1, 1));
    cluster.create(topic("a.b", 1, 1));
    let cases = [
        (
            topic("there", 1, 1),
            ErrorCode::TopicAlreadyExists,
            "Topic 'there' already exists.",
        ),
        (
            topic("", 1, 1),
            ErrorCode::InvalidTopicException,
            "Topic name is invalid: the empty string is not allowed",
        ),
        (
            topic("a_b", 1, 1),
            ErrorCode::InvalidTopicException,
            "Topic 'a_b' collides with existing topic: a.b",
        ),
        (
            topic("n", 0, 1),
            ErrorCode::InvalidPartitions,
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("n", 1, 0),
            ErrorCode::InvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            topic("n", 1, 3),
            ErrorCode::InvalidReplicationFactor,
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 \
             cannot be reached because only 1 broker(s) are registered.",
        ),
        (
            topic("__cluster_metadata", 1, 1),
            ErrorCode::InvalidRequest,
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
    ];
    for (wanted, code, message) in cases {
        assert_eq!(refused(&mut cluster, wanted), (code, message.to_owned()));
    }
    let mut bad = topic("n", 1, 1);
    bad.configs = vec![config("retention.ms", "soon")];
    assert_eq!(refused(&mut cluster, bad).0, ErrorCode::InvalidConfig);
    let (code, _) = refused(&mut cluster, topic("n", i32::MAX, 1));
    assert_eq!(code, ErrorCode::InvalidPartitions);
    assert_eq!(cluster.state.image().topics().len(), 2);
}

#[test]
fn one_request_creates_what_it_can() {
    let mut cluster = one_broker();
    let request = CreateTopicsRequest {
        topics: vec![
            topic("a", 1, 1),
            topic("b", 1, 1),
            topic("b", 1, 1),
            topic("c.d", 1, 1),
            topic("c_d", 1, 1),
        ],
        ..CreateTopicsRequest::default()
    };
    let response = cluster.ask(|state, context| state.decide_create_topics(&request, context));
    let codes: Vec<_> = response
        .topics
        .iter()
        .map(|t| (t.name.as_str(), t.error_code))
        .collect();
    assert_eq!(codes, [("a", 0), ("b", 42), ("c.d", 0), ("c_d", 17)]);
}

#[test]
fn validate_only_changes_nothing() {
    let mut cluster = one_broker();
    let request = CreateTopicsRequest {
        topics: vec![topic("a", 2, 1)],
        validate_only: true,
        ..CreateTopicsRequest::default()
    };
    let response = cluster.ask(|state, context| state.decide_create_topics(&request, context));
    assert_eq!(response.topics[0].num_partitions, 2);
    assert!(cluster.state.image().topics().is_empty());
}

#[test]
fn replicas_can_be_chosen_by_hand() {
    let mut cluster = one_broker();
    cluster.start_broker(2);
    let assign = |partition_index, broker_ids: &[i32]| CreatableReplicaAssignment {
        partition_index,
        broker_ids: broker_ids.to_vec(),
    };
    let by_hand = |assignments: Vec<CreatableReplicaAssignment>| {
        let mut wanted = topic("a", -1, -1);
        wanted.assignments = assignments;
        wanted
    };
    for wrong in [
        vec![assign(0, &[])],
        vec![assign(0, &[9])],
        vec![assign(0, &[1, 1])],
        vec![assign(0, &[1]), assign(0, &[2])],
        vec![assign(0, &[1]), assign(1, &[1, 2])],
        vec![assign(1, &[1])],
    ] {
        let (code, _) = refused(&mut cluster, by_hand(wrong));
        assert_eq!(code, ErrorCode::InvalidReplicaAssignment);
    }
    let right = by_hand(vec![assign(1, &[1, 2]), assign(0, &[2, 1])]);
    assert_eq!(cluster.create(right).topics[0].error_code, 0);
    let topics = cluster.state.image().topics();
    assert_eq!(
        topics.partition("a", PartitionIndex(0)).unwrap().leader,
        NodeId(2)
    );
}

#[test]
fn topics_are_deleted_by_name_and_by_id() {
    let mut cluster = one_broker();
    for name in ["a", "b", "c"] {
        let mut wanted = topic(name, 1, 1);
        wanted.configs = vec![config("retention.ms", "1000")];
        cluster.create(wanted);
    }
    let id = cluster.state.image().topics().id_of("b").unwrap().0;
    let by = |name: Option<&str>, topic_id| DeleteTopicState {
        name: name.map(str::to_owned),
        topic_id,
    };
    let request = DeleteTopicsRequest {
        topics: vec![
            by(None, id),
            by(Some("c"), Uuid::ZERO),
            by(Some("x"), Uuid::ZERO),
            by(None, Uuid([9; 16])),
            by(None, Uuid::ZERO),
        ],
        ..DeleteTopicsRequest::default()
    };
    let response = cluster.ask(|state, _| state.decide_delete_topics(&request, 6));
    let codes: Vec<_> = response.responses.iter().map(|r| r.error_code).collect();
    assert_eq!(codes, [0, 0, 3, 100, 42]);
    let old = DeleteTopicsRequest {
        topic_names: vec!["a".into()],
        ..DeleteTopicsRequest::default()
    };
    cluster.ask(|state, _| state.decide_delete_topics(&old, 5));
    assert!(cluster.state.image().topics().is_empty());
    assert_eq!(cluster.state.image().configs().iter().count(), 0);
}

#[test]
fn a_topic_named_twice_is_not_deleted_twice() {
    let mut cluster = one_broker();
    cluster.create(topic("a", 1, 1));
    let id = cluster.state.image().topics().id_of("a").unwrap().0;
    let request = DeleteTopicsRequest {
        topics: vec![
            DeleteTopicState {
                name: Some("a".into()),
                topic_id: Uuid::ZERO,
            },
            DeleteTopicState {
                name: None,
                topic_id: id,
            },
        ],
        ..DeleteTopicsRequest::default()
    };
    let response = cluster.ask(|state, _| state.decide_delete_topics(&request, 6));
    assert!(response.responses.iter().all(|r| r.error_code == 42));
    assert_eq!(cluster.state.image().topics().len(), 1);
}

#[test]
fn topics_grow_and_do_not_shrink() {
    let mut cluster = one_broker();
    cluster.create(topic("a", 2, 1));
    let mut grow = |name: &str, count| {
        let request = CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic {
                name: name.into(),
                count,
                assignments: None,
            }],
            ..CreatePartitionsRequest::default()
        };
        let response =
            cluster.ask(|state, context| state.decide_create_partitions(&request, context));
        ErrorCode::from_code(response.results[0].error_code)
    };
    assert_eq!(grow("a", 2), ErrorCode::InvalidPartitions);
    assert_eq!(grow("a", 1), ErrorCode::InvalidPartitions);
    assert_eq!(grow("a", -1), ErrorCode::InvalidPartitions);
    assert_eq!(grow("a", i32::MAX), ErrorCode::InvalidPartitions);
    assert_eq!(grow("x", 2), ErrorCode::UnknownTopicOrPartition);
    assert_eq!(grow("a", 5), ErrorCode::None);
    assert_eq!(
        cluster
            .state
            .image()
            .topics()
            .get("a")
            .unwrap()
            .partition_count(),
        5
    );
}

fn change(
    resource_type: i8,
    name: &str,
    configs: &[(&str, i8, Option<&str>)],
) -> IncrementalAlterConfigsRequest {
    IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type,
            resource_name: name.into(),
            configs: configs
                .iter()
                .map(|(name, config_operation, value)| AlterableConfig {
                    name: (*name).into(),
                    config_operation: *config_operation,
                    value: value.map(str::to_owned),
                })
                .collect(),
        }],
        validate_only: false,
    }
}

#[test]
fn configs_are_set_extended_and_removed() {
    let mut cluster = one_broker();
    cluster.create(topic("a", 1, 1));
    let mut alter = |configs: &[(&str, i8, Option<&str>)]| {
        let request = change(2, "a", configs);
        let response = cluster.ask(|state, _| state.decide_incremental_alter_configs(&request));
        let set = cluster.state.image().configs().of_topic("a");
        let set: Vec<_> = set.iter().map(|(k, v)| format!("{k}={v}")).collect();
        (
            ErrorCode::from_code(response.responses[0].error_code),
            set.join(" "),
        )
    };
    let none = ErrorCode::None;
    assert_eq!(
        alter(&[("retention.ms", 0, Some("5"))]),
        (none, "retention.ms=5".into())
    );
    // The default of the list is in it.
    assert_eq!(
        alter(&[
            ("cleanup.policy", 2, Some("compact")),
            ("retention.ms", 1, None)
        ]),
        (none, "cleanup.policy=delete,compact".into())
    );
    assert_eq!(
        alter(&[("cleanup.policy", 3, Some("delete"))]),
        (none, "cleanup.policy=compact".into())
    );
    let kept = "cleanup.policy=compact".to_owned();
    assert_eq!(
        alter(&[("retention.ms", 2, Some("5"))]),
        (ErrorCode::InvalidConfig, kept.clone())
    );
    assert_eq!(
        alter(&[("retention.ms", 0, Some("x"))]),
        (ErrorCode::InvalidConfig, kept.clone())
    );
    assert_eq!(
        alter(&[("no.such.config", 0, Some("x"))]),
        (ErrorCode::InvalidConfig, kept.clone())
    );
    assert_eq!(
        alter(&[("retention.ms", 0, None)]),
        (ErrorCode::InvalidRequest, kept.clone())
    );
    assert_eq!(
        alter(&[("retention.ms", 9, Some("1"))]),
        (ErrorCode::InvalidRequest, kept.clone())
    );
    let twice = [("retention.ms", 0, Some("1")), ("retention.ms", 1, None)];
    assert_eq!(alter(&twice), (ErrorCode::InvalidRequest, kept));
}

#[test]
fn resources_that_are_not_there_are_refused() {
    let mut cluster = one_broker();
    let mut code = |resource_type, name: &str| {
        let request = change(resource_type, name, &[("log.retention.ms", 0, Some("5"))]);
        let response = cluster.ask(|state, _| state.decide_incremental_alter_configs(&request));
        ErrorCode::from_code(response.responses[0].error_code)
    };
    assert_eq!(code(2, "x"), ErrorCode::UnknownTopicOrPartition);
    assert_eq!(code(2, ""), ErrorCode::InvalidRequest);
    assert_eq!(code(4, "7"), ErrorCode::BrokerIdNotRegistered);
    assert_eq!(code(4, "one"), ErrorCode::InvalidRequest);
    assert_eq!(code(99, "x"), ErrorCode::UnsupportedVersion);
    assert_eq!(code(4, "1"), ErrorCode::None);
    assert_eq!(code(4, ""), ErrorCode::None);
    let value = cluster
        .state
        .image()
        .configs()
        .value(&ConfigResource::all_brokers(), "log.retention.ms");
    assert_eq!(value, Some("5"));
}

#[test]
fn the_old_request_replaces_everything() {
    let mut cluster = one_broker();
    let mut wanted = topic("a", 1, 1);
    wanted.configs = vec![config("retention.ms", "5"), config("flush.ms", "6")];
    cluster.create(wanted);
    let request = AlterConfigsRequest {
        resources: vec![legacy::AlterConfigsResource {
            resource_type: 2,
            resource_name: "a".into(),
            configs: vec![legacy::AlterableConfig {
                name: "retention.ms".into(),
                value: Some("7".into()),
            }],
        }],
        validate_only: false,
    };
    let response = cluster.ask(|state, _| state.decide_alter_configs(&request));
    assert_eq!(response.responses[0].error_code, 0);
    let set = cluster.state.image().configs().of_topic("a");
    assert_eq!(
        set.iter().collect::<Vec<_>>(),
        [(&"retention.ms".to_owned(), &"7".to_owned())]
    );
}

#[test]
fn a_broker_serves_once_it_has_caught_up() {
    let mut cluster = Cluster::new();
    let epoch = cluster.register(1, 1).broker_epoch;
    let mut beat = BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: epoch,
        current_metadata_offset: epoch - 1,
        ..BrokerHeartbeatRequest::default()
    };
    let response = cluster.heartbeat(&beat);
    assert!(response.is_fenced && !response.is_caught_up);
    beat.current_metadata_offset = epoch;
    let response = cluster.heartbeat(&beat);
    assert!(!response.is_fenced && response.is_caught_up);
    beat.broker_epoch -= 1;
    assert_eq!(
        cluster.heartbeat(&beat).error_code,
        ErrorCode::StaleBrokerEpoch as i16
    );
}

#[test]
fn a_silent_broker_loses_its_leaderships_and_gets_them_back() {
    let mut cluster = Cluster::new();
    let epoch = cluster.start_broker(1);
    cluster.create(topic("a", 1, 1));
    let partition = |cluster: &Cluster| {
        let topics = cluster.state.image().topics();
        (**topics.partition("a", PartitionIndex(0)).unwrap()).clone()
    };
    cluster.now_ms = SESSION_MS;
    cluster.fence_silent();
    assert_eq!(partition(&cluster).leader, NodeId(1));
    assert_eq!(cluster.state.next_deadline(), Some(SESSION_MS + 1));
    cluster.now_ms = SESSION_MS + 1;
    cluster.fence_silent();
    let fenced = partition(&cluster);
    assert_eq!(fenced.leader, NodeId::NONE);
    assert_eq!(fenced.isr, [NodeId(1)]);
    assert_eq!(cluster.state.next_deadline(), None);
    let beat = BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: epoch,
        current_metadata_offset: cluster.next_offset.get() - 1,
        ..BrokerHeartbeatRequest::default()
    };
    cluster.heartbeat(&beat);
    let back = partition(&cluster);
    assert_eq!(back.leader, NodeId(1));
    assert_eq!(back.leader_epoch.get(), 2);
}

#[test]
fn leadership_moves_to_a_replica_in_sync() {
    let mut cluster = Cluster::new();
    let first = cluster.start_broker(1);
    cluster.start_broker(2);
    let mut wanted = topic("a", -1, -1);
    wanted.assignments = vec![CreatableReplicaAssignment {
        partition_index: 0,
        broker_ids: vec![1, 2],
    }];
    cluster.create(wanted);
    let stop = BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: first,
        current_metadata_offset: cluster.next_offset.get() - 1,
        want_shut_down: true,
        ..BrokerHeartbeatRequest::default()
    };
    // It may stop when the other one has seen that it leads now.
    assert!(!cluster.heartbeat(&stop).should_shut_down);
    let topics = cluster.state.image().topics();
    let partition = topics.partition("a", PartitionIndex(0)).unwrap();
    assert_eq!(
        (partition.leader, partition.isr.as_slice()),
        (NodeId(2), [NodeId(2)].as_slice())
    );
    assert!(!cluster.heartbeat(&stop).should_shut_down);
    let second = cluster
        .state
        .image()
        .cluster()
        .broker(NodeId(2))
        .unwrap()
        .epoch;
    cluster.heartbeat(&BrokerHeartbeatRequest {
        broker_id: 2,
        broker_epoch: second.get(),
        current_metadata_offset: cluster.next_offset.get() - 1,
        ..BrokerHeartbeatRequest::default()
    });
    let response = cluster.heartbeat(&stop);
    assert!(response.should_shut_down && response.is_fenced);
}

#[test]
fn the_last_broker_may_stop_at_once() {
    let mut cluster = Cluster::new();
    let epoch = cluster.start_broker(1);
    cluster.create(topic("a", 1, 1));
    let response = cluster.heartbeat(&BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: epoch,
        want_shut_down: true,
        ..BrokerHeartbeatRequest::default()
    });
    assert!(response.should_shut_down);
}

#[test]
fn a_living_brokers_id_is_not_given_away() {
    let mut cluster = one_broker();
    cluster.create(topic("a", 1, 1));
    // Another machine under the same id has another directory.
    let mut other = registration(1, 2);
    other.log_dirs = vec![Uuid([77; 16])];
    let code = |cluster: &mut Cluster, request: &_| {
        let response = cluster.ask(|state, context| state.decide_register_broker(request, context));
        ErrorCode::from_code(response.error_code)
    };
    assert_eq!(
        code(&mut cluster, &other),
        ErrorCode::DuplicateBrokerRegistration
    );
    // The same directory means that the earlier process is gone.
    assert_eq!(code(&mut cluster, &registration(1, 2)), ErrorCode::None);
    let broker = cluster.state.image().cluster().broker(NodeId(1)).unwrap();
    assert!(broker.fenced);
    assert_eq!(code(&mut cluster, &other), ErrorCode::None);
}

#[test]
fn wrong_registrations_are_refused() {
    let mut cluster = one_broker();
    let mut code =
        |change: &dyn Fn(&mut highwater_protocol::messages::BrokerRegistrationRequest)| {
            let mut request = registration(2, 1);
            change(&mut request);
            let response =
                cluster.ask(|state, context| state.decide_register_broker(&request, context));
            ErrorCode::from_code(response.error_code)
        };
    assert_eq!(
        code(&|r| r.cluster_id = "other".into()),
        ErrorCode::InconsistentClusterId
    );
    assert_eq!(
        code(&|r| r.log_dirs.clear()),
        ErrorCode::InvalidRegistration
    );
    assert_eq!(
        code(&|r| r.log_dirs = vec![Uuid::ZERO]),
        ErrorCode::InvalidRegistration
    );
    assert_eq!(
        code(&|r| r.log_dirs = vec![Uuid([5; 16]); 2]),
        ErrorCode::InvalidRegistration
    );
    assert_eq!(
        code(&|r| r.log_dirs = vec![support::directory(1)]),
        ErrorCode::InvalidRegistration
    );
    assert_eq!(code(&|r| r.features.clear()), ErrorCode::UnsupportedVersion);
    assert_eq!(code(&|_| {}), ErrorCode::None);
}

#[test]
fn the_same_incarnation_keeps_its_epoch() {
    let mut cluster = Cluster::new();
    let epoch = cluster.start_broker(1);
    assert_eq!(cluster.register(1, 1).broker_epoch, epoch);
    assert!(
        !cluster
            .state
            .image()
            .cluster()
            .broker(NodeId(1))
            .unwrap()
            .fenced
    );
}

#[test]
fn producer_ids_come_in_blocks() {
    let mut cluster = Cluster::new();
    let broker_epoch = cluster.start_broker(1);
    let request = AllocateProducerIdsRequest {
        broker_id: 1,
        broker_epoch,
    };
    for start in [0, 1000, 2000] {
        let response = cluster.ask(|state, _| state.decide_allocate_producer_ids(&request));
        assert_eq!(
            (
                response.error_code,
                response.producer_id_start,
                response.producer_id_len
            ),
            (0, start, 1000)
        );
    }
    let stale = AllocateProducerIdsRequest {
        broker_id: 1,
        broker_epoch: broker_epoch + 1,
    };
    let response = cluster.ask(|state, _| state.decide_allocate_producer_ids(&stale));
    assert_eq!(response.error_code, ErrorCode::StaleBrokerEpoch as i16);
}

#[test]
fn an_offline_directory_takes_its_partitions_offline() {
    let mut cluster = Cluster::new();
    let mut request = registration(1, 1);
    request.log_dirs.push(Uuid([55; 16]));
    let epoch = cluster
        .ask(|state, context| state.decide_register_broker(&request, context))
        .broker_epoch;
    let mut beat = BrokerHeartbeatRequest {
        broker_id: 1,
        broker_epoch: epoch,
        current_metadata_offset: epoch,
        ..BrokerHeartbeatRequest::default()
    };
    cluster.heartbeat(&beat);
    beat.offline_log_dirs = vec![Uuid([55; 16])];
    cluster.heartbeat(&beat);
    let broker = cluster.state.image().cluster().broker(NodeId(1)).unwrap();
    assert_eq!(broker.directories.len(), 1);
}
