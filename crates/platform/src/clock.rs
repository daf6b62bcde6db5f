//! Wall-clock time.

use highwater_types::TimestampMs;

/// The time of day, for record timestamps and retention. It may jump; for
/// deadlines use tokio's monotonic time.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> TimestampMs;
}

/// The operating system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> TimestampMs {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        TimestampMs(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}
