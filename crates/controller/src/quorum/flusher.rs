//! Group commit: appends wait together for one sync, which runs elsewhere.

use std::collections::VecDeque;
use std::io;

use highwater_storage::{FlushOutcome, FlushTask, Log, StorageError};
use highwater_types::Offset;
use openraft::storage::IOFlushed;
use tokio::sync::oneshot;

use super::types::TypeConfig;

/// Appends that are readable and not yet on stable storage, in order.
///
/// At most one sync is out at a time; what is appended meanwhile goes with the next.
/// After a failed sync nothing is promised any more: what reached the disk is unknown.
#[derive(Default)]
pub(crate) struct FlushQueue {
    waiting: VecDeque<Waiting>,
    flushing: bool,
    failed: Option<String>,
    /// Who waits for the queue to be empty.
    idle: Vec<oneshot::Sender<()>>,
}

struct Waiting {
    /// The log end that must be flushed.
    end: Offset,
    callback: IOFlushed<TypeConfig>,
}

/// Callbacks to call once no lock is held.
#[derive(Default)]
#[must_use]
pub(crate) struct Completed {
    callbacks: Vec<(IOFlushed<TypeConfig>, Result<(), String>)>,
    idle: Vec<oneshot::Sender<()>>,
}

impl FlushQueue {
    pub(crate) fn push(&mut self, end: Offset, callback: IOFlushed<TypeConfig>) {
        self.waiting.push_back(Waiting { end, callback });
    }

    /// The next sync to run, if there is anything to wait for and none is out.
    pub(crate) fn next_task(
        &mut self,
        log: &mut Log,
        completed: &mut Completed,
    ) -> Option<FlushTask> {
        if self.flushing || self.failed.is_some() {
            return None;
        }
        // Rolling a segment flushes as well.
        self.complete_up_to(log.flushed_end_offset(), completed);
        if self.waiting.is_empty() {
            completed.idle.append(&mut self.idle);
            return None;
        }
        let task = log.prepare_flush()?;
        self.flushing = true;
        Some(task)
    }

    /// Takes what became of a sync.
    pub(crate) fn on_flushed(
        &mut self,
        log: &mut Log,
        outcome: FlushOutcome,
        completed: &mut Completed,
    ) {
        self.flushing = false;
        match log.on_flushed(outcome) {
            Ok(flushed_end) => self.complete_up_to(flushed_end, completed),
            Err(error) => self.fail(&error, completed),
        }
    }

    /// A signal for when everything appended so far is flushed, or has failed; `None`
    /// if it is already.
    pub(crate) fn when_idle(&mut self) -> Option<oneshot::Receiver<()>> {
        if self.waiting.is_empty() && !self.flushing {
            return None;
        }
        let (signal, idle) = oneshot::channel();
        self.idle.push(signal);
        Some(idle)
    }

    /// Why nothing can be written any more.
    pub(crate) fn check(&self) -> io::Result<()> {
        match &self.failed {
            None => Ok(()),
            Some(reason) => Err(io::Error::other(reason.clone())),
        }
    }

    fn complete_up_to(&mut self, flushed_end: Offset, completed: &mut Completed) {
        while let Some(front) = self.waiting.pop_front_if(|front| front.end <= flushed_end) {
            completed.callbacks.push((front.callback, Ok(())));
        }
    }

    fn fail(&mut self, error: &StorageError, completed: &mut Completed) {
        let reason = error.to_string();
        for waiting in self.waiting.drain(..) {
            completed
                .callbacks
                .push((waiting.callback, Err(reason.clone())));
        }
        completed.idle.append(&mut self.idle);
        self.failed = Some(reason);
    }
}

impl Completed {
    /// Tells openraft, and whoever waits for idleness.
    pub(crate) fn announce(self) {
        for (callback, result) in self.callbacks {
            callback.io_completed(result.map_err(io::Error::other));
        }
        for signal in self.idle {
            // Whoever waited may be gone, with the node.
            let _ = signal.send(());
        }
    }
}
