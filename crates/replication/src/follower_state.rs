//! What a leader knows of one follower.

use std::time::Duration;

use highwater_types::{BrokerEpoch, Offset};

use crate::lag::Lag;
use crate::{CommitRule, Progress};

/// One follower as its leader sees it, for one leader epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FollowerState {
    /// The life of the follower's broker that `progress` belongs to; `None` before
    /// the first report.
    pub(crate) broker_epoch: Option<BrokerEpoch>,
    pub(crate) progress: Progress,
    pub(crate) log_start: Offset,
    pub(crate) lag: Lag,
    /// The life of the broker that the controller would take into the in-sync set;
    /// `None` while it is fenced or stopping.
    pub(crate) eligible: Option<BrokerEpoch>,
    /// The controller refused it; it is not proposed again before.
    pub(crate) refused_until: Duration,
    /// Refusals in a row.
    pub(crate) refusals: u32,
}

impl FollowerState {
    pub(crate) fn new(lag: Lag) -> Self {
        Self {
            broker_epoch: None,
            progress: Progress::default(),
            log_start: Offset::ZERO,
            lag,
            eligible: None,
            refused_until: Duration::ZERO,
            refusals: 0,
        }
    }

    /// Takes a report in; `false` if it is from an earlier life of the broker.
    pub(crate) fn on_report(
        &mut self,
        broker_epoch: BrokerEpoch,
        progress: Progress,
        log_start: Offset,
    ) -> bool {
        match self.broker_epoch {
            Some(known) if broker_epoch < known => return false,
            Some(known) if broker_epoch == known => {
                self.progress
                    .advance(progress.log_end(), progress.flushed_end());
                self.log_start = self.log_start.max(log_start);
            }
            // It may have lost what it had not flushed.
            Some(_) | None => {
                self.broker_epoch = Some(broker_epoch);
                self.progress = progress;
                self.log_start = log_start;
                self.refused_until = Duration::ZERO;
                self.refusals = 0;
            }
        }
        true
    }

    pub(crate) fn committable_end(&self, rule: CommitRule) -> Offset {
        self.progress.committable_end(rule)
    }

    /// Whether the controller would take in the broker that reports.
    pub(crate) fn is_eligible(&self) -> bool {
        self.broker_epoch.is_some() && self.eligible == self.broker_epoch
    }
}
