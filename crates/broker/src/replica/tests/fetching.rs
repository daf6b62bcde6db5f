//! Reading, parking and waking.

use std::time::Duration;

use highwater_protocol::ErrorCode;
use highwater_storage::testing::SimulatedDisk;
use highwater_types::{LeaderEpoch, Offset, PartitionEpoch};
use tokio::time::Instant;

use crate::replica::testing::{FAR, Host, assignment, batch, target, values};
use crate::replica::{FetchParams, Isolation};

const WAIT: Duration = Duration::from_millis(500);

#[tokio::test(start_paused = true)]
async fn an_empty_fetch_waits_and_comes_back_empty() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let started = Instant::now();
    let fetched = host.fetch(&partition, 0, WAIT, 1).await;
    assert_eq!((fetched.error, fetched.size_bytes), (ErrorCode::None, 0));
    assert_eq!(started.elapsed(), WAIT);
}

#[tokio::test(start_paused = true)]
async fn new_data_wakes_a_parked_fetch() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let fetch = host.fetch(&partition, 0, FAR, 1);
    let produce = async {
        tokio::time::sleep(WAIT).await;
        host.produce(&partition, &["a"]).await;
    };
    let started = Instant::now();
    let (fetched, ()) = tokio::join!(fetch, produce);
    assert_eq!(values(&fetched), [(0, "a".into())]);
    assert_eq!(started.elapsed(), WAIT);
    assert_eq!(fetched.offsets.unwrap().high_watermark, Offset(1));
}

#[tokio::test(start_paused = true)]
async fn min_bytes_collects_several_appends() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let size = batch(&["a"]).len();
    let fetch = host.fetch(&partition, 0, FAR, size * 3);
    let produce = async {
        for value in ["a", "b", "c"] {
            tokio::time::sleep(WAIT).await;
            host.produce(&partition, &[value]).await;
        }
    };
    let started = Instant::now();
    let (fetched, ()) = tokio::join!(fetch, produce);
    assert_eq!(fetched.size_bytes, size * 3);
    assert_eq!(values(&fetched).len(), 3);
    assert_eq!(started.elapsed(), WAIT * 3);
    let started = Instant::now();
    let short = host.fetch(&partition, 1, WAIT, size * 3).await;
    assert_eq!(
        short.size_bytes,
        size * 2,
        "the deadline brings what is there"
    );
    assert_eq!(started.elapsed(), WAIT);
}

#[tokio::test(start_paused = true)]
async fn limits_hold_over_all_partitions_but_for_the_first_batch() {
    let host = Host::start(&SimulatedDisk::new(1));
    let (one, two) = (host.lead("t", 0).await, host.lead("t", 1).await);
    for partition in [&one, &two] {
        for _ in 0..3 {
            host.produce(partition, &["0123456789"]).await;
        }
    }
    let size = batch(&["0123456789"]).len();
    let fetch = async |max_bytes, partition_max| {
        let params = FetchParams {
            max_wait: Duration::ZERO,
            min_bytes: 1,
            max_bytes,
            isolation: Isolation::ReadUncommitted,
        };
        let mut targets = [target(&one, 0), target(&two, 0)];
        for target in &mut targets {
            target.max_bytes = partition_max;
        }
        let fetched = host.manager.fetch(&params, &targets).await;
        fetched
            .iter()
            .map(|f| f.size_bytes / size)
            .collect::<Vec<_>>()
    };
    assert_eq!(fetch(1 << 20, 1 << 20).await, [3, 3]);
    assert_eq!(fetch(1, 1).await, [1, 0]);
    assert_eq!(fetch(size * 4, 1 << 20).await, [3, 1]);
    assert_eq!(fetch(1 << 20, size * 2).await, [2, 2]);
    assert_eq!(fetch(0, 0).await, [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn offsets_outside_the_log_are_out_of_range() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.produce(&partition, &["a", "b", "c"]).await;
    assert_eq!(
        host.manager.delete_records(&partition, Offset(2)).await,
        Ok(Offset(2))
    );
    for (from, expected) in [
        (0, ErrorCode::OffsetOutOfRange),
        (1, ErrorCode::OffsetOutOfRange),
        (2, ErrorCode::None),
        (3, ErrorCode::None),
        (4, ErrorCode::OffsetOutOfRange),
        (-1, ErrorCode::OffsetOutOfRange),
    ] {
        let fetched = host.fetch(&partition, from, Duration::ZERO, 1).await;
        assert_eq!(fetched.error, expected, "{from}");
    }
    let delete = |to| host.manager.delete_records(&partition, Offset(to));
    assert_eq!(delete(4).await, Err(ErrorCode::OffsetOutOfRange));
    assert_eq!(delete(1).await, Ok(Offset(2)), "never goes back");
    assert_eq!(delete(-1).await, Ok(Offset(3)), "the high watermark");
}

#[tokio::test(start_paused = true)]
async fn leader_epochs_fence_readers() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    host.produce(&partition, &["a", "b"]).await;
    let mut wanted = assignment("t", 0);
    wanted.leader_epoch = LeaderEpoch(4);
    wanted.partition_epoch = PartitionEpoch(1);
    host.assign(wanted).await;
    host.produce(&partition, &["c"]).await;
    let params = FetchParams {
        max_wait: Duration::ZERO,
        min_bytes: 1,
        max_bytes: 1 << 20,
        isolation: Isolation::ReadUncommitted,
    };
    let fetch = async |from, current, last| {
        let mut target = target(&partition, from);
        target.current_leader_epoch = LeaderEpoch(current);
        target.last_fetched_epoch = LeaderEpoch(last);
        host.manager.fetch(&params, &[target]).await.remove(0)
    };
    assert_eq!(fetch(0, 3, -1).await.error, ErrorCode::FencedLeaderEpoch);
    assert_eq!(fetch(0, 5, -1).await.error, ErrorCode::UnknownLeaderEpoch);
    assert_eq!(values(&fetch(0, 4, -1).await).len(), 3);
    // A consumer that has three records of epoch 0, which ends at 2 here.
    let diverging = fetch(3, 4, 0).await;
    assert_eq!(diverging.diverging, Some((LeaderEpoch(0), Offset(2))));
    assert_eq!(diverging.size_bytes, 0);
    assert_eq!(fetch(2, 4, 0).await.diverging, None);
    let unknown = fetch(3, 4, 2).await;
    assert_eq!(unknown.diverging, Some((LeaderEpoch(0), Offset(2))));
}

#[tokio::test(start_paused = true)]
async fn losing_the_partition_wakes_a_parked_fetch() {
    let host = Host::start(&SimulatedDisk::new(1));
    let partition = host.lead("t", 0).await;
    let fetch = host.fetch(&partition, 0, FAR, 1);
    let remove = async {
        tokio::time::sleep(WAIT).await;
        let removed = host
            .manager
            .remove_partition(&partition.name, partition.topic_id);
        removed.await.unwrap();
    };
    let (fetched, ()) = tokio::join!(fetch, remove);
    assert_eq!(fetched.error, ErrorCode::NotLeaderOrFollower);
}
