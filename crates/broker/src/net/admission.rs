//! The node's bound on memory for requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the bytes of all requests that are being received or worked on.
///
/// A frame is admitted as a whole when its length is known, before memory is taken
/// for it. It is admitted while the count is under the limit, so one frame may
/// overshoot: no frame is too large to ever get in, and two half-received ones
/// can not wait for each other.
#[derive(Debug)]
pub(crate) struct Admission {
    bytes_max: usize,
    bytes: AtomicUsize,
    freed: Notify,
}

/// The right to hold one frame; gives its bytes back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    bytes: usize,
}

impl Admission {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max: bytes_max.max(1),
            bytes: AtomicUsize::new(0),
            freed: Notify::new(),
        })
    }

    /// Admits a frame of `bytes`, unless the node holds too much already.
    pub(crate) fn try_admit(self: &Arc<Self>, bytes: usize) -> Option<Admitted> {
        let admit = |held: usize| (held < self.bytes_max).then(|| held.saturating_add(bytes));
        self.bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, admit)
            .ok()?;
        Some(Admitted {
            admission: self.clone(),
            bytes,
        })
    }

    /// Admits a frame of `bytes` once there is room.
    pub(crate) async fn admit(self: Arc<Self>, bytes: usize) -> Admitted {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // Before the attempt, or room made in between would be missed.
            freed.as_mut().enable();
            if let Some(admitted) = self.try_admit(bytes) {
                return admitted;
            }
            freed.await;
        }
    }

    /// Bytes held now.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let admission = &self.admission;
        let before = admission.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        if before >= admission.bytes_max && before - self.bytes < admission.bytes_max {
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
}
