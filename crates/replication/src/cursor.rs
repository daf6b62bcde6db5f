//! What one follower may be sent next.

use std::collections::VecDeque;
use std::time::Duration;

use highwater_types::{LeaderEpoch, Offset};

use crate::divergence;
use crate::{LogView, Push, PushKind, RejectReason, Rejection};

/// Limits of one cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorLimits {
    /// Bytes of one message, `replica.fetch.max.bytes`. One batch may exceed it.
    pub message_bytes: usize,
    /// Bytes sent and not yet acknowledged. One message may exceed it.
    pub window_bytes: usize,
    /// Wait after the first refusal; doubles with each further one.
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

impl Default for CursorLimits {
    fn default() -> Self {
        Self {
            message_bytes: 1 << 20,
            window_bytes: 8 << 20,
            backoff_min: Duration::from_millis(10),
            backoff_max: Duration::from_secs(1),
        }
    }
}

/// What to do for a follower now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Send this, without batches.
    Send(Push),
    /// Read whole batches from this offset, the first one whatever its size, and ask
    /// [`FollowerCursor::append`] for the head of the message.
    Read { from: Offset, max_bytes: usize },
}

/// One follower's place in the leader's log, for one leader epoch.
///
/// Owned by the link to the follower's broker, which reads the log and sends; lives
/// until the leadership ends or the replica is removed, through any number of
/// connections. Times are counted from any fixed moment.
///
/// ```text
///             the follower has a record of the probe      every message continues the last
///   ┌─────────┐ ─────────────────────────────────────► ┌─────────────┐
///   │ Probing │                                        │ Replicating │
///   └─────────┘ ◄───────────────────────────────────── └─────────────┘
///     │  ▲  ▲ │        disconnected, out of range            │
///     │  └──│─┘ diverged: probe further down                 │
///     ▼     │ after a while                                  │
///   ┌────────────┐         it can not follow now             │
///   │ BackingOff │ ◄─────────────────────────────────────────┤
///   └────────────┘                                           ▼
///     └──────────────── there is a newer leader ──► ┌─────────┐
///                                                   │ Stopped │
///                                                   └─────────┘
/// ```
///
/// Nothing is searched for below the leader's log start: there the follower is told
/// to begin anew.
#[derive(Clone, Debug)]
pub struct FollowerCursor {
    leader_epoch: LeaderEpoch,
    limits: CursorLimits,
    state: State,
    /// Counts probes and restarts; an answer to another round is not for us.
    round: u32,
    /// Refusals in a row.
    refusals: u32,
}

#[derive(Clone, Debug)]
enum State {
    Probing {
        /// `None`: the log end of the moment of sending.
        at: Option<Offset>,
        /// Where the probe that is out asked.
        sent: Option<Offset>,
    },
    Replicating(Flow),
    BackingOff {
        until: Duration,
    },
    Stopped,
}

/// The messages under way.
///
/// Invariant: the ends ascend, and the last one is `next` if there is one.
#[derive(Clone, Debug)]
struct Flow {
    /// Where the next message begins.
    next: Offset,
    /// Ends and sizes of messages that are not acknowledged.
    in_flight: VecDeque<(Offset, usize)>,
    in_flight_bytes: usize,
    /// What the follower was told of; `None` before the first message, which has to
    /// be sent even if there is nothing to append.
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    high_watermark: Offset,
    log_start: Offset,
}

impl Told {
    fn of(log: &impl LogView) -> Self {
        Self {
            high_watermark: log.high_watermark(),
            log_start: log.log_start(),
        }
    }
}

impl FollowerCursor {
    /// Begins with a probe.
    #[must_use]
    pub fn new(leader_epoch: LeaderEpoch, limits: CursorLimits) -> Self {
        Self {
            leader_epoch,
            limits,
            state: State::Probing {
                at: None,
                sent: None,
            },
            round: 0,
            refusals: 0,
        }
    }

    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Whether the logs are known to agree and records flow.
    #[must_use]
    pub fn is_replicating(&self) -> bool {
        matches!(self.state, State::Replicating(_))
    }

    /// Whether nothing will ever be sent again.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self.state, State::Stopped)
    }

    /// Bytes sent and not acknowledged.
    #[must_use]
    pub fn in_flight_bytes(&self) -> usize {
        match &self.state {
            State::Replicating(flow) => flow.in_flight_bytes,
            _ => 0,
        }
    }

    /// The connection broke, or is new: what was under way may be lost, and answers to
    /// it are not waited for.
    pub fn on_disconnected(&mut self) {
        match self.state {
            State::Stopped | State::BackingOff { .. } => self.round += 1,
            State::Probing { .. } | State::Replicating(_) => self.probe(None),
        }
    }

    /// What to send next, if anything may be sent: a probe, records, or the first
    /// message after a match. Asked again until it answers `None`.
    pub fn next(&mut self, log: &impl LogView, now: Duration) -> Option<Plan> {
        if let State::BackingOff { until } = self.state {
            if now < until {
                return None;
            }
            self.probe(None);
        }
        match &self.state {
            State::Probing { sent: Some(_), .. } | State::BackingOff { .. } | State::Stopped => {
                None
            }
            State::Probing { at, sent: None } => self.start(*at, log),
            State::Replicating(_) => self.go_on(log),
        }
    }

    /// Probes, or begins to replicate where there is nothing to ask about.
    fn start(&mut self, at: Option<Offset>, log: &impl LogView) -> Option<Plan> {
        let at = at.unwrap_or(log.log_end()).min(log.log_end());
        if at <= log.log_start() {
            self.replicate(log.log_start());
            return self.go_on(log);
        }
        self.state = State::Probing {
            at: Some(at),
            sent: Some(at),
        };
        Some(Plan::Send(self.push(PushKind::Probe, at, log)))
    }

    fn go_on(&mut self, log: &impl LogView) -> Option<Plan> {
        let max_bytes = self.limits.message_bytes;
        let window = self.limits.window_bytes;
        let State::Replicating(flow) = &mut self.state else {
            return None;
        };
        // Retention was faster: the follower begins anew where the log does.
        flow.next = flow.next.max(log.log_start());
        let next = flow.next;
        if next < log.log_end() {
            let free = window.saturating_sub(flow.in_flight_bytes);
            return (free > 0).then_some(Plan::Read {
                from: next,
                max_bytes: max_bytes.min(free),
            });
        }
        if flow.told.is_some() {
            return None;
        }
        flow.told = Some(Told::of(log));
        Some(Plan::Send(self.push(PushKind::Append, next, log)))
    }

    /// The head for batches that were read from `from` to `end` (exclusive), which are
    /// then sent; `None` if they are not wanted any more.
    pub fn append(
        &mut self,
        log: &impl LogView,
        from: Offset,
        end: Offset,
        bytes: usize,
    ) -> Option<Push> {
        assert!(end > from, "an append of nothing: {from} to {end}");
        let State::Replicating(flow) = &mut self.state else {
            return None;
        };
        // A log that was trimmed meanwhile no longer knows what is before them.
        if flow.next != from || from < log.log_start() {
            return None;
        }
        flow.next = end;
        flow.in_flight.push_back((end, bytes));
        flow.in_flight_bytes += bytes;
        flow.told = Some(Told::of(log));
        self.check_invariants();
        Some(self.push(PushKind::Append, from, log))
    }

    /// The high watermark or the log start, if the follower does not know the newest.
    /// Not for a follower that is sent records anyway.
    pub fn watermark(&mut self, log: &impl LogView) -> Option<Push> {
        let State::Replicating(flow) = &mut self.state else {
            return None;
        };
        let news = Told::of(log);
        if flow.told.is_none_or(|told| told == news) {
            return None;
        }
        flow.told = Some(news);
        let next = flow.next;
        Some(self.push(PushKind::Watermark, next, log))
    }

    fn push(&self, kind: PushKind, at: Offset, log: &impl LogView) -> Push {
        Push {
            kind,
            leader_epoch: self.leader_epoch,
            round: self.round,
            previous_offset: at,
            previous_epoch: log.epoch_before(at),
            high_watermark: log.high_watermark(),
            log_start: log.log_start(),
        }
    }

    /// The follower has everything below `log_end`, as this leader's log has it.
    pub fn on_acknowledged(
        &mut self,
        round: u32,
        log_end: Offset,
        log: &impl LogView,
        now: Duration,
    ) {
        if round != self.round {
            return;
        }
        if log_end > log.log_end() {
            // It can not have what this log does not have.
            return self.back_off(now);
        }
        match &mut self.state {
            State::Probing { sent: Some(_), .. } => self.replicate(log_end),
            State::Replicating(flow) => {
                while let Some((_, bytes)) = flow.in_flight.pop_front_if(|(end, _)| *end <= log_end)
                {
                    flow.in_flight_bytes -= bytes;
                }
            }
            State::Probing { sent: None, .. } | State::BackingOff { .. } | State::Stopped => return,
        }
        self.refusals = 0;
        self.check_invariants();
    }

    /// The follower refused something.
    pub fn on_rejected(
        &mut self,
        round: u32,
        rejection: &Rejection,
        log: &impl LogView,
        now: Duration,
    ) {
        if round != self.round || self.is_stopped() {
            return;
        }
        match rejection.reason {
            RejectReason::FencedEpoch => {
                self.round += 1;
                self.state = State::Stopped;
            }
            RejectReason::Diverged => self.search(rejection, log, now),
            RejectReason::NotReplica
            | RejectReason::UnknownEpoch
            | RejectReason::Corrupt
            | RejectReason::OutOfRange
            | RejectReason::StorageError
            | RejectReason::Busy => self.back_off(now),
        }
        self.check_invariants();
    }

    /// Goes on where the logs may agree according to the follower's hint.
    fn search(&mut self, rejection: &Rejection, log: &impl LogView, now: Duration) {
        let asked = match &self.state {
            State::Probing {
                sent: Some(sent), ..
            } => *sent,
            State::Probing { sent: None, .. } | State::BackingOff { .. } | State::Stopped => return,
            // A follower that was believed to follow does not: begin again.
            State::Replicating(_) => return self.back_off(now),
        };
        let at = divergence::candidate(log, rejection.hint_epoch, rejection.hint_end);
        // Each step goes down, so the search ends; without a step, nothing is in common.
        self.probe(Some(if at < asked { at } else { log.log_start() }));
    }

    fn probe(&mut self, at: Option<Offset>) {
        self.round += 1;
        self.state = State::Probing { at, sent: None };
    }

    fn replicate(&mut self, next: Offset) {
        self.round += 1;
        self.state = State::Replicating(Flow {
            next,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            told: None,
        });
    }

    fn back_off(&mut self, now: Duration) {
        let factor = 1u32.checked_shl(self.refusals).unwrap_or(u32::MAX);
        let wait = self.limits.backoff_min.saturating_mul(factor);
        self.refusals = self.refusals.saturating_add(1).min(31);
        self.round += 1;
        self.state = State::BackingOff {
            until: now + wait.min(self.limits.backoff_max),
        };
    }

    /// When [`FollowerCursor::next`] may have something without any other event.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.state {
            State::BackingOff { until } => Some(until),
            _ => None,
        }
    }

    /// # Panics
    /// When the state contradicts itself, which is a bug.
    pub fn check_invariants(&self) {
        let State::Replicating(flow) = &self.state else {
            return;
        };
        let bytes: usize = flow.in_flight.iter().map(|(_, bytes)| bytes).sum();
        assert_eq!(bytes, flow.in_flight_bytes, "{self:?}");
        let ends = || flow.in_flight.iter().map(|(end, _)| *end);
        assert!(ends().is_sorted(), "{self:?}");
        assert!(ends().all(|end| end <= flow.next), "{self:?}");
    }
}
