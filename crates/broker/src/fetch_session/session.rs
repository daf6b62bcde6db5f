//! What the broker remembers of one consumer.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use highwater_types::{LeaderEpoch, Offset, PartitionIndex, TopicId, TopicName};
use tokio::time::Instant;

/// A topic as the request named it: by id from version 13 on, by name before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TopicKey {
    Id(TopicId),
    Name(TopicName),
}

/// One partition as the request named it.
pub(crate) type PartitionKey = (TopicKey, PartitionIndex);

/// What a consumer wants of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchPartition {
    pub topic: TopicKey,
    pub partition: PartitionIndex,
    pub fetch_offset: Offset,
    pub max_bytes: i32,
    /// The leader epoch that the consumer believes in; [`LeaderEpoch::UNKNOWN`] for none.
    pub current_leader_epoch: LeaderEpoch,
    /// The epoch of the last record it has; [`LeaderEpoch::UNKNOWN`] for none. KIP-595.
    pub last_fetched_epoch: LeaderEpoch,
}

/// What a response would say about one partition, as far as it decides whether
/// an incremental response has to mention it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartitionOutcome {
    pub high_watermark: Offset,
    pub log_start: Offset,
    pub has_records: bool,
    /// An error, a diverging epoch or another replica to read from.
    pub must_tell: bool,
    pub is_error: bool,
}

/// Why a session can not go on; the code goes into the head of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionError {
    /// Never known, evicted or closed: the client starts anew with a full request.
    NotFound,
    /// A request was repeated or lost.
    InvalidEpoch,
    /// Began with topic names and goes on with ids, or the other way round.
    TopicIdMismatch,
}

/// Epoch of a request that asks for a new session.
pub(super) const INITIAL_EPOCH: i32 = 0;
/// Epoch of a request that wants no session, and closes the one it names.
pub(super) const FINAL_EPOCH: i32 = -1;

/// One consumer's partitions, in the order in which they are served next.
///
/// Invariant: `places` and `partitions` describe the same set.
pub(super) struct FetchSession {
    pub(super) id: i32,
    pub(super) epoch: i32,
    pub(super) uses_topic_ids: bool,
    pub(super) created: Instant,
    pub(super) last_used: Instant,
    partitions: BTreeMap<u64, CachedPartition>,
    places: HashMap<PartitionKey, u64>,
    next_place: u64,
}

struct CachedPartition {
    wanted: FetchPartition,
    /// What the consumer was last told; `NONE` makes the next response tell it again.
    told_high_watermark: Offset,
    told_log_start: Offset,
}

impl FetchPartition {
    pub(crate) fn key(&self) -> PartitionKey {
        (self.topic.clone(), self.partition)
    }
}

/// The epoch that follows; after the largest comes 1, because 0 asks for a new session.
pub(super) fn next_epoch(epoch: i32) -> i32 {
    match epoch {
        i32::MAX => 1,
        epoch if epoch < 0 => FINAL_EPOCH,
        epoch => epoch + 1,
    }
}

impl FetchSession {
    pub(super) fn new(id: i32, uses_topic_ids: bool, now: Instant) -> Self {
        Self {
            id,
            epoch: next_epoch(INITIAL_EPOCH),
            uses_topic_ids,
            created: now,
            last_used: now,
            partitions: BTreeMap::new(),
            places: HashMap::new(),
            next_place: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.partitions.len()
    }

    /// Adds partitions or changes what is wanted of known ones.
    pub(super) fn want(&mut self, partitions: &[FetchPartition]) {
        for wanted in partitions {
            if let Some(place) = self.places.get(&wanted.key()) {
                if let Some(cached) = self.partitions.get_mut(place) {
                    cached.wanted = wanted.clone();
                }
                continue;
            }
            let cached = CachedPartition {
                wanted: wanted.clone(),
                told_high_watermark: Offset::NONE,
                told_log_start: Offset::NONE,
            };
            self.append(wanted.key(), cached);
        }
    }

    pub(super) fn forget(&mut self, forgotten: &[PartitionKey]) {
        for key in forgotten {
            if let Some(place) = self.places.remove(key) {
                self.partitions.remove(&place);
            }
        }
    }

    /// Everything wanted, in serving order.
    pub(super) fn wanted(&self) -> Vec<FetchPartition> {
        self.partitions
            .values()
            .map(|cached| cached.wanted.clone())
            .collect()
    }

    /// Notes what a response says about a partition; whether it has to be in an
    /// incremental response. Partitions that gave records go to the end of the
    /// queue, so that a small `max_bytes` does not starve the others.
    pub(super) fn tell(&mut self, key: &PartitionKey, outcome: &PartitionOutcome) -> bool {
        let Some(place) = self.places.get(key).copied() else {
            // Forgotten by the consumer while its fetch was parked.
            return true;
        };
        let Some(cached) = self.partitions.get_mut(&place) else {
            return true;
        };
        let changed = cached.told_high_watermark != outcome.high_watermark
            || cached.told_log_start != outcome.log_start;
        cached.told_log_start = outcome.log_start;
        cached.told_high_watermark = match outcome.is_error {
            // When the error goes away, the partition is told again.
            true => Offset::NONE,
            false => outcome.high_watermark,
        };
        if outcome.has_records
            && let Some(cached) = self.partitions.remove(&place)
        {
            self.append(key.clone(), cached);
        }
        changed || outcome.has_records || outcome.must_tell || outcome.is_error
    }

    fn append(&mut self, key: PartitionKey, cached: CachedPartition) {
        self.partitions.insert(self.next_place, cached);
        self.places.insert(key, self.next_place);
        self.next_place += 1;
    }
}
