//! One client's connection: requests in, answers out in the same order.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use highwater_platform::Stream;
use tokio::time::{Instant, Sleep};

use super::admission::{Admission, Admitted};
use super::frame_buffer::FrameBuffer;
use super::handler::{FrameHandler, Peer, Reply, Started};
use super::outbox::Outbox;
use crate::config::NetworkLimits;

/// Turns of the loop before other tasks get theirs.
const TURNS_MAX: usize = 32;
/// After so long without a byte a connection gives its buffer back.
const REST_AFTER: Duration = Duration::from_secs(10);
/// How much of a frame is admitted before any of it has arrived.
const FIRST_BYTES: usize = 64 * 1024;
/// An admitted frame holds memory that others wait for: it must arrive within this
/// time, and as much again as it takes at the slowest rate.
const FRAME_TIME: Duration = Duration::from_secs(30);
const FRAME_BYTES_PER_SECOND_MIN: usize = 32 * 1024;
/// An idle limit from here on is none, and would be past the end of time.
const IDLE_MAX: Duration = Duration::from_hours(24 * 365 * 10);

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The client is gone, or the broker stops.
    Ended,
    /// Nothing happened for `connections.max.idle.ms`.
    Idle,
    /// The client did what no client may do.
    Fault(String),
}

/// One connection, in one task: it reads, starts requests, waits for their answers
/// and writes them.
///
/// A request is started when the one before it has taken effect. Answers of
/// requests that only wait (an `acks=all` produce) queue up behind one another.
pub(super) struct Connection<H> {
    stream: Box<dyn Stream>,
    peer: Peer,
    handler: Arc<H>,
    limits: Arc<NetworkLimits>,
    admission: Arc<Admission>,
    input: FrameBuffer,
    admitting: Option<BoxFuture<'static, Admitted>>,
    /// How much of the frame at the front of `input` is admitted, and by when it must
    /// be whole.
    admitted: Option<(Admitted, Instant)>,
    starting: Option<(BoxFuture<'static, Started>, Admitted)>,
    answers: VecDeque<Answer>,
    outbox: Outbox,
    /// Set when no further request is taken in; by then what is left must be done.
    closing: Option<Closing>,
    last_activity: Instant,
    resting: bool,
    timer: Pin<Box<Sleep>>,
}

enum Answer {
    Ready(Reply),
    Waiting(BoxFuture<'static, Reply>, #[allow(dead_code)] Admitted),
}

struct Closing {
    deadline: Instant,
    reason: CloseReason,
}

impl<H: FrameHandler> Connection<H> {
    pub(super) fn new(
        stream: Box<dyn Stream>,
        peer: Peer,
        handler: Arc<H>,
        limits: Arc<NetworkLimits>,
        admission: Arc<Admission>,
    ) -> Self {
        let now = Instant::now();
        Self {
            stream,
            peer,
            handler,
            input: FrameBuffer::new(limits.request_bytes_max),
            limits,
            admission,
            admitting: None,
            admitted: None,
            starting: None,
            answers: VecDeque::new(),
            outbox: Outbox::default(),
            closing: None,
            last_activity: now,
            resting: false,
            timer: Box::pin(tokio::time::sleep_until(now + REST_AFTER)),
        }
    }

    /// Serves the connection until it ends or `stop` is done; requests that were
    /// started by then are still answered.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let reason = poll_fn(|cx| {
            if self.closing.is_none() && stop.as_mut().poll(cx).is_ready() {
                self.close(CloseReason::Ended);
            }
            self.poll(cx)
        })
        .await;
        let address = self.peer.address;
        match reason {
            CloseReason::Ended => tracing::debug!(%address, "connection ended"),
            CloseReason::Idle => tracing::debug!(%address, "idle connection closed"),
            CloseReason::Fault(fault) => tracing::warn!(%address, "connection closed: {fault}"),
        }
        let goodbye = tokio::io::AsyncWriteExt::shutdown(&mut self.stream);
        // The client may be gone; nobody is left to tell.
        let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
    }

    /// Goes on until nothing can be done without waiting.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        for _ in 0..TURNS_MAX {
            let mut progress = self.poll_starting(cx);
            progress |= self.poll_answers(cx);
            progress |= self.start_next(cx);
            if progress {
                continue;
            }
            match self.outbox.poll_write(&mut *self.stream, cx) {
                Poll::Ready(Ok(_)) => progress = true,
                Poll::Ready(Err(_)) => return Poll::Ready(CloseReason::Ended),
                Poll::Pending => {}
            }
            if self.wants_input() {
                progress |= self.poll_read(cx);
            }
            if progress {
                self.last_activity = Instant::now();
                self.resting = false;
                continue;
            }
            return self.poll_end(cx);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Goes on with the request that is being started.
    fn poll_starting(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((starting, _)) = &mut self.starting else {
            return false;
        };
        let Poll::Ready(started) = starting.as_mut().poll(cx) else {
            return false;
        };
        let Some((_, admitted)) = self.starting.take() else {
            return false;
        };
        match started {
            Started::Later(reply) => self.answers.push_back(Answer::Waiting(reply, admitted)),
            Started::Done(Reply::Nothing) => {}
            Started::Done(reply) => self.answers.push_back(Answer::Ready(reply)),
        }
        true
    }

    /// Moves answers that are ready, in order, to the outbox.
    fn poll_answers(&mut self, cx: &mut Context<'_>) -> bool {
        let mut progress = false;
        while let Some(front) = self.answers.front_mut() {
            if let Answer::Waiting(reply, _) = front {
                let Poll::Ready(reply) = reply.as_mut().poll(cx) else {
                    break;
                };
                *front = Answer::Ready(reply);
            }
            let Some(Answer::Ready(reply)) = self.answers.pop_front() else {
                break;
            };
            match reply {
                Reply::Frame(frame) => self.outbox.push(frame),
                Reply::Nothing => {}
                Reply::Close(reason) => {
                    // Later answers are void: the client must see that this one is missing.
                    self.answers.clear();
                    self.starting = None;
                    self.closing = None;
                    self.close(CloseReason::Fault(reason));
                }
            }
            progress = true;
        }
        progress
    }

    /// Starts the next request, if it has arrived and the limits allow.
    fn start_next(&mut self, cx: &mut Context<'_>) -> bool {
        let busy = self.starting.is_some()
            || self.closing.is_some()
            || self.answers.len() >= self.limits.in_flight_requests_max
            || self.outbox.len() >= self.limits.unsent_response_bytes_max;
        if busy {
            return false;
        }
        let length = match self.input.front_length() {
            Ok(Some(length)) => length,
            Ok(None) => return false,
            Err(error) => {
                self.answers
                    .push_back(Answer::Ready(Reply::Close(error.to_string())));
                // Nothing after a wrong length can be understood.
                self.close(CloseReason::Ended);
                return true;
            }
        };
        if !self.poll_admission(length, cx) || !self.input.has_frame(length) {
            return false;
        }
        let Some((admitted, _)) = self.admitted.take() else {
            return false;
        };
        let frame = self.input.take_frame(length);
        let starting = self.handler.start(frame, &self.peer);
        self.starting = Some((starting, admitted));
        true
    }

    /// Whether the frame at the front of the input may take more memory, or is
    /// admitted as a whole.
    fn poll_admission(&mut self, length: usize, cx: &mut Context<'_>) -> bool {
        while !self.may_grow(length) {
            let waited = self.admitting.is_some();
            let admitting = self.admitting.take();
            let mut admitting = admitting.unwrap_or_else(|| self.admit_more(length));
            let Poll::Ready(more) = admitting.as_mut().poll(cx) else {
                self.admitting = Some(admitting);
                return false;
            };
            let slowest = Duration::from_secs((length / FRAME_BYTES_PER_SECOND_MIN) as u64);
            let until = Instant::now() + FRAME_TIME + slowest;
            match &mut self.admitted {
                Some((admitted, whole_by)) => {
                    admitted.merge(more);
                    if waited {
                        // The time in which it waited for others is not the client's.
                        *whole_by = until;
                    }
                }
                None => self.admitted = Some((more, until)),
            }
        }
        true
    }

    /// Whether all of the frame at the front is admitted, or more than has arrived.
    fn may_grow(&self, length: usize) -> bool {
        self.admitted.as_ref().is_some_and(|(admitted, _)| {
            admitted.bytes() >= length || admitted.bytes() > self.input.arrived(length)
        })
    }

    /// Asks for the next part of a frame: as much again as has arrived.
    fn admit_more(&self, length: usize) -> BoxFuture<'static, Admitted> {
        let admission = self.admission.clone();
        let arrived = self.input.arrived(length);
        let wanted = arrived.saturating_mul(2).max(FIRST_BYTES).min(length);
        match &self.admitted {
            None => Box::pin(admission.admit(wanted)),
            Some((admitted, _)) => {
                let held = admitted.bytes();
                Box::pin(admission.extend(wanted - held, length - held))
            }
        }
    }

    /// Whether more bytes are needed: not while a whole frame, or a frame of which no
    /// more is admitted, waits in the buffer.
    fn wants_input(&self) -> bool {
        if self.closing.is_some() {
            return false;
        }
        match self.input.front_length() {
            Ok(None) => true,
            Ok(Some(length)) => self.may_grow(length) && !self.input.has_frame(length),
            Err(_) => false,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        match self.input.poll_fill(&mut *self.stream, cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => {
                // What was started still takes effect: `acks=0` producers send and leave.
                self.close(CloseReason::Ended);
                true
            }
            Poll::Ready(Ok(_)) => true,
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.admitting = None;
        self.admitted = None;
        let deadline = Instant::now() + self.limits.drain_max;
        self.closing = Some(Closing { deadline, reason });
    }

    /// Nothing can be done now: is it the end, or when is the next deadline?
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        let working = self.starting.is_some() || !self.answers.is_empty();
        if let Some(closing) = &self.closing
            && !working
            && self.outbox.is_empty()
        {
            return Poll::Ready(closing.reason.clone());
        }
        loop {
            let Some(deadline) = self.next_deadline(working) else {
                return Poll::Pending;
            };
            if deadline < self.timer.deadline() || self.timer.is_elapsed() {
                self.timer.as_mut().reset(deadline);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now < deadline {
                // Set for an earlier deadline that has moved since.
                continue;
            }
            if let Some(reason) = self.on_deadline(now) {
                return Poll::Ready(reason);
            }
        }
    }

    fn next_deadline(&self, working: bool) -> Option<Instant> {
        if let Some(closing) = &self.closing {
            return Some(closing.deadline);
        }
        if working {
            return None;
        }
        let rest = (!self.resting).then_some(self.last_activity + REST_AFTER);
        let deadlines = [self.idle_deadline(), rest, self.frame_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// When the connection has been idle for too long; never without a limit.
    fn idle_deadline(&self) -> Option<Instant> {
        let limit = self.limits.connection_idle_max;
        let limited = !limit.is_zero() && limit < IDLE_MAX;
        limited.then(|| self.last_activity + limit)
    }

    /// By when the frame at the front must be whole; none while it waits for others.
    fn frame_deadline(&self) -> Option<Instant> {
        let receiving = self.admitted.as_ref().filter(|_| self.admitting.is_none());
        receiving.map(|(_, whole_by)| *whole_by)
    }

    /// A deadline has passed: either the connection ends, or it takes a rest.
    fn on_deadline(&mut self, now: Instant) -> Option<CloseReason> {
        if let Some(closing) = &self.closing {
            return Some(closing.reason.clone());
        }
        if self.idle_deadline().is_some_and(|idle| now >= idle) {
            return Some(CloseReason::Idle);
        }
        if self.frame_deadline().is_some_and(|until| now >= until) {
            return Some(CloseReason::Fault(
                "a request frame took too long to arrive".into(),
            ));
        }
        self.input.release();
        self.resting = true;
        None
    }
}
