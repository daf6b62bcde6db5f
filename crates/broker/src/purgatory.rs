//! Parked requests: fetches that wait for more data.
//!
//! A fetch that can not be answered yet registers with the [`WaitList`] of every
//! partition it reads and sleeps on one [`Parking`]. Whoever moves a partition's
//! visible end wakes its list. The lists belong to the partitions, so two
//! partitions never share a lock; the [`Purgatory`] only counts.
//!
//! *Architecture invariant:* nothing waits here without a deadline of its own, and
//! a parking that is dropped (answered, timed out, connection closed) leaves no
//! trace in any list.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use highwater_types::Offset;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The broker's count of parked requests, and its limit.
pub(crate) struct Purgatory {
    parked: AtomicUsize,
    parked_max: usize,
}

/// One partition's parked requests.
#[derive(Default)]
pub(crate) struct WaitList {
    /// The number of entries, read without the lock: most wake-ups find nobody.
    occupied: AtomicUsize,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
}

struct Entry {
    /// Wakes once the partition's visible end is beyond this offset.
    beyond: Offset,
    signal: Arc<Notify>,
}

/// One parked request; leaves all its lists when dropped.
pub(crate) struct Parking {
    purgatory: Arc<Purgatory>,
    signal: Arc<Notify>,
    watched: Vec<(Arc<WaitList>, usize)>,
}

impl Purgatory {
    /// `parked_max`: how many requests may be parked at the same time.
    pub(crate) fn new(parked_max: usize) -> Arc<Self> {
        Arc::new(Self {
            parked: AtomicUsize::new(0),
            parked_max,
        })
    }

    /// A place to wait; `None` when the purgatory is full, so that the request is
    /// better answered with what there is.
    pub(crate) fn park(self: &Arc<Self>) -> Option<Parking> {
        let before = self.parked.fetch_add(1, Ordering::Relaxed);
        if before >= self.parked_max {
            self.parked.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Parking {
            purgatory: self.clone(),
            signal: Arc::new(Notify::new()),
            watched: Vec::new(),
        })
    }

    /// How many requests are parked now.
    pub(crate) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed)
    }
}

impl Parking {
    /// Wakes this request once the partition's visible end is beyond `offset`.
    /// Look at the partition again after this call: the end may have moved before it.
    pub(crate) fn watch(&mut self, list: &Arc<WaitList>, beyond: Offset) {
        let slot = list.insert(Entry {
            beyond,
            signal: self.signal.clone(),
        });
        self.watched.push((list.clone(), slot));
    }

    /// Sleeps until a watched partition moved. A wake-up that came since the last
    /// call counts. The caller puts a deadline around it.
    pub(crate) async fn woken(&self) {
        self.signal.notified().await;
    }
}

impl Drop for Parking {
    fn drop(&mut self) {
        for (list, slot) in self.watched.drain(..) {
            list.remove(slot);
        }
        self.purgatory.parked.fetch_sub(1, Ordering::Relaxed);
    }
}

impl WaitList {
    /// Wakes every request that waits for something below `end`.
    pub(crate) fn wake(&self, end: Offset) {
        // Pairs with the fence in `insert`: either the waiter sees the new end when
        // it looks again, or this load sees the waiter.
        fence(Ordering::SeqCst);
        if self.occupied.load(Ordering::Relaxed) == 0 {
            return;
        }
        for entry in self.slots.lock().entries.iter().flatten() {
            if entry.beyond < end {
                entry.signal.notify_one();
            }
        }
    }

    /// Wakes everybody: the partition was lost, deleted or changed its leader epoch.
    pub(crate) fn wake_all(&self) {
        for entry in self.slots.lock().entries.iter().flatten() {
            entry.signal.notify_one();
        }
    }

    fn insert(&self, entry: Entry) -> usize {
        let mut slots = self.slots.lock();
        let slot = match slots.free.pop() {
            Some(slot) => {
                slots.entries[slot] = Some(entry);
                slot
            }
            None => {
                slots.entries.push(Some(entry));
                slots.entries.len() - 1
            }
        };
        self.occupied.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        slot
    }

    fn remove(&self, slot: usize) {
        let mut slots = self.slots.lock();
        let removed = slots.entries[slot].take();
        assert!(removed.is_some(), "a waiter left a list twice");
        if self.occupied.fetch_sub(1, Ordering::Relaxed) == 1 {
            // An idle partition keeps no memory for waiters that once were.
            *slots = Slots::default();
        } else {
            slots.free.push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn is_woken(parking: &Parking) -> bool {
        parking.woken().now_or_never().is_some()
    }

    #[tokio::test]
    async fn wakes_those_who_wait_below_the_new_end() {
        let purgatory = Purgatory::new(10);
        let list = Arc::new(WaitList::default());
        let mut near = purgatory.park().unwrap();
        near.watch(&list, Offset(5));
        let mut far = purgatory.park().unwrap();
        far.watch(&list, Offset(9));
        list.wake(Offset(5));
        assert!(!is_woken(&near), "offset 5 itself is not visible yet");
        list.wake(Offset(6));
        assert!(is_woken(&near));
        assert!(!is_woken(&far));
        list.wake_all();
        assert!(is_woken(&near) && is_woken(&far));
    }

    #[tokio::test]
    async fn a_wake_up_before_the_sleep_is_not_lost() {
        let purgatory = Purgatory::new(10);
        let list = Arc::new(WaitList::default());
        let mut parking = purgatory.park().unwrap();
        parking.watch(&list, Offset(0));
        list.wake(Offset(1));
        list.wake(Offset(2));
        assert!(is_woken(&parking));
        assert!(!is_woken(&parking), "several wake-ups are one");
    }

    #[test]
    fn dropping_leaves_no_trace() {
        let purgatory = Purgatory::new(10);
        let lists: Vec<_> = (0..3).map(|_| Arc::new(WaitList::default())).collect();
        let mut first = purgatory.park().unwrap();
        let mut second = purgatory.park().unwrap();
        for list in &lists {
            first.watch(list, Offset(0));
            second.watch(list, Offset(0));
        }
        drop(first);
        let mut third = purgatory.park().unwrap();
        third.watch(&lists[0], Offset(0));
        assert_eq!(lists[0].slots.lock().entries.len(), 2, "slots are reused");
        drop((second, third));
        assert_eq!(purgatory.parked(), 0);
        for list in &lists {
            assert_eq!(list.occupied.load(Ordering::Relaxed), 0);
            assert!(list.slots.lock().entries.is_empty());
        }
    }

    #[test]
    fn the_number_of_parked_requests_is_limited() {
        let purgatory = Purgatory::new(2);
        let _one = purgatory.park().unwrap();
        let two = purgatory.park().unwrap();
        assert!(purgatory.park().is_none());
        drop(two);
        assert!(purgatory.park().is_some());
    }
}
