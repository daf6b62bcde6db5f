//! Flushing a log: what is dirty, what is being synced, and how far it is durable.

use std::path::PathBuf;
use std::sync::Arc;

use highwater_types::{Offset, TimestampMs};
use parking_lot::Mutex;

use crate::disk::{Disk, File};
use crate::error::StorageError;
use crate::flush::{EpochFile, EpochWrite, FlushOutcome, FlushTask, FlushWork};
use crate::log::Log;
use crate::log_files::LogFiles;
use crate::log_loader::Loaded;
use crate::names;

/// What is not on disk yet.
///
/// Invariant: everything below the flushed end is durable, names of files
/// included. At most one task is out; what it syncs is kept until it is back.
pub(crate) struct FlushState {
    dir: (Arc<dyn Disk>, PathBuf),
    epoch_file: Arc<EpochFile>,
    /// Changed files. They stay open, because an error of writing back may only
    /// be told to those who have the file open.
    files: Vec<Arc<dyn File>>,
    /// Whether the active segment's log is among `files`.
    active_added: bool,
    dir_changed: bool,
    /// Something was written since the log was closed in order, or was repaired when
    /// it was opened.
    changed: bool,
    /// Counts the changes of the epochs; 0 is what was loaded.
    epoch_version: u64,
    epochs_changed: bool,
    /// A segment was closed, which is to be flushed also with write caching.
    rolled: bool,
    in_flight: Option<InFlight>,
    next_id: u64,
    last_flush: TimestampMs,
}

struct InFlight {
    id: u64,
    /// What the task will have made durable; less if the log was cut meanwhile.
    up_to: Offset,
    work: Arc<FlushWork>,
}

impl FlushState {
    pub(crate) fn new(files: &LogFiles, loaded: &Loaded, now: TimestampMs) -> Self {
        debug_assert!(loaded.offsets.flushed_end <= loaded.offsets.log_end);
        Self {
            dir: (files.disk.clone(), files.dir.clone()),
            epoch_file: Arc::new(EpochFile {
                disk: files.disk.clone(),
                path: files.dir.join(names::LEADER_EPOCH_CHECKPOINT),
                written: Mutex::new(0),
            }),
            files: Vec::new(),
            active_added: false,
            dir_changed: loaded.unsynced,
            changed: !loaded.settled,
            epoch_version: 0,
            epochs_changed: false,
            rolled: false,
            in_flight: None,
            next_id: 0,
            last_flush: now,
        }
    }

    /// Takes note of a write to the active segment.
    pub(crate) fn add_active(&mut self, file: Arc<dyn File>) {
        self.changed = true;
        if !self.active_added {
            self.active_added = true;
            self.files.push(file);
        }
    }

    pub(crate) fn add_files(&mut self, files: Vec<Arc<dyn File>>) {
        self.files.extend(files);
    }

    pub(crate) fn add_new_file(&mut self, file: Arc<dyn File>) {
        self.files.push(file);
        self.dir_changed = true;
    }

    /// The active segment is another one from now on.
    pub(crate) fn on_rolled(&mut self) {
        self.active_added = false;
        self.dir_changed = true;
        self.changed = true;
        self.rolled = true;
    }

    pub(crate) fn on_epochs_changed(&mut self) {
        self.changed = true;
        self.epoch_version += 1;
        self.epochs_changed = true;
    }

    /// Writes the epochs with the next flush even if they did not change.
    pub(crate) fn force_epochs(&mut self) {
        self.on_epochs_changed();
    }

    /// Nothing at or after `offset` is durable any more.
    pub(crate) fn on_truncated(&mut self, offset: Offset) {
        self.changed = true;
        // The active segment may be another one now.
        self.active_added = false;
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.up_to = in_flight.up_to.min(offset);
        }
    }

    /// Whether closing the log has anything to write.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
    }

    fn has_work(&self) -> bool {
        !self.files.is_empty() || self.dir_changed || self.epochs_changed
    }

    /// Takes all that is dirty.
    fn take(&mut self, epochs: impl FnOnce() -> String) -> FlushWork {
        self.active_added = false;
        self.rolled = false;
        let epochs = std::mem::take(&mut self.epochs_changed).then(|| EpochWrite {
            file: self.epoch_file.clone(),
            version: self.epoch_version,
            text: epochs(),
        });
        FlushWork {
            files: std::mem::take(&mut self.files),
            dir: std::mem::take(&mut self.dir_changed).then(|| self.dir.clone()),
            epochs,
        }
    }
}

impl Log {
    /// Whether the log should be flushed now: without write caching whenever
    /// something is not flushed, else by `flush.messages` and `flush.ms`, and
    /// when a segment was closed.
    #[must_use]
    pub fn needs_flush(&self, now: TimestampMs) -> bool {
        let offsets = self.reader.offsets();
        let unflushed = offsets.log_end.0 - offsets.flushed_end.0;
        if unflushed == 0 || self.poisoned.is_some() {
            return false;
        }
        let waited = now.0.saturating_sub(self.flush.last_flush.0);
        !self.config.write_caching
            || self.flush.rolled
            || unflushed >= self.config.flush_messages
            || waited >= self.config.flush_ms
    }

    /// The syncs that make everything appended so far durable; `None` if there is
    /// nothing to do or an earlier task is still out.
    pub fn prepare_flush(&mut self) -> Option<FlushTask> {
        if self.flush.in_flight.is_some() || self.poisoned.is_some() || !self.flush.has_work() {
            return None;
        }
        let up_to = self.log_end_offset();
        let id = self.flush.next_id;
        self.flush.next_id += 1;
        let work = Arc::new(self.flush.take(|| self.reader.epochs.read().to_text()));
        self.flush.in_flight = Some(InFlight {
            id,
            up_to,
            work: work.clone(),
        });
        self.flush.last_flush = self.last_now;
        Some(FlushTask { id, up_to, work })
    }

    /// Takes a task's outcome and answers the new flushed end. A failure poisons the log.
    ///
    /// # Errors
    /// When the syncs failed.
    pub fn on_flushed(&mut self, outcome: FlushOutcome) -> Result<Offset, StorageError> {
        let current = self.flush.in_flight.as_ref().map(|task| task.id) == Some(outcome.id);
        let task = self.flush.in_flight.take_if(|_| current);
        if let Err(error) = outcome.result {
            let error = StorageError::io(&self.files.dir, error);
            return self.guard(Err(error));
        }
        self.ensure_writable()?;
        // A flush that was made meanwhile has done the task's work.
        match task {
            Some(task) => Ok(self.advance_flushed_end(task.up_to)),
            None => Ok(self.flushed_end_offset()),
        }
    }

    /// Flushes everything here and now.
    ///
    /// # Errors
    /// When the syncs failed.
    pub fn flush(&mut self) -> Result<Offset, StorageError> {
        self.ensure_writable()?;
        let up_to = self.log_end_offset();
        let mut result = Ok(());
        if let Some(in_flight) = self.flush.in_flight.take() {
            result = in_flight.work.run();
        }
        let work = self.flush.take(|| self.reader.epochs.read().to_text());
        let result = result.and_then(|()| work.run());
        self.guard(result.map_err(|error| StorageError::io(&self.files.dir, error)))?;
        self.flush.last_flush = self.last_now;
        Ok(self.advance_flushed_end(up_to))
    }

    fn advance_flushed_end(&mut self, to: Offset) -> Offset {
        let mut flushed_end = to;
        self.reader.publish(|published| {
            let offsets = &mut published.offsets;
            offsets.flushed_end = offsets.flushed_end.max(to).min(offsets.log_end);
            flushed_end = offsets.flushed_end;
        });
        flushed_end
    }
}
