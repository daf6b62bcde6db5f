//! Where one log's files are and through what they are reached.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, File, OpenMode};
use crate::error::StorageError;
use crate::names;
use crate::open_files::{FileHandle, OpenFiles};

/// One log's folder.
pub(crate) struct LogFiles {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) pool: Arc<OpenFiles>,
    pub(crate) dir: PathBuf,
}

/// One file of a log, named by an offset. The path is only made when it is needed.
#[derive(Clone, Copy)]
pub(crate) struct FileRef<'a> {
    pub(crate) files: &'a LogFiles,
    pub(crate) offset: i64,
    pub(crate) suffix: &'static str,
}

impl LogFiles {
    pub(crate) fn file(&self, offset: i64, suffix: &'static str) -> FileRef<'_> {
        FileRef {
            files: self,
            offset,
            suffix,
        }
    }

    /// Removes a file that may be gone already.
    pub(crate) fn remove_if_exists(&self, name: &str) -> Result<(), StorageError> {
        let path = self.dir.join(name);
        match self.disk.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StorageError::io(&path, error))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn sync_dir(&self) -> Result<(), StorageError> {
        let result = self.disk.sync_dir(&self.dir);
        result.map_err(|error| StorageError::io(&self.dir, error))
    }
}

impl FileRef<'_> {
    pub(crate) fn path(&self) -> PathBuf {
        names::file_path(&self.files.dir, self.offset, self.suffix)
    }

    pub(crate) fn open(&self, handle: &FileHandle, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        handle.get(&self.files.pool, &*self.files.disk, || self.path(), mode)
    }

    pub(crate) fn error(&self, source: io::Error) -> StorageError {
        StorageError::io(&self.path(), source)
    }

    pub(crate) fn corrupt(&self, reason: impl Into<String>) -> StorageError {
        StorageError::corrupt(&self.path(), reason)
    }
}

#[cfg(test)]
pub(crate) fn in_temporary_folder(check: impl Fn(&Arc<LogFiles>)) {
    let dir = tempfile::tempdir().unwrap();
    check(&Arc::new(LogFiles {
        disk: Arc::new(crate::disk::StdDisk),
        pool: OpenFiles::new(8),
        dir: dir.path().to_owned(),
    }));
}
