//! Log lines that others can provoke, in limits.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Between two lines of one kind.
const INTERVAL: Duration = Duration::from_secs(10);

/// Lets one line through in each interval and counts the others.
#[derive(Debug, Default)]
pub struct LogLimit {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    held_back: u64,
}

impl LogLimit {
    /// Calls `write` with the number of lines that were held back since the last one,
    /// unless that one was just now.
    pub fn warn(&self, write: impl FnOnce(u64)) {
        let held_back = {
            let mut state = self.state.lock();
            let now = Instant::now();
            if state.last.is_some_and(|last| now < last + INTERVAL) {
                state.held_back += 1;
                return;
            }
            state.last = Some(now);
            std::mem::take(&mut state.held_back)
        };
        write(held_back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_line_in_each_interval() {
        let limit = LogLimit::default();
        let mut lines = Vec::new();
        for _ in 0..25 {
            limit.warn(|held_back| lines.push(held_back));
            tokio::time::sleep(INTERVAL / 10).await;
        }
        assert_eq!(lines, [0, 9, 9]);
    }
}
