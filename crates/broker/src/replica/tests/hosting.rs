//! Assignments: leading, stepping down, removing.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{LeaderEpoch, NodeId, Offset, PartitionEpoch, TopicId, Uuid};
use tokio::time::Instant;

use crate::replica::testing::{FAR, Host, NODE, assignment, batch, index, topic_id};
use crate::replica::{Acks, AppendFailure, NotHosted};

#[tokio::test(start_paused = true)]
async fn a_leader_that_steps_down_fails_what_is_parked() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.gate.shut();
    let batches = vec![(partition.clone(), batch(&["a"]))];
    let pending = host.manager.append(Acks::All, batches.clone()).await;
    let mut wanted = assignment("t", 0);
    wanted.leader = NodeId::NONE;
    wanted.leader_epoch = LeaderEpoch(1);
    wanted.partition_epoch = PartitionEpoch(1);
    host.assign(wanted.clone()).await;
    let not_leader = Err(AppendFailure::new(ErrorCode::NotLeaderOrFollower));
    let results = pending.wait(Instant::now() + FAR).await;
    assert_eq!(results[0], not_leader);
    let pending = host.manager.append(Acks::Leader, batches).await;
    let results = pending.wait(Instant::now() + FAR).await;
    assert_eq!(results[0], not_leader);
    host.gate.open();
    // Leading again, everything that was appended is there.
    wanted.leader = NODE;
    wanted.leader_epoch = LeaderEpoch(2);
    wanted.partition_epoch = PartitionEpoch(2);
    host.assign(wanted).await;
    assert_eq!(host.produce(&partition, &["b"]).await, Offset(1));
}

#[tokio::test(start_paused = true)]
async fn late_assignments_are_ignored() {
    let host = Host::start(&SimulatedDisk::new(1));
    let mut wanted = assignment("t", 0);
    wanted.leader_epoch = LeaderEpoch(5);
    wanted.partition_epoch = PartitionEpoch(9);
    let partition = host.assign(wanted.clone()).await;
    wanted.leader = NodeId(2);
    wanted.leader_epoch = LeaderEpoch(4);
    host.assign(wanted).await;
    assert_eq!(partition.check_leader(LeaderEpoch(5)), Ok(LeaderEpoch(5)));
}

#[tokio::test(start_paused = true)]
async fn a_new_epoch_keeps_what_is_parked() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.gate.shut();
    let batches = vec![(partition.clone(), batch(&["a"]))];
    let pending = host.manager.append(Acks::All, batches).await;
    let mut wanted = assignment("t", 0);
    wanted.leader_epoch = LeaderEpoch(1);
    wanted.partition_epoch = PartitionEpoch(1);
    host.assign(wanted).await;
    host.gate.open();
    let result = pending.wait(Instant::now() + FAR).await.remove(0);
    assert_eq!(result.unwrap().first_offset, Offset(0));
}

#[tokio::test(start_paused = true)]
async fn a_topic_created_again_begins_anew() {
    let host = Host::start(&SimulatedDisk::new(1));
    let old = host.lead("t", 0).await;
    host.produce(&old, &["a"]).await;
    let mut wanted = assignment("t", 0);
    wanted.topic_id = TopicId(Uuid([9; 16]));
    let new = host.assign(wanted).await;
    assert_eq!(host.values(&new).await, []);
    assert_eq!(host.produce(&new, &["b"]).await, Offset(0));
    let gone = old.check_leader(LeaderEpoch::UNKNOWN);
    assert_eq!(gone, Err(ErrorCode::NotLeaderOrFollower));
    let by_old_id = host.manager.find_by_id(topic_id("t"), index(0)).err();
    assert!(by_old_id.is_some());
}

#[tokio::test(start_paused = true)]
async fn removed_partitions_and_strays_do_not_come_back() {
    let disk = SimulatedDisk::new(1);
    let host = Host::start(&disk);
    for partition in 0..3 {
        let hosted = host.lead("t", partition).await;
        host.produce(&hosted, &["a"]).await;
    }
    let removed = host.lead("t", 0).await;
    let done = host
        .manager
        .remove_partition(&removed.name, removed.topic_id);
    done.await.unwrap();
    assert_eq!(
        host.manager.find("t", index(0)).err(),
        Some(NotHosted::Absent)
    );
    host.manager.shutdown(None).await.unwrap();
    let host = Host::start(&disk);
    let wanted = BTreeSet::from([(topic_id("t"), index(1))]);
    host.manager.set_strays_aside(&wanted).await.unwrap();
    for (partition, records) in [(0, 0), (1, 1), (2, 0)] {
        let hosted = host.lead("t", partition).await;
        assert_eq!(host.values(&hosted).await.len(), records, "{partition}");
    }
}
