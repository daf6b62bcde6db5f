//! Random events against the controller's state; what must be true is checked after
//! each of them by `support::Cluster::commit`.

mod support;

use std::collections::BTreeMap;

use highwater_protocol::messages::create_partitions::CreatePartitionsTopic;
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use highwater_protocol::messages::{
    AllocateProducerIdsRequest, BrokerHeartbeatRequest, CreatePartitionsRequest,
    DeleteTopicsRequest, IncrementalAlterConfigsRequest,
};
use highwater_types::{NodeId, PartitionEpoch, PartitionIndex, TopicId};
use proptest::prelude::*;
use support::{Cluster, SESSION_MS, topic};

#[derive(Clone, Debug)]
enum Event {
    Register {
        broker: i32,
        incarnation: u8,
    },
    Heartbeat {
        broker: i32,
        caught_up: bool,
        stop: bool,
        fence: bool,
    },
    Unregister {
        broker: i32,
    },
    Time {
        ms: u64,
    },
    Create {
        name: usize,
        partitions: i32,
        factor: i16,
    },
    Delete {
        name: usize,
    },
    Grow {
        name: usize,
        count: i32,
    },
    AlterConfig {
        name: usize,
        value: i64,
    },
    UncleanElection {
        name: usize,
        allowed: bool,
    },
    ProducerIds {
        broker: i32,
    },
}

const NAMES: [&str; 5] = ["a", "b.c", "b_c", "d", "e"];

fn event() -> impl Strategy<Value = Event> {
    let broker = 1..5i32;
    let name = 0..NAMES.len();
    prop_oneof![
        2 => (broker.clone(), 1..3u8).prop_map(|(broker, incarnation)| Event::Register { broker, incarnation }),
        6 => (broker.clone(), prop::bool::weighted(0.8), prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(broker, caught_up, stop, fence)| Event::Heartbeat { broker, caught_up, stop, fence }),
        1 => broker.clone().prop_map(|broker| Event::Unregister { broker }),
        2 => (0..2 * SESSION_MS).prop_map(|ms| Event::Time { ms }),
        3 => (name.clone(), -2..6i32, -1..4i16)
            .prop_map(|(name, partitions, factor)| Event::Create { name, partitions, factor }),
        1 => name.clone().prop_map(|name| Event::Delete { name }),
        1 => (name.clone(), 0..9i32).prop_map(|(name, count)| Event::Grow { name, count }),
        1 => (name.clone(), -2..1000i64).prop_map(|(name, value)| Event::AlterConfig { name, value }),
        1 => (name, any::<bool>()).prop_map(|(name, allowed)| Event::UncleanElection { name, allowed }),
        1 => broker.prop_map(|broker| Event::ProducerIds { broker }),
    ]
}

fn alter(name: &str, config: &str, value: String) -> IncrementalAlterConfigsRequest {
    IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type: 2,
            resource_name: name.into(),
            configs: vec![AlterableConfig {
                name: config.into(),
                config_operation: 0,
                value: Some(value),
            }],
        }],
        validate_only: false,
    }
}

fn epoch_of(cluster: &Cluster, broker: i32) -> i64 {
    let broker = cluster.state.image().cluster().broker(NodeId(broker));
    broker.map_or(-1, |broker| broker.epoch.get())
}

fn run(cluster: &mut Cluster, event: &Event) {
    match *event {
        Event::Register {
            broker,
            incarnation,
        } => {
            cluster.register(broker, incarnation);
        }
        Event::Heartbeat {
            broker,
            caught_up,
            stop,
            fence,
        } => {
            let at = if caught_up {
                cluster.next_offset.get() - 1
            } else {
                0
            };
            cluster.heartbeat(&BrokerHeartbeatRequest {
                broker_id: broker,
                broker_epoch: epoch_of(cluster, broker),
                current_metadata_offset: at,
                want_fence: fence,
                want_shut_down: stop,
                ..BrokerHeartbeatRequest::default()
            });
        }
        Event::Unregister { broker } => {
            let _ = cluster.ask(|state, _| state.decide_unregister_broker(NodeId(broker)));
        }
        Event::Time { ms } => {
            cluster.now_ms += ms;
            cluster.fence_silent();
        }
        Event::Create {
            name,
            partitions,
            factor,
        } => {
            cluster.create(topic(NAMES[name], partitions, factor));
        }
        Event::Delete { name } => {
            let request = DeleteTopicsRequest {
                topic_names: vec![NAMES[name].into()],
                ..DeleteTopicsRequest::default()
            };
            cluster.ask(|state, _| state.decide_delete_topics(&request, 5));
        }
        Event::Grow { name, count } => {
            let request = CreatePartitionsRequest {
                topics: vec![CreatePartitionsTopic {
                    name: NAMES[name].into(),
                    count,
                    assignments: None,
                }],
                ..CreatePartitionsRequest::default()
            };
            cluster.ask(|state, context| state.decide_create_partitions(&request, context));
        }
        Event::AlterConfig { name, value } => {
            let request = alter(NAMES[name], "retention.ms", value.to_string());
            cluster.ask(|state, _| state.decide_incremental_alter_configs(&request));
        }
        Event::UncleanElection { name, allowed } => {
            let request = alter(
                NAMES[name],
                "unclean.leader.election.enable",
                allowed.to_string(),
            );
            cluster.ask(|state, _| state.decide_incremental_alter_configs(&request));
        }
        Event::ProducerIds { broker } => {
            let request = AllocateProducerIdsRequest {
                broker_id: broker,
                broker_epoch: epoch_of(cluster, broker),
            };
            cluster.ask(|state, _| state.decide_allocate_producer_ids(&request));
        }
    }
}

type Epochs = BTreeMap<(TopicId, PartitionIndex), (NodeId, i32, PartitionEpoch)>;

fn epochs(cluster: &Cluster) -> Epochs {
    let mut epochs = Epochs::new();
    for topic in cluster.state.image().topics().iter() {
        for (index, partition) in topic.partitions() {
            let value = (
                partition.leader,
                partition.leader_epoch.get(),
                partition.partition_epoch,
            );
            epochs.insert((topic.id(), index), value);
        }
    }
    epochs
}

/// Epochs never go back, and no two leaders share one.
fn check_epochs(before: &Epochs, after: &Epochs) {
    for (key, (leader, leader_epoch, partition_epoch)) in after {
        let Some((old_leader, old_epoch, old_partition_epoch)) = before.get(key) else {
            continue;
        };
        assert!(
            leader_epoch >= old_epoch && partition_epoch >= old_partition_epoch,
            "{key:?}"
        );
        if leader != old_leader {
            assert!(
                leader_epoch > old_epoch,
                "{key:?}: another leader in one epoch"
            );
        }
    }
}

/// Without unclean elections a partition with an active in-sync replica has a leader.
fn check_leaders(cluster: &Cluster) {
    let image = cluster.state.image();
    for topic in image.topics().iter() {
        for (index, partition) in topic.partitions() {
            let can_lead = partition
                .isr
                .iter()
                .any(|id| image.cluster().is_active(*id));
            if partition.leader == NodeId::NONE {
                assert!(
                    !can_lead,
                    "{}-{index} has no leader: {partition:?}",
                    topic.name()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn nothing_breaks_the_state(events in prop::collection::vec(event(), 1..80)) {
        let mut cluster = Cluster::new();
        for event in &events {
            let before = epochs(&cluster);
            run(&mut cluster, event);
            check_epochs(&before, &epochs(&cluster));
            check_leaders(&cluster);
        }
    }
}
