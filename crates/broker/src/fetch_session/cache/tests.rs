//! Tests of the fetch session cache.

use highwater_types::{LeaderEpoch, Offset, PartitionIndex};

use super::super::session::TopicKey;
use super::*;

struct Counter(std::sync::atomic::AtomicU64);

impl Entropy for Counter {
    fn next_u64(&self) -> u64 {
        self.0.fetch_add(1 << 40, Ordering::Relaxed)
    }
}

fn cache(sessions_max: usize) -> FetchSessionCache {
    let limits = SessionLimits {
        sessions_max,
        partitions_per_session_max: 100,
        eviction_age_min: Duration::from_mins(2),
    };
    FetchSessionCache::new(limits, Arc::new(Counter((1u64 << 40).into())))
}

fn wanted(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition {
        topic: TopicKey::Name("t".into()),
        partition: PartitionIndex(partition),
        fetch_offset: Offset(offset),
        max_bytes: 1000,
        current_leader_epoch: LeaderEpoch::UNKNOWN,
        last_fetched_epoch: LeaderEpoch::UNKNOWN,
    }
}

fn request(id: i32, epoch: i32, partitions: &[i32]) -> SessionRequest {
    SessionRequest {
        session_id: id,
        session_epoch: epoch,
        uses_topic_ids: false,
        partitions: partitions.iter().map(|p| wanted(*p, 0)).collect(),
        forgotten: Vec::new(),
    }
}

fn nothing_new(high_watermark: i64) -> PartitionOutcome {
    PartitionOutcome {
        high_watermark: Offset(high_watermark),
        log_start: Offset(0),
        has_records: false,
        must_tell: false,
        is_error: false,
    }
}

fn records(high_watermark: i64) -> PartitionOutcome {
    PartitionOutcome {
        has_records: true,
        ..nothing_new(high_watermark)
    }
}

fn order(context: &FetchContext) -> Vec<i32> {
    context.partitions.iter().map(|p| p.partition.0).collect()
}

/// Opens a session over `partitions` and returns its id.
fn open(cache: &FetchSessionCache, partitions: &[i32], now: Instant) -> i32 {
    let context = cache.begin(request(0, 0, partitions), now).unwrap();
    let outcomes = vec![nothing_new(5); partitions.len()];
    let (id, told) = cache.finish(&context, &outcomes, now).unwrap();
    assert!(told.iter().all(|told| *told), "a full response tells all");
    id
}

#[tokio::test]
async fn an_incremental_response_tells_only_what_changed() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0, 1, 2], now);
    assert!(id > 0);
    let context = cache.begin(request(id, 1, &[]), now).unwrap();
    assert_eq!(order(&context), [0, 1, 2]);
    let outcomes = [nothing_new(5), nothing_new(6), records(5)];
    let (same, told) = cache.finish(&context, &outcomes, now).unwrap();
    assert_eq!((same, told), (id, vec![false, true, true]));
}

#[tokio::test]
async fn partitions_with_records_go_to_the_end() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0, 1, 2], now);
    let context = cache.begin(request(id, 1, &[]), now).unwrap();
    let outcomes = [records(5), nothing_new(5), nothing_new(5)];
    cache.finish(&context, &outcomes, now).unwrap();
    let context = cache.begin(request(id, 2, &[]), now).unwrap();
    assert_eq!(order(&context), [1, 2, 0]);
}

#[tokio::test]
async fn errors_are_told_again_and_so_is_their_end() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0], now);
    let error = PartitionOutcome {
        is_error: true,
        high_watermark: Offset::NONE,
        log_start: Offset::NONE,
        ..nothing_new(0)
    };
    for (epoch, outcome) in [(1, error), (2, error), (3, nothing_new(5))] {
        let context = cache.begin(request(id, epoch, &[]), now).unwrap();
        let (_, told) = cache.finish(&context, &[outcome], now).unwrap();
        assert_eq!(told, [true], "epoch {epoch}");
    }
}

#[tokio::test]
async fn requests_change_add_and_forget_partitions() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0, 1], now);
    let mut change = request(id, 1, &[2]);
    change.partitions.push(wanted(0, 77));
    change.forgotten.push(wanted(1, 0).key());
    let context = cache.begin(change, now).unwrap();
    assert_eq!(context.partitions, [wanted(0, 77), wanted(2, 0)]);
}

#[tokio::test]
async fn wrong_ids_epochs_and_topic_modes_are_refused() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0], now);
    let begin = |request| cache.begin(request, now).err();
    assert_eq!(begin(request(id + 8, 1, &[])), Some(SessionError::NotFound));
    assert_eq!(begin(request(id, 2, &[])), Some(SessionError::InvalidEpoch));
    let mut by_id = request(id, 1, &[]);
    by_id.uses_topic_ids = true;
    assert_eq!(begin(by_id), Some(SessionError::TopicIdMismatch));
    // None of these moved the session on.
    assert_eq!(begin(request(id, 1, &[])), None);
    assert_eq!(
        begin(request(id, 1, &[])),
        Some(SessionError::InvalidEpoch),
        "repeated"
    );
}

#[tokio::test]
async fn a_parked_request_that_was_repeated_fails_at_its_end() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0], now);
    let first = cache.begin(request(id, 1, &[]), now).unwrap();
    let _second = cache.begin(request(id, 2, &[]), now).unwrap();
    assert_eq!(
        cache.finish(&first, &[nothing_new(5)], now).err(),
        Some(SessionError::InvalidEpoch)
    );
}

#[tokio::test]
async fn sessions_end_with_a_final_epoch_or_without_partitions() {
    let (cache, now) = (cache(10), Instant::now());
    let id = open(&cache, &[0], now);
    cache.begin(request(id, FINAL_EPOCH, &[0]), now).unwrap();
    assert_eq!(cache.len(), 0);
    let id = open(&cache, &[0], now);
    let mut empty = request(id, 1, &[]);
    empty.forgotten.push(wanted(0, 0).key());
    let context = cache.begin(empty, now).unwrap();
    assert_eq!(cache.finish(&context, &[], now), Ok((0, vec![])));
    assert_eq!(cache.len(), 0);
}

#[tokio::test]
async fn a_full_cache_evicts_the_stale_then_the_smaller() {
    // One slot per shard; each session lands in the next shard.
    let (cache, start) = (cache(SHARDS), Instant::now());
    let ids: Vec<_> = (0..SHARDS).map(|_| open(&cache, &[0, 1], start)).collect();
    assert!(ids.iter().all(|id| *id > 0));
    for _ in 0..SHARDS {
        assert_eq!(open(&cache, &[0, 1, 2], start), 0, "all are young");
    }
    let later = start + Duration::from_mins(3);
    for id in &ids {
        cache.begin(request(*id, 1, &[]), later).unwrap();
    }
    for _ in 0..SHARDS {
        assert_eq!(open(&cache, &[0], later), 0, "smaller gives no way");
    }
    assert!(open(&cache, &[0, 1, 2], later) > 0);
    let much_later = later + Duration::from_mins(3);
    for _ in 0..SHARDS {
        assert!(open(&cache, &[0], much_later) > 0, "the stale go first");
    }
    assert_eq!(cache.len(), SHARDS);
}

#[tokio::test]
async fn limits_turn_sessions_off() {
    let now = Instant::now();
    assert_eq!(open(&cache(0), &[0], now), 0);
    let many: Vec<_> = (0..101).collect();
    assert_eq!(open(&cache(10), &many, now), 0);
}

#[test]
fn epochs_wrap_to_one() {
    assert_eq!(next_epoch(1), 2);
    assert_eq!(next_epoch(i32::MAX), 1);
}
