//! Who is in sync, who is eligible, who leads: one decision after the other.

mod support;

use highwater_metadata::Fencing;
use highwater_metadata::image::{LeaderRecovery, PartitionImage};
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::AlterPartitionRequest;
use highwater_protocol::messages::alter_partition::{
    AlterPartitionBrokerState, AlterPartitionPartition, AlterPartitionPartitionResponse,
    AlterPartitionTopic,
};
use highwater_types::{BrokerEpoch, NodeId, PartitionIndex, Uuid};
use support::{Cluster, SESSION_MS, registration};

const MIN_ISR_2: (&str, &str) = ("min.insync.replicas", "2");
const CACHING: (&str, &str) = ("write.caching", "true");

fn ids(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

/// Three brokers and the topic `a` on them, led by the first.
fn three(elr: bool, configs: &[(&str, &str)]) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.set_elr(elr);
    for id in 1..=3 {
        cluster.start_broker(id);
    }
    cluster.create_assigned("a", &[1, 2, 3], configs);
    cluster
}

fn wish(partition: &PartitionImage, isr: &[(i32, i64)]) -> AlterPartitionPartition {
    let member = |(broker_id, broker_epoch): &(i32, i64)| AlterPartitionBrokerState {
        broker_id: *broker_id,
        broker_epoch: *broker_epoch,
    };
    AlterPartitionPartition {
        partition_index: 0,
        leader_epoch: partition.leader_epoch.get(),
        new_isr: isr.iter().map(|(id, _)| *id).collect(),
        new_isr_with_epochs: isr.iter().map(member).collect(),
        leader_recovery_state: partition.leader_recovery.code(),
        partition_epoch: partition.partition_epoch.get(),
    }
}

fn ask_as(
    cluster: &mut Cluster,
    asker: i32,
    wish: AlterPartitionPartition,
) -> AlterPartitionPartitionResponse {
    let request = AlterPartitionRequest {
        broker_id: asker,
        broker_epoch: cluster.epoch(asker),
        topics: vec![AlterPartitionTopic {
            topic_id: cluster.state.image().topics().id_of("a").unwrap().0,
            partitions: vec![wish],
        }],
    };
    let response = cluster.ask(|state, _| state.decide_alter_partition(&request, 3));
    assert_eq!(response.error_code, 0);
    response.topics[0].partitions[0].clone()
}

/// The leader asks for an ISR of brokers in their present lives.
fn alter(cluster: &mut Cluster, isr: &[i32]) -> ErrorCode {
    let members: Vec<_> = isr.iter().map(|id| (*id, cluster.epoch(*id))).collect();
    let partition = cluster.partition("a");
    let answer = ask_as(cluster, partition.leader.get(), wish(&partition, &members));
    ErrorCode::from_code(answer.error_code)
}

/// Leader, ISR, ELR.
fn standing(cluster: &Cluster) -> (i32, Vec<NodeId>, Vec<NodeId>) {
    let partition = cluster.partition("a");
    (partition.leader.get(), partition.isr, partition.elr)
}

#[test]
fn a_leader_shrinks_and_grows_its_isr() {
    let mut cluster = three(false, &[]);
    assert_eq!(alter(&mut cluster, &[1, 2]), ErrorCode::None);
    assert_eq!(standing(&cluster), (1, ids(&[1, 2]), vec![]));
    assert_eq!(cluster.partition("a").leader_epoch.get(), 0);
    assert_eq!(cluster.partition("a").partition_epoch.get(), 1);
    // What is there already changes nothing, and is answered with what is there.
    let partition = cluster.partition("a");
    let members = [(1, cluster.epoch(1)), (2, cluster.epoch(2))];
    let answer = ask_as(&mut cluster, 1, wish(&partition, &members));
    assert_eq!((answer.error_code, answer.partition_epoch), (0, 1));
    assert_eq!((answer.leader_id, answer.isr), (1, vec![1, 2]));
    assert_eq!(alter(&mut cluster, &[1, 2, 3]), ErrorCode::None);
    assert_eq!(standing(&cluster), (1, ids(&[1, 2, 3]), vec![]));
}

#[test]
fn a_leader_is_refused_in_kafkas_codes() {
    let mut cluster = three(false, &[]);
    cluster.fence(3);
    let partition = cluster.partition("a");
    let (one, two, three) = (cluster.epoch(1), cluster.epoch(2), cluster.epoch(3));
    let good = || wish(&partition, &[(1, one), (2, two)]);
    type Change<'a> = &'a dyn Fn(&mut AlterPartitionPartition);
    let cases: [(i32, Change<'_>, ErrorCode); 13] = [
        (
            1,
            &|w| w.partition_index = 1,
            ErrorCode::UnknownTopicOrPartition,
        ),
        (1, &|w| w.leader_epoch += 1, ErrorCode::NotController),
        (1, &|w| w.partition_epoch += 1, ErrorCode::NotController),
        (1, &|w| w.leader_epoch -= 1, ErrorCode::FencedLeaderEpoch),
        (2, &|_| {}, ErrorCode::InvalidRequest),
        (
            1,
            &|w| w.partition_epoch -= 1,
            ErrorCode::InvalidUpdateVersion,
        ),
        (
            1,
            &|w| w.new_isr_with_epochs.clear(),
            ErrorCode::InvalidRequest,
        ),
        (
            1,
            &|w| w.new_isr_with_epochs = vec![state(2, two)],
            ErrorCode::InvalidRequest,
        ),
        (
            1,
            &|w| w.new_isr_with_epochs.push(state(1, one)),
            ErrorCode::InvalidRequest,
        ),
        (
            1,
            &|w| w.new_isr_with_epochs.push(state(4, -1)),
            ErrorCode::InvalidRequest,
        ),
        (
            1,
            &|w| w.leader_recovery_state = 1,
            ErrorCode::InvalidRequest,
        ),
        // Fenced; in an earlier life.
        (
            1,
            &|w| w.new_isr_with_epochs.push(state(3, three)),
            ErrorCode::IneligibleReplica,
        ),
        (
            1,
            &|w| w.new_isr_with_epochs[1].broker_epoch -= 1,
            ErrorCode::IneligibleReplica,
        ),
    ];
    for (number, (asker, change, code)) in cases.into_iter().enumerate() {
        let mut wanted = good();
        change(&mut wanted);
        let answer = ask_as(&mut cluster, asker, wanted);
        assert_eq!(
            ErrorCode::from_code(answer.error_code),
            code,
            "case {number}"
        );
        assert_eq!(cluster.partition("a"), partition);
    }
    assert_eq!(ask_as(&mut cluster, 1, good()).error_code, 0);
}

fn state(broker_id: i32, broker_epoch: i64) -> AlterPartitionBrokerState {
    AlterPartitionBrokerState {
        broker_id,
        broker_epoch,
    }
}

#[test]
fn requests_of_a_wrong_life_topic_or_shape_are_refused() {
    let mut cluster = three(false, &[]);
    let partition = cluster.partition("a");
    let good = wish(&partition, &[(1, -1), (2, -1)]);
    let topic_id = cluster.state.image().topics().id_of("a").unwrap().0;
    let mut request = AlterPartitionRequest {
        broker_id: 1,
        broker_epoch: cluster.epoch(1) - 1,
        topics: vec![AlterPartitionTopic {
            topic_id,
            partitions: vec![good.clone(), good],
        }],
    };
    let ask = |cluster: &mut Cluster, request: &AlterPartitionRequest, version| {
        cluster.ask(|state, _| state.decide_alter_partition(request, version))
    };
    let response = ask(&mut cluster, &request, 3);
    assert_eq!(response.error_code, ErrorCode::StaleBrokerEpoch as i16);
    request.broker_epoch += 1;
    // The same partition twice; version 2 has no epochs.
    request.topics[0].partitions[0].new_isr_with_epochs.clear();
    let response = ask(&mut cluster, &request, 2);
    let codes: Vec<_> = response.topics[0]
        .partitions
        .iter()
        .map(|p| p.error_code)
        .collect();
    assert_eq!(codes, [0, ErrorCode::InvalidRequest as i16]);
    assert_eq!(cluster.partition("a").isr, ids(&[1, 2]));
    request.topics[0].topic_id = Uuid([9; 16]);
    let response = ask(&mut cluster, &request, 3);
    let code = response.topics[0].partitions[0].error_code;
    assert_eq!(code, ErrorCode::UnknownTopicId as i16);
}

#[test]
fn replicas_below_the_minimum_stay_eligible() {
    let mut cluster = three(true, &[MIN_ISR_2]);
    cluster.fence(1);
    // Two are enough to commit, so that the first one misses something soon.
    assert_eq!(standing(&cluster), (2, ids(&[2, 3]), vec![]));
    assert_eq!(alter(&mut cluster, &[2]), ErrorCode::None);
    assert_eq!(standing(&cluster), (2, ids(&[2]), ids(&[3])));
    cluster.fence(2);
    // The third one is up and has everything.
    assert_eq!(standing(&cluster), (3, ids(&[3]), ids(&[2])));
    cluster.fence(3);
    assert_eq!(standing(&cluster), (-1, vec![], ids(&[2, 3])));
    assert_eq!(cluster.partition("a").last_known_elr, ids(&[3]));
    cluster.beat(1);
    assert_eq!(standing(&cluster).0, -1);
    cluster.beat(2);
    assert_eq!(standing(&cluster), (2, ids(&[2]), ids(&[3])));
    assert!(cluster.partition("a").last_known_elr.is_empty());
    assert_eq!(alter(&mut cluster, &[2, 1]), ErrorCode::None);
    assert_eq!(standing(&cluster), (2, ids(&[2, 1]), vec![]));
}

#[test]
fn without_the_feature_the_last_one_stays_in_sync() {
    let mut cluster = three(false, &[MIN_ISR_2]);
    for id in 1..=3 {
        cluster.fence(id);
    }
    assert_eq!(standing(&cluster), (-1, ids(&[3]), vec![]));
    cluster.beat(2);
    assert_eq!(standing(&cluster).0, -1);
    cluster.beat(3);
    assert_eq!(standing(&cluster), (3, ids(&[3]), vec![]));
}

/// All three stop without order; the third one was the last in sync.
fn crash_all(cluster: &mut Cluster) {
    for id in 1..=3 {
        cluster.fence(id);
    }
    for id in 1..=3 {
        assert_eq!(cluster.register(id, 2).error_code, 0);
    }
}

#[test]
fn a_power_loss_takes_nothing_that_was_flushed() {
    let mut cluster = three(true, &[MIN_ISR_2]);
    crash_all(&mut cluster);
    assert_eq!(standing(&cluster), (-1, vec![], ids(&[2, 3])));
    cluster.beat(2);
    assert_eq!(standing(&cluster), (2, ids(&[2]), ids(&[3])));
    assert_eq!(
        cluster.partition("a").leader_recovery,
        LeaderRecovery::Recovered
    );
}

#[test]
fn with_write_caching_a_power_loss_leaves_nobody_eligible() {
    let mut cluster = three(true, &[MIN_ISR_2, CACHING]);
    crash_all(&mut cluster);
    assert_eq!(standing(&cluster), (-1, vec![], vec![]));
    cluster.beat(2);
    assert_eq!(standing(&cluster).0, -1);
    // The last leader has most, and says that it may lack something.
    cluster.beat(3);
    assert_eq!(standing(&cluster), (3, ids(&[3]), vec![]));
    assert_eq!(
        cluster.partition("a").leader_recovery,
        LeaderRecovery::Recovering
    );
    // Nobody may join before it has recovered.
    assert_eq!(alter(&mut cluster, &[3, 2]), ErrorCode::InvalidRequest);
    let mut recovered = wish(&cluster.partition("a"), &[(3, -1), (2, -1)]);
    recovered.leader_recovery_state = 0;
    assert_eq!(ask_as(&mut cluster, 3, recovered).error_code, 0);
    assert_eq!(
        cluster.partition("a").leader_recovery,
        LeaderRecovery::Recovered
    );
}

#[test]
fn a_clean_stop_loses_nothing_even_with_write_caching() {
    let mut cluster = three(true, &[MIN_ISR_2, CACHING]);
    cluster.fence(1);
    cluster.fence(2);
    let mut request = registration(2, 2);
    request.previous_broker_epoch = cluster.epoch(2);
    let response = cluster.ask(|state, context| state.decide_register_broker(&request, context));
    assert_eq!(response.error_code, 0);
    assert_eq!(standing(&cluster), (3, ids(&[3]), ids(&[2])));
    // Once more, without order.
    cluster.register(2, 3);
    assert_eq!(standing(&cluster), (3, ids(&[3]), vec![]));
}

#[test]
fn a_restart_nobody_noticed_gives_up_leaderships() {
    for elr in [false, true] {
        let mut cluster = three(elr, &[]);
        cluster.create_assigned("alone", &[1], &[]);
        // Its directories show that the earlier process is gone.
        cluster.register(1, 2);
        assert_eq!(standing(&cluster), (2, ids(&[2, 3]), vec![]));
        let alone = cluster.partition("alone");
        assert_eq!((alone.leader.get(), alone.leader_epoch.get()), (-1, 1));
        cluster.beat(1);
        let alone = cluster.partition("alone");
        assert_eq!((alone.leader.get(), alone.leader_epoch.get()), (1, 2));
        // The first life says something at last.
        let mut zombie = cluster.beat_of(1);
        zombie.broker_epoch -= 1;
        let code = cluster.heartbeat(&zombie).error_code;
        assert_eq!(code, ErrorCode::StaleBrokerEpoch as i16);
    }
}

#[test]
fn an_empty_disk_is_never_in_sync() {
    for elr in [false, true] {
        let mut cluster = three(elr, &[]);
        for id in 1..=3 {
            cluster.fence(id);
        }
        let mut request = registration(3, 2);
        request.log_dirs = vec![Uuid([77; 16])];
        cluster.ask(|state, context| state.decide_register_broker(&request, context));
        cluster.beat(3);
        // It was the only one that had everything.
        assert_eq!(standing(&cluster), (-1, vec![], vec![]));
        let partition = cluster.partition("a");
        assert_eq!(partition.directories[2].0, Uuid([77; 16]));
        assert!(partition.last_known_elr.is_empty());
    }
}

#[test]
fn an_unclean_leader_only_when_asked() {
    let unclean = ("unclean.leader.election.enable", "true");
    for elr in [false, true] {
        let mut cluster = three(elr, &[unclean]);
        for id in 1..=3 {
            cluster.fence(id);
        }
        cluster.beat(1);
        assert_eq!(standing(&cluster), (1, ids(&[1]), vec![]));
        let recovery = cluster.partition("a").leader_recovery;
        assert_eq!(recovery, LeaderRecovery::Recovering);
    }
}

#[test]
fn the_failure_detector_fences_one_life() {
    let mut cluster = three(false, &[]);
    let epoch = BrokerEpoch(cluster.epoch(1));
    let fence = |cluster: &mut Cluster, epoch| {
        cluster.ask(|state, _| state.decide_fence_broker(NodeId(1), epoch))
    };
    cluster.register(1, 2);
    cluster.beat(1);
    assert_eq!(fence(&mut cluster, epoch), Fencing::NotNeeded);
    let epoch = BrokerEpoch(cluster.epoch(1));
    assert_eq!(fence(&mut cluster, epoch), Fencing::Fenced);
    assert_eq!(fence(&mut cluster, epoch), Fencing::NotNeeded);
}

#[test]
fn many_partitions_are_given_up_in_parts_the_led_ones_first() {
    let mut cluster = Cluster::new();
    for id in 1..=2 {
        cluster.start_broker(id);
    }
    cluster.create(support::topic("many", 5_000, 2));
    let epoch = BrokerEpoch(cluster.epoch(1));
    let mut parts = 0;
    let led = |cluster: &Cluster| {
        let topic = cluster.state.image().topics().get("many").unwrap().clone();
        topic
            .partitions()
            .filter(|(_, p)| p.leader == NodeId(1))
            .count()
    };
    let before = led(&cluster);
    while cluster.ask(|state, _| state.decide_fence_broker(NodeId(1), epoch)) == Fencing::Partly {
        parts += 1;
        let given_up = (parts * 2_000).min(before);
        assert_eq!(led(&cluster), before - given_up);
    }
    assert_eq!((parts, led(&cluster)), (2, 0));
    let topic = cluster.state.image().topics().get("many").unwrap();
    assert!(topic.partitions().all(|(_, p)| p.isr == ids(&[2])));
}

#[test]
fn a_new_active_controller_gives_full_sessions() {
    let mut cluster = three(false, &[]);
    cluster.now_ms = SESSION_MS / 2;
    let mut stop = cluster.beat_of(1);
    stop.want_shut_down = true;
    assert!(!cluster.heartbeat(&stop).should_shut_down);
    cluster.fail_over();
    assert_eq!(cluster.state.last_heartbeat_ms(NodeId(2)), None);
    let deadline = cluster.now_ms + SESSION_MS + 1;
    assert_eq!(cluster.state.next_deadline(), Some(deadline));
    // The others may not have seen yet that they lead.
    assert!(!cluster.heartbeat(&stop).should_shut_down);
    cluster.beat(2);
    assert!(!cluster.heartbeat(&stop).should_shut_down);
    cluster.beat(3);
    assert!(cluster.heartbeat(&stop).should_shut_down);
    assert_eq!(
        cluster.state.last_heartbeat_ms(NodeId(2)),
        Some(cluster.now_ms)
    );
}

#[test]
fn a_lower_minimum_ends_eligibility() {
    let mut cluster = three(true, &[MIN_ISR_2]);
    cluster.fence(1);
    cluster.fence(2);
    assert_eq!(standing(&cluster), (3, ids(&[3]), ids(&[2])));
    cluster.set_config(2, "a", "min.insync.replicas", Some("1"));
    assert_eq!(standing(&cluster), (3, ids(&[3]), vec![]));
    // Of all topics that do not say otherwise.
    cluster.create_assigned("b", &[2, 3], &[]);
    let code = cluster.set_config(4, "", "min.insync.replicas", Some("2"));
    assert_eq!(code, ErrorCode::None);
    let code = cluster.set_config(4, "", "min.insync.replicas", None);
    assert_eq!(code, ErrorCode::InvalidConfig);
    let code = cluster.set_config(4, "3", "min.insync.replicas", Some("2"));
    assert_eq!(code, ErrorCode::InvalidConfig);
}

#[test]
fn allowing_unclean_elections_elects_at_once() {
    let mut cluster = three(false, &[]);
    for id in 1..=3 {
        cluster.fence(id);
    }
    cluster.beat(1);
    assert_eq!(standing(&cluster).0, -1);
    cluster.set_config(2, "a", "unclean.leader.election.enable", Some("true"));
    assert_eq!(standing(&cluster), (1, ids(&[1]), vec![]));
}

#[test]
fn replicas_are_not_in_sync_with_an_earlier_life() {
    let mut cluster = three(false, &[]);
    let old = cluster.epoch(3);
    cluster.register(3, 2);
    cluster.beat(3);
    let partition = cluster.partition("a");
    assert_eq!(partition.isr, ids(&[1, 2]));
    let members = [(1, -1), (2, -1), (3, old)];
    let answer = ask_as(&mut cluster, 1, wish(&partition, &members));
    assert_eq!(
        ErrorCode::from_code(answer.error_code),
        ErrorCode::IneligibleReplica
    );
    assert_eq!(alter(&mut cluster, &[1, 2, 3]), ErrorCode::None);
    let topics = cluster.state.image().topics();
    assert!(topics.partition("a", PartitionIndex(0)).is_some());
}
