//! Making appended batches durable, possibly on another thread.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use highwater_types::Offset;
use parking_lot::Mutex;

use crate::checkpoint::write_atomically;
use crate::disk::{Disk, File};
use crate::error::StorageError;

/// The syncs that make everything below `up_to` durable. It touches nothing of
/// the log, so it may run anywhere; its outcome goes back to `Log::on_flushed`.
pub struct FlushTask {
    pub(crate) id: u64,
    pub(crate) up_to: Offset,
    pub(crate) work: Arc<FlushWork>,
}

/// What became of a [`FlushTask`].
#[derive(Debug)]
pub struct FlushOutcome {
    pub(crate) id: u64,
    pub up_to: Offset,
    pub result: io::Result<()>,
}

/// What has to reach the disk.
#[derive(Default)]
pub(crate) struct FlushWork {
    pub(crate) files: Vec<Arc<dyn File>>,
    /// The folder, if files were created in it.
    pub(crate) dir: Option<(Arc<dyn Disk>, PathBuf)>,
    pub(crate) epochs: Option<EpochWrite>,
}

/// A new content of the leader epoch checkpoint.
pub(crate) struct EpochWrite {
    pub(crate) file: Arc<EpochFile>,
    pub(crate) version: u64,
    pub(crate) text: String,
}

/// The leader epoch checkpoint, which the owner and a flush may want to write at
/// the same time; the newest content stays.
pub(crate) struct EpochFile {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) path: PathBuf,
    /// The version of the content on disk.
    pub(crate) written: Mutex<u64>,
}

impl FlushTask {
    /// The log end that will be flushed.
    #[must_use]
    pub fn up_to(&self) -> Offset {
        self.up_to
    }

    /// Syncs; blocks for as long as the disk takes.
    #[must_use]
    pub fn run(self) -> FlushOutcome {
        FlushOutcome {
            id: self.id,
            up_to: self.up_to,
            result: self.work.run(),
        }
    }
}

impl FlushWork {
    pub(crate) fn run(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync_data()?;
        }
        if let Some((disk, dir)) = &self.dir {
            disk.sync_dir(dir)?;
        }
        match &self.epochs {
            Some(epochs) => epochs.run().map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

impl EpochWrite {
    pub(crate) fn run(&self) -> Result<(), StorageError> {
        let mut written = self.file.written.lock();
        if *written >= self.version {
            return Ok(());
        }
        write_atomically(&*self.file.disk, &self.file.path, self.text.as_bytes())?;
        *written = self.version;
        Ok(())
    }
}
