//! Crashes, clean stops and failing disks.

use std::time::Duration;

use highwater_protocol::ErrorCode;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{LeaderEpoch, Offset};

use crate::replica::testing::{FAR, Host, assignment, batch, idempotent};
use crate::replica::{Acks, AppendFailure, ReplicaConfig};

#[tokio::test(start_paused = true)]
async fn acknowledged_records_survive_a_power_loss() {
    for seed in 0..20 {
        let disk = SimulatedDisk::new(seed);
        let mut acknowledged = 0;
        for life in 0..4 {
            let host = Host::start(&disk);
            let partition = host.lead("t", 0).await;
            let there = host.values(&partition).await;
            assert!(there.len() >= acknowledged, "seed {seed} life {life}");
            for (place, (offset, value)) in there.iter().enumerate() {
                assert_eq!(*offset, place as i64, "seed {seed}");
                assert_eq!(*value, place.to_string(), "seed {seed}");
            }
            let mut next = there.len();
            for _ in 0..5 {
                host.produce(&partition, &[&next.to_string()]).await;
                next += 1;
            }
            acknowledged = next;
            // One more that nobody hears of.
            host.gate.shut();
            let unheard = batch(&[&next.to_string()]);
            let short = Duration::from_millis(1);
            let _ = host.append(&partition, Acks::All, unheard, short).await;
            disk.crash();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledging_before_the_flush_loses_records() {
    // The same check catches the bug that can be switched on.
    let lost = async |seed| {
        let disk = SimulatedDisk::new(seed);
        let config = ReplicaConfig {
            testing_ack_before_flush: true,
            ..ReplicaConfig::default()
        };
        let host = Host::start_with(&disk, config);
        let partition = host.lead("t", 0).await;
        host.gate.shut();
        assert_eq!(host.produce(&partition, &["a"]).await, Offset(0));
        disk.crash();
        let host = Host::start(&disk);
        let partition = host.lead("t", 0).await;
        host.values(&partition).await.is_empty()
    };
    let mut losses = 0;
    for seed in 0..20 {
        losses += usize::from(lost(seed).await);
    }
    assert!(
        losses > 0,
        "a crash must be able to take what was not flushed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clean_stop_keeps_everything_and_producers_go_on() {
    let disk = SimulatedDisk::new(1);
    let host = Host::start(&disk);
    let partition = host.lead("t", 0).await;
    for sequence in 0..3 {
        let records = idempotent(&["x"], 0, sequence);
        let appended = host.append(&partition, Acks::Leader, records, FAR).await;
        appended.unwrap();
    }
    host.manager.shutdown(None).await.unwrap();
    let late = host.append(&partition, Acks::All, batch(&["z"]), FAR).await;
    let not_leader = AppendFailure::new(ErrorCode::NotLeaderOrFollower);
    assert_eq!(late, Err(not_leader));
    let host = Host::start(&disk);
    let partition = host.lead("t", 0).await;
    assert_eq!(host.values(&partition).await.len(), 3);
    let again = host.append(&partition, Acks::All, idempotent(&["x"], 0, 2), FAR);
    assert!(again.await.unwrap().duplicate);
    let next = host.append(&partition, Acks::All, idempotent(&["x"], 0, 3), FAR);
    assert_eq!(next.await.unwrap().first_offset, Offset(3));
}

#[tokio::test(start_paused = true)]
async fn a_failed_sync_takes_the_directory_offline() {
    let host = Host::start(&SimulatedDisk::new(1));
    let (one, two) = (host.lead("t", 0).await, host.lead("t", 1).await);
    let other = host.lead("u", 5).await;
    host.produce(&one, &["a"]).await;
    host.disk.set_syncs_fail(true);
    let failed = host.append(&one, Acks::All, batch(&["b"]), FAR).await;
    let storage_error = AppendFailure::new(ErrorCode::KafkaStorageError);
    assert_eq!(failed, Err(storage_error.clone()));
    host.disk.set_syncs_fail(false);
    let gone = tokio::time::timeout(FAR, host.manager.all_directories_failed());
    gone.await.expect("the only directory failed");
    for partition in [&one, &two, &other] {
        let offline = partition.check_leader(LeaderEpoch::UNKNOWN);
        assert_eq!(offline, Err(ErrorCode::KafkaStorageError));
        let refused = host
            .append(partition, Acks::Leader, batch(&["c"]), FAR)
            .await;
        assert_eq!(refused, Err(storage_error.clone()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_wakes_readers_with_the_error() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let fetch = host.fetch(&partition, 0, FAR, 1);
    let fail = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        host.disk.set_writes_fail(true);
        host.append(&partition, Acks::All, batch(&["a"]), FAR).await
    };
    let (fetched, failed) = tokio::join!(fetch, fail);
    assert_eq!(fetched.error, ErrorCode::KafkaStorageError);
    assert_eq!(failed.unwrap_err().code, ErrorCode::KafkaStorageError);
}

#[tokio::test(start_paused = true)]
async fn deleted_records_stay_deleted_after_a_checkpoint() {
    let disk = SimulatedDisk::new(1);
    let host = Host::start(&disk);
    let partition = host.lead("t", 0).await;
    host.produce(&partition, &["a", "b", "c"]).await;
    let deleted = host.manager.delete_records(&partition, Offset(2)).await;
    assert_eq!(deleted, Ok(Offset(2)));
    // Housekeeping writes the checkpoints.
    tokio::time::sleep(Duration::from_secs(11)).await;
    disk.crash();
    let host = Host::start(&disk);
    let partition = host.assign(assignment("t", 0)).await;
    assert_eq!(partition.log.offsets().log_start, Offset(2));
    let below = host.fetch(&partition, 1, Duration::ZERO, 1).await;
    assert_eq!(below.error, ErrorCode::OffsetOutOfRange);
}
