//! Recently appended batches, kept in memory for readers that are close behind.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use highwater_protocol::record::BatchSliceIter;
use parking_lot::Mutex;

/// Bounds the memory of all logs' tails together. If there is too much, the log
/// that began to keep its tail first loses it, so that idle logs make room.
pub(crate) struct TailBudget {
    limit: usize,
    limit_per_log: usize,
    used: AtomicUsize,
    oldest: Mutex<VecDeque<Weak<Tail>>>,
}

/// The tail of one log.
pub(crate) struct Tail {
    budget: Arc<TailBudget>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Chunk>,
    bytes: usize,
}

/// What one append added: one or more whole batches.
struct Chunk {
    base_offset: i64,
    next_offset: i64,
    bytes: Bytes,
}

/// What a reader got out of a tail.
#[derive(Default)]
pub(crate) struct TailRead {
    pub(crate) parts: Vec<Bytes>,
    pub(crate) size_bytes: usize,
    pub(crate) next_offset: i64,
}

impl TailBudget {
    /// Limits in bytes.
    pub(crate) fn new(limit: usize, limit_per_log: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            limit_per_log: limit_per_log.min(limit),
            used: AtomicUsize::new(0),
            oldest: Mutex::new(VecDeque::new()),
        })
    }

    fn make_room(&self) {
        while self.used.load(Ordering::Relaxed) > self.limit {
            let Some(oldest) = self.oldest.lock().pop_front() else {
                return;
            };
            if let Some(tail) = oldest.upgrade() {
                tail.clear();
            }
        }
    }
}

impl Tail {
    pub(crate) fn new(budget: Arc<TailBudget>) -> Arc<Self> {
        Arc::new(Self {
            budget,
            state: Mutex::new(State::default()),
        })
    }

    /// Adds what was just appended. Offsets must go on where the last chunk ended.
    pub(crate) fn push(self: &Arc<Self>, base_offset: i64, next_offset: i64, bytes: Bytes) {
        let added = bytes.len();
        if added > self.budget.limit_per_log {
            self.clear();
            return;
        }
        let mut freed = 0;
        let was_empty = {
            let mut state = self.state.lock();
            let was_empty = state.chunks.is_empty();
            state.bytes += added;
            state.chunks.push_back(Chunk {
                base_offset,
                next_offset,
                bytes,
            });
            while state.bytes > self.budget.limit_per_log
                && let Some(chunk) = state.chunks.pop_front()
            {
                state.bytes -= chunk.bytes.len();
                freed += chunk.bytes.len();
            }
            was_empty
        };
        self.budget.used.fetch_add(added, Ordering::Relaxed);
        self.budget.used.fetch_sub(freed, Ordering::Relaxed);
        if was_empty {
            self.budget.oldest.lock().push_back(Arc::downgrade(self));
        }
        self.budget.make_room();
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let chunks = {
            let mut state = self.state.lock();
            self.budget.used.fetch_sub(state.bytes, Ordering::Relaxed);
            state.bytes = 0;
            std::mem::take(&mut state.chunks)
        };
        drop(chunks);
    }

    /// Whole batches from the one that holds `from`, all below `upper_bound`.
    /// `None` if the tail begins after `from`.
    pub(crate) fn read(
        &self,
        from: i64,
        max_bytes: usize,
        upper_bound: i64,
        min_one_batch: bool,
    ) -> Option<TailRead> {
        let chunks: Vec<(i64, i64, Bytes)> = {
            let state = self.state.lock();
            if state.chunks.front()?.base_offset > from {
                return None;
            }
            let first = state.chunks.partition_point(|c| c.next_offset <= from);
            let mut taken = 0;
            state
                .chunks
                .iter()
                .skip(first)
                .take_while(|chunk| {
                    let wanted = chunk.base_offset < upper_bound && taken <= max_bytes;
                    taken += chunk.bytes.len();
                    wanted
                })
                .map(|c| (c.base_offset, c.next_offset, c.bytes.clone()))
                .collect()
        };
        let mut read = TailRead {
            next_offset: from,
            ..TailRead::default()
        };
        for (_, next_offset, bytes) in chunks {
            let fits = read.size_bytes + bytes.len() <= max_bytes;
            let whole = read.size_bytes > 0 && fits && next_offset <= upper_bound;
            if whole {
                read.push(bytes, next_offset);
                continue;
            }
            let left = max_bytes.saturating_sub(read.size_bytes);
            let must = min_one_batch && read.size_bytes == 0;
            let total = bytes.len();
            let (part, next) = select(&bytes, from, left, upper_bound, must);
            let complete = part.end == total;
            if part.end > part.start {
                read.push(bytes.slice(part), next);
            }
            if !complete {
                break;
            }
        }
        Some(read)
    }
}

impl TailRead {
    fn push(&mut self, bytes: Bytes, next_offset: i64) {
        self.size_bytes += bytes.len();
        self.next_offset = next_offset;
        self.parts.push(bytes);
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Which bytes of whole batches a read may answer: from the batch that holds
/// `from`, at most `max_bytes` (but one batch if it `must`), below `upper_bound`.
/// Also the offset after them.
pub(crate) fn select(
    bytes: &[u8],
    from: i64,
    max_bytes: usize,
    upper_bound: i64,
    must: bool,
) -> (std::ops::Range<usize>, i64) {
    let mut start = None;
    let mut end = 0;
    let mut next_offset = from;
    let mut at = 0;
    for batch in BatchSliceIter::new(bytes) {
        let Ok((header, batch)) = batch else {
            break;
        };
        let (begin, stop) = (at, at + batch.len());
        at = stop;
        if header.last_offset() < from {
            end = stop;
            continue;
        }
        let first = start.is_none();
        let size = stop - start.unwrap_or(begin);
        if header.next_offset() > upper_bound || (size > max_bytes && !(first && must)) {
            break;
        }
        start.get_or_insert(begin);
        end = stop;
        next_offset = header.next_offset();
    }
    (start.unwrap_or(end)..end, next_offset)
}
