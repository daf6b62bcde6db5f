//! Appends and their answers.

use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{NodeId, Offset, PartitionEpoch};
use tokio::time::Instant;

use crate::replica::testing::{FAR, Host, assignment, batch, idempotent};
use crate::replica::{Acks, AppendResult};

fn code(result: AppendResult) -> ErrorCode {
    result.err().map_or(ErrorCode::None, |failure| failure.code)
}

#[tokio::test(start_paused = true)]
async fn what_is_produced_can_be_fetched() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    assert_eq!(host.produce(&partition, &["a", "b"]).await, Offset(0));
    assert_eq!(host.produce(&partition, &["c"]).await, Offset(2));
    let expected = [(0, "a".into()), (1, "b".into()), (2, "c".into())];
    assert_eq!(host.values(&partition).await, expected);
}

#[tokio::test(start_paused = true)]
async fn acks_all_waits_for_the_flush_and_acks_one_does_not() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.gate.shut();
    let one = host.append(&partition, Acks::Leader, batch(&["a"]), FAR);
    assert_eq!(one.await.unwrap().first_offset, Offset(0));
    assert_eq!(host.values(&partition).await, [], "not committed yet");
    let all = host
        .manager
        .append(Acks::All, vec![(partition.clone(), batch(&["b"]))])
        .await;
    let waiting = tokio::spawn(all.wait(Instant::now() + FAR));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!waiting.is_finished());
    host.gate.open();
    let appended = waiting.await.unwrap().remove(0).unwrap();
    assert_eq!(appended.first_offset, Offset(1));
    assert_eq!(host.values(&partition).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_takes_too_long_times_out() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.gate.shut();
    let started = Instant::now();
    let timeout = Duration::from_millis(1500);
    let result = host.append(&partition, Acks::All, batch(&["a"]), timeout);
    assert_eq!(code(result.await), ErrorCode::RequestTimedOut);
    assert_eq!(started.elapsed(), timeout);
    // The record is there all the same, once the disk comes back.
    host.gate.open();
    assert_eq!(host.produce(&partition, &["b"]).await, Offset(1));
    assert_eq!(host.values(&partition).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_flush_round_commits_many_partitions() {
    let host = Host::start(&SimulatedDisk::new(1));
    let mut batches = Vec::new();
    for index in 0..40 {
        batches.push((host.lead("t", index).await, batch(&["x"])));
    }
    host.gate.shut();
    let first = host.manager.append(Acks::All, batches.clone()).await;
    let second = host.manager.append(Acks::All, batches).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    // Two workers, four jobs each.
    assert!(host.gate.held() <= 8, "{} jobs", host.gate.held());
    host.gate.open();
    for pending in [first, second] {
        let results = pending.wait(Instant::now() + FAR).await;
        assert!(results.iter().all(Result::is_ok));
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_batch_is_answered_with_its_first_offsets() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let append = |records: Bytes| host.append(&partition, Acks::All, records, FAR);
    let first = append(idempotent(&["a", "b"], 0, 0)).await.unwrap();
    append(idempotent(&["c"], 0, 2)).await.unwrap();
    let again = append(idempotent(&["a", "b"], 0, 0)).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(
        (again.first_offset, again.last_offset),
        (first.first_offset, first.last_offset)
    );
    let gap = append(idempotent(&["z"], 0, 9)).await;
    assert_eq!(code(gap), ErrorCode::OutOfOrderSequenceNumber);
    append(idempotent(&["d"], 1, 0)).await.unwrap();
    let fenced = append(idempotent(&["e"], 0, 3)).await;
    assert_eq!(code(fenced), ErrorCode::InvalidProducerEpoch);
    assert_eq!(host.values(&partition).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_batch_waits_for_the_flush_too() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.gate.shut();
    let short = Duration::from_millis(10);
    for _ in 0..2 {
        let records = idempotent(&["a"], 0, 0);
        let result = host.append(&partition, Acks::All, records, short).await;
        assert_eq!(code(result), ErrorCode::RequestTimedOut);
    }
    host.gate.open();
    let records = idempotent(&["a"], 0, 0);
    let appended = host.append(&partition, Acks::All, records, FAR).await;
    assert!(appended.unwrap().duplicate);
}

#[tokio::test(start_paused = true)]
async fn too_few_in_sync_replicas_refuse_acks_all_only() {
    let host = Host::start(&SimulatedDisk::new(1));
    let mut wanted = assignment("t", 0);
    wanted.replicas = vec![NodeId(1), NodeId(2), NodeId(3)];
    wanted.config.min_insync_replicas = 2;
    let partition = host.assign(wanted.clone()).await;
    let all = host.append(&partition, Acks::All, batch(&["a"]), FAR).await;
    assert_eq!(code(all), ErrorCode::NotEnoughReplicas);
    let one = host.append(&partition, Acks::Leader, batch(&["b"]), FAR);
    assert_eq!(one.await.unwrap().first_offset, Offset(0));
    wanted.config.min_insync_replicas = 1;
    host.manager
        .update_topic_config(wanted.topic_id, &wanted.config)
        .await;
    assert_eq!(host.produce(&partition, &["c"]).await, Offset(1));
}

#[tokio::test(start_paused = true)]
async fn a_shrunken_in_sync_set_is_told_after_the_append() {
    let host = Host::start(&SimulatedDisk::new(1));
    let mut wanted = assignment("t", 0);
    wanted.replicas = vec![NodeId(1), NodeId(2)];
    wanted.isr = wanted.replicas.clone();
    wanted.config.min_insync_replicas = 2;
    let partition = host.assign(wanted.clone()).await;
    let batches = vec![(partition.clone(), batch(&["a"]))];
    let pending = host.manager.append(Acks::All, batches).await;
    wanted.isr = vec![NodeId(1)];
    wanted.partition_epoch = PartitionEpoch(1);
    host.assign(wanted).await;
    let result = pending.wait(Instant::now() + FAR).await.remove(0);
    assert_eq!(code(result), ErrorCode::NotEnoughReplicasAfterAppend);
}

#[tokio::test(start_paused = true)]
async fn bad_batches_are_refused_one_by_one() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let mut corrupt = batch(&["a"]).to_vec();
    *corrupt.last_mut().unwrap() ^= 1;
    for (records, expected) in [
        (corrupt.into(), ErrorCode::CorruptMessage),
        (Bytes::new(), ErrorCode::InvalidRecord),
        (
            batch(&["x".repeat(2 << 20).as_str()]),
            ErrorCode::MessageTooLarge,
        ),
    ] {
        let result = host.append(&partition, Acks::All, records, FAR).await;
        assert_eq!(code(result), expected);
    }
    assert_eq!(host.produce(&partition, &["ok"]).await, Offset(0));
}

#[tokio::test(start_paused = true)]
async fn with_write_caching_nobody_waits_for_the_disk() {
    let host = Host::start(&SimulatedDisk::new(1));
    let mut wanted = assignment("t", 0);
    wanted.config.write_caching = true;
    wanted.config.flush_ms = 3000;
    let partition = host.assign(wanted).await;
    host.gate.shut();
    assert_eq!(host.produce(&partition, &["a"]).await, Offset(0));
    assert_eq!(host.values(&partition).await.len(), 1);
    assert_eq!(host.gate.held(), 0, "nothing to flush yet");
    host.clock.advance(Duration::from_secs(4));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(host.gate.held(), 1, "flush.ms");
}
