//! The node's bound on memory for requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the bytes of all requests that are being received or worked on.
///
/// A frame is admitted step by step, a little ahead of what has arrived of it: a
/// client that announces much and sends nothing takes nothing from others. Steps are
/// admitted while the count is under the limit. When it is reached, one frame at a
/// time may go over it as a whole, so that half-received frames can not wait for
/// each other for ever.
#[derive(Debug)]
pub(crate) struct Admission {
    bytes_max: usize,
    bytes: AtomicUsize,
    /// Whether a frame is over the limit.
    overshooting: AtomicBool,
    freed: Notify,
}

/// The right to hold bytes of one frame; gives them back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    bytes: usize,
    overshoots: bool,
}

impl Admission {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max: bytes_max.max(1),
            bytes: AtomicUsize::new(0),
            overshooting: AtomicBool::new(false),
            freed: Notify::new(),
        })
    }

    /// Admits `bytes`, unless the node holds too much already.
    pub(crate) fn try_admit(self: &Arc<Self>, bytes: usize) -> Option<Admitted> {
        let admit = |held: usize| (held < self.bytes_max).then(|| held.saturating_add(bytes));
        self.bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, admit)
            .ok()?;
        Some(self.admitted(bytes, false))
    }

    /// Admits the next `step` of a frame that has begun to arrive, or all the `rest`
    /// of it when the node holds too much and no other frame is over the limit.
    fn try_extend(self: &Arc<Self>, step: usize, rest: usize) -> Option<Admitted> {
        self.try_admit(step).or_else(|| {
            self.overshooting
                .compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire)
                .ok()?;
            self.bytes.fetch_add(rest, Ordering::AcqRel);
            Some(self.admitted(rest, true))
        })
    }

    /// Admits `bytes` once there is room.
    pub(crate) async fn admit(self: Arc<Self>, bytes: usize) -> Admitted {
        self.wait_for(|admission| admission.try_admit(bytes)).await
    }

    /// Admits more of a frame that has begun to arrive: the next `step`, or all the
    /// `rest` of it.
    pub(crate) async fn extend(self: Arc<Self>, step: usize, rest: usize) -> Admitted {
        self.wait_for(|admission| admission.try_extend(step, rest))
            .await
    }

    async fn wait_for(
        self: &Arc<Self>,
        attempt: impl Fn(&Arc<Self>) -> Option<Admitted>,
    ) -> Admitted {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // Before the attempt, or room made in between would be missed.
            freed.as_mut().enable();
            if let Some(admitted) = attempt(self) {
                return admitted;
            }
            freed.await;
        }
    }

    fn admitted(self: &Arc<Self>, bytes: usize, overshoots: bool) -> Admitted {
        Admitted {
            admission: self.clone(),
            bytes,
            overshoots,
        }
    }

    /// Bytes held now.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }
}

impl Admitted {
    /// How much of the frame may be held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds what was admitted later for the same frame.
    pub(crate) fn merge(&mut self, mut more: Self) {
        self.bytes += std::mem::take(&mut more.bytes);
        self.overshoots |= std::mem::take(&mut more.overshoots);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let admission = &self.admission;
        let before = admission.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        let max = admission.bytes_max;
        if self.overshoots {
            admission.overshooting.store(false, Ordering::Release);
        }
        if self.overshoots || (before >= max && before - self.bytes < max) {
            admission.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_may_overshoot_and_the_next_waits() {
        let admission = Admission::new(100);
        let small = admission.try_admit(99).expect("under the limit");
        let large = admission.try_admit(1000).expect("still under the limit");
        assert!(admission.try_admit(1).is_none());
        drop(large);
        assert_eq!(admission.bytes(), 99);
        drop(small);
        assert_eq!(admission.bytes(), 0);
    }

    #[tokio::test]
    async fn waits_until_there_is_room() {
        let admission = Admission::new(10);
        let held = admission.try_admit(10).expect("empty");
        let waiting = tokio::spawn(admission.clone().admit(5));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(held);
        let admitted = waiting.await.expect("not cancelled");
        assert_eq!(admission.bytes(), 5);
        drop(admitted);
    }

    #[tokio::test]
    async fn one_frame_at_a_time_may_go_over_the_limit() {
        let admission = Admission::new(10);
        let mut first = admission.try_admit(5).expect("empty");
        let mut second = admission.try_admit(5).expect("under the limit");
        first.merge(admission.clone().extend(5, 20).await);
        assert_eq!((first.bytes(), admission.bytes()), (25, 30));
        let waiting = tokio::spawn(admission.clone().extend(5, 20));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        second.merge(waiting.await.expect("not cancelled"));
        assert_eq!(second.bytes(), 10, "a step, for there is room again");
        drop(second);
        assert_eq!(admission.bytes(), 0);
    }
}
