//! Simulated wall-clock time.

use highwater_platform::Clock;
use highwater_types::TimestampMs;

/// The simulation's time since the epoch, plus this node's skew.
pub struct SimClock {
    skew_ms: i64,
}

impl SimClock {
    #[must_use]
    pub fn new(skew_ms: i64) -> Self {
        Self { skew_ms }
    }
}

impl Clock for SimClock {
    fn now(&self) -> TimestampMs {
        let now = turmoil::since_epoch()
            .map(|since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            .unwrap_or_default();
        TimestampMs(now + self.skew_ms)
    }
}
