//! The broker's fetch sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hashbrown::HashMap;
use highwater_platform::Entropy;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::session::{
    FINAL_EPOCH, FetchPartition, FetchSession, INITIAL_EPOCH, PartitionKey, PartitionOutcome,
    SessionError, next_epoch,
};

/// Limits of the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimits {
    /// `max.incremental.fetch.session.cache.slots`; 0 turns sessions off.
    pub sessions_max: usize,
    /// Partitions of one session; a consumer with more sends full requests.
    pub partitions_per_session_max: usize,
    /// A session that was not used, or not created, for less than this is not evicted.
    pub eviction_age_min: Duration,
}

/// The session part of a fetch request.
#[derive(Clone, Debug)]
pub(crate) struct SessionRequest {
    pub session_id: i32,
    pub session_epoch: i32,
    /// Version 13 and later.
    pub uses_topic_ids: bool,
    pub partitions: Vec<FetchPartition>,
    pub forgotten: Vec<PartitionKey>,
}

/// All fetch sessions of one broker, in shards that are locked one at a time.
pub(crate) struct FetchSessionCache {
    shards: Vec<Mutex<Shard>>,
    next_shard: AtomicUsize,
    entropy: Arc<dyn Entropy>,
    limits: SessionLimits,
}

#[derive(Default)]
struct Shard {
    sessions: HashMap<i32, Arc<Mutex<FetchSession>>>,
}

/// One fetch request on its way through its session.
pub(crate) struct FetchContext {
    /// Everything this fetch reads, in serving order.
    pub(crate) partitions: Vec<FetchPartition>,
    kind: Kind,
}

enum Kind {
    /// No session wanted.
    Sessionless,
    /// A session is created with the response.
    New { uses_topic_ids: bool },
    Incremental {
        session: Arc<Mutex<FetchSession>>,
        id: i32,
        /// The session's epoch while this request is the latest.
        epoch: i32,
    },
}

const SHARDS: usize = 8;

impl FetchSessionCache {
    pub(crate) fn new(limits: SessionLimits, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            next_shard: AtomicUsize::new(0),
            entropy,
            limits,
        }
    }

    /// Takes the request into its session and says what is to be read.
    ///
    /// # Errors
    /// The error for the head of the response; the client starts a new session.
    pub(crate) fn begin(
        &self,
        request: SessionRequest,
        now: Instant,
    ) -> Result<FetchContext, SessionError> {
        let full = matches!(request.session_epoch, INITIAL_EPOCH | FINAL_EPOCH);
        if !full {
            return self.go_on(request, now);
        }
        // A full request closes the session that it names.
        self.remove(request.session_id);
        let kind = match request.session_epoch {
            FINAL_EPOCH => Kind::Sessionless,
            _ => Kind::New {
                uses_topic_ids: request.uses_topic_ids,
            },
        };
        Ok(FetchContext {
            partitions: request.partitions,
            kind,
        })
    }

    fn go_on(&self, request: SessionRequest, now: Instant) -> Result<FetchContext, SessionError> {
        let id = request.session_id;
        let found = self.shard(id).lock().sessions.get(&id).cloned();
        let session = found.ok_or(SessionError::NotFound)?;
        let mut state = session.lock();
        if state.epoch != request.session_epoch {
            return Err(SessionError::InvalidEpoch);
        }
        if state.uses_topic_ids != request.uses_topic_ids {
            return Err(SessionError::TopicIdMismatch);
        }
        state.want(&request.partitions);
        state.forget(&request.forgotten);
        if state.len() == 0 || state.len() > self.limits.partitions_per_session_max {
            let empty = state.len() == 0;
            drop(state);
            self.remove(id);
            return match empty {
                true => Ok(FetchContext {
                    partitions: request.partitions,
                    kind: Kind::Sessionless,
                }),
                false => Err(SessionError::NotFound),
            };
        }
        state.last_used = now;
        state.epoch = next_epoch(state.epoch);
        let (partitions, epoch) = (state.wanted(), state.epoch);
        drop(state);
        Ok(FetchContext {
            partitions,
            kind: Kind::Incremental { session, id, epoch },
        })
    }

    /// Ends a request: `outcomes` are those of the context's partitions, in order.
    /// Returns the session id for the response, and which partitions it mentions.
    ///
    /// # Errors
    /// When the session moved on while this request was parked: it was repeated.
    pub(crate) fn finish(
        &self,
        context: &FetchContext,
        outcomes: &[PartitionOutcome],
        now: Instant,
    ) -> Result<(i32, Vec<bool>), SessionError> {
        assert_eq!(context.partitions.len(), outcomes.len());
        let all = vec![true; outcomes.len()];
        match &context.kind {
            Kind::Sessionless => Ok((0, all)),
            Kind::New { uses_topic_ids } => {
                let id = self.create(context, *uses_topic_ids, outcomes, now);
                Ok((id.unwrap_or(0), all))
            }
            Kind::Incremental { session, id, epoch } => {
                let mut state = session.lock();
                if state.epoch != *epoch {
                    return Err(SessionError::InvalidEpoch);
                }
                let told = context
                    .partitions
                    .iter()
                    .zip(outcomes)
                    .map(|(partition, outcome)| state.tell(&partition.key(), outcome))
                    .collect();
                Ok((*id, told))
            }
        }
    }

    /// How many sessions there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().sessions.len()).sum()
    }

    fn create(
        &self,
        context: &FetchContext,
        uses_topic_ids: bool,
        outcomes: &[PartitionOutcome],
        now: Instant,
    ) -> Option<i32> {
        let size = context.partitions.len();
        if size > self.limits.partitions_per_session_max {
            return None;
        }
        let index = self.next_shard.fetch_add(1, Ordering::Relaxed) % SHARDS;
        let mut shard = self.shards[index].lock();
        let slots = self.limits.sessions_max.div_ceil(SHARDS);
        if shard.sessions.len() >= slots {
            let victim = shard.evictable(size, now, self.limits.eviction_age_min)?;
            shard.sessions.remove(&victim);
        }
        if shard.sessions.len() >= slots {
            return None;
        }
        let id = self.unused_id(index, &shard);
        let mut session = FetchSession::new(id, uses_topic_ids, now);
        session.want(&context.partitions);
        for (partition, outcome) in context.partitions.iter().zip(outcomes) {
            session.tell(&partition.key(), outcome);
        }
        shard.sessions.insert(id, Arc::new(Mutex::new(session)));
        Some(id)
    }

    /// A positive id that is free and belongs to the shard. Random, so that a
    /// client of a former life of this broker does not hit somebody else's session.
    fn unused_id(&self, shard_index: usize, shard: &Shard) -> i32 {
        loop {
            let random = (self.entropy.next_u64() >> 33) as usize;
            let id = random - random % SHARDS + shard_index;
            match i32::try_from(id) {
                Ok(id) if id > 0 && !shard.sessions.contains_key(&id) => return id,
                _ => {}
            }
        }
    }

    fn shard(&self, id: i32) -> &Mutex<Shard> {
        &self.shards[id.unsigned_abs() as usize % SHARDS]
    }

    fn remove(&self, id: i32) {
        self.shard(id).lock().sessions.remove(&id);
    }
}

impl Shard {
    /// The session that gives way to a new one of `size` partitions: the longest
    /// unused if that is long enough, else the smallest that is smaller and not young.
    fn evictable(&self, size: usize, now: Instant, age_min: Duration) -> Option<i32> {
        let old_enough = |since: Instant| now.duration_since(since) > age_min;
        let mut stalest: Option<(Instant, i32)> = None;
        let mut smallest: Option<(usize, i32)> = None;
        for session in self.sessions.values() {
            let session = session.lock();
            let used = (session.last_used, session.id);
            if old_enough(session.last_used) && stalest.is_none_or(|other| used < other) {
                stalest = Some(used);
            }
            let sized = (session.len(), session.id);
            if old_enough(session.created) && smallest.is_none_or(|other| sized < other) {
                smallest = Some(sized);
            }
        }
        let smaller = smallest.filter(|(other, _)| *other < size);
        stalest.map(|(_, id)| id).or(smaller.map(|(_, id)| id))
    }
}

#[cfg(test)]
mod tests;
