//! Making appended batches durable, possibly on another thread.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use highwater_types::Offset;

use crate::disk::{Disk, File};

/// The syncs that make everything below `up_to` durable. It touches nothing of
/// the log, so it may run anywhere; its outcome goes back to `Log::on_flushed`.
pub struct FlushTask {
    pub(crate) id: u64,
    pub(crate) up_to: Offset,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) files: Vec<Arc<dyn File>>,
    pub(crate) dirs: Vec<PathBuf>,
}

/// What became of a [`FlushTask`].
#[derive(Debug)]
pub struct FlushOutcome {
    pub(crate) id: u64,
    pub up_to: Offset,
    pub result: io::Result<()>,
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
        let result = self.sync();
        FlushOutcome {
            id: self.id,
            up_to: self.up_to,
            result,
        }
    }

    fn sync(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync_data()?;
        }
        for dir in &self.dirs {
            self.disk.sync_dir(dir)?;
        }
        Ok(())
    }
}
