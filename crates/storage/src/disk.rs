//! The port through which storage reaches files, and its real form.

use std::any::Any;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What an opened file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    ReadWrite,
    /// A new or existing file, for reading and writing; its content is kept.
    Create,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    pub name: String,
    pub is_dir: bool,
    /// Bytes; 0 for a folder.
    pub len: u64,
}

/// Held for as long as a lock file is locked; dropping it unlocks.
pub type LockGuard = Box<dyn Any + Send + Sync>;

/// A file system. All paths are absolute.
///
/// A new, renamed or removed name is durable only after [`Disk::sync_dir`] of its folder.
pub trait Disk: Send + Sync + 'static {
    /// # Errors
    /// Those of the operating system, as for every function of this trait.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>>;
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// The entries of a folder, sorted by name. Names that are not UTF-8 are left out.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// Locks a file against other processes, creating it if needed. An error of
    /// kind `WouldBlock` means that somebody else holds the lock.
    fn lock(&self, path: &Path) -> io::Result<LockGuard> {
        let file = self.open(path, OpenMode::Create)?;
        Ok(Box::new(file))
    }

    /// Bytes in total and bytes usable by this process on the volume that holds
    /// `path`; `None` if unknown.
    fn space(&self, _path: &Path) -> io::Result<Option<DiskSpace>> {
        Ok(None)
    }
}

/// How full a volume is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    pub total: u64,
    pub usable: u64,
}

/// An open file. Reads and writes name their position, so that it can be shared.
pub trait File: Send + Sync {
    /// Reads at most the buffer's length; 0 means the end of the file.
    ///
    /// # Errors
    /// Those of the operating system, as for every function of this trait.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    fn len(&self) -> io::Result<u64>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes the file's bytes and length durable, not its name.
    fn sync_data(&self) -> io::Result<()>;
    /// Reserves blocks up to `len` bytes without changing the file's length.
    fn preallocate(&self, len: u64) -> io::Result<()>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdDisk;

struct StdFile(fs::File);

impl Disk for StdDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Read => {}
            OpenMode::ReadWrite => {
                options.write(true);
            }
            OpenMode::Create => {
                options.write(true).create(true).truncate(false);
            }
        }
        Ok(Arc::new(StdFile(options.open(path)?)))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // A file may vanish between the listing and the look at it.
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let is_dir = metadata.is_dir();
            let len = if is_dir { 0 } else { metadata.len() };
            entries.push(DirEntry { name, is_dir, len });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn lock(&self, path: &Path) -> io::Result<LockGuard> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn space(&self, path: &Path) -> io::Result<Option<DiskSpace>> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(Some(DiskSpace {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            usable: stat.f_bavail.saturating_mul(stat.f_frsize),
        }))
    }
}

impl File for StdFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        loop {
            match self.0.read_at(buffer, position) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, position)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn preallocate(&self, len: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        match fallocate(&self.0, FallocateFlags::KEEP_SIZE, 0, len) {
            // Reserving is only a help; not every file system can.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_created_file_keeps_its_content_when_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let file = StdDisk.open(&path, OpenMode::Create).unwrap();
        file.write_all_at(b"hello", 0).unwrap();
        let again = StdDisk.open(&path, OpenMode::Create).unwrap();
        assert_eq!(again.len().unwrap(), 5);
        let mut buffer = [0; 8];
        assert_eq!(again.read_at(&mut buffer, 1).unwrap(), 4);
        assert_eq!(&buffer[..4], b"ello");
    }

    #[test]
    fn preallocation_does_not_change_the_length() {
        let dir = tempfile::tempdir().unwrap();
        let file = StdDisk
            .open(&dir.path().join("f"), OpenMode::Create)
            .unwrap();
        file.preallocate(1 << 20).unwrap();
        assert_eq!(file.len().unwrap(), 0);
    }

    #[test]
    fn a_lock_is_exclusive_until_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        let guard = StdDisk.lock(&path).unwrap();
        let error = StdDisk.lock(&path).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(guard);
        StdDisk.lock(&path).unwrap();
    }

    #[test]
    fn listings_are_sorted() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a", "c"] {
            StdDisk
                .open(&dir.path().join(name), OpenMode::Create)
                .unwrap();
        }
        let names: Vec<_> = StdDisk.list(dir.path()).unwrap();
        let names: Vec<_> = names.into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
