//! Files that are opened when needed and closed when others are needed more.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::disk::{Disk, File, OpenMode};

/// Bounds how many files all logs together keep open. Which one is closed is
/// decided by a clock: the oldest that was not used since the hand last passed.
pub(crate) struct OpenFiles {
    capacity: usize,
    clock: Mutex<VecDeque<Weak<Slot>>>,
}

/// One file of a log, open or not. Whoever got the file keeps it open for as
/// long as needed, whatever the pool does.
pub(crate) struct FileHandle {
    slot: Arc<Slot>,
}

#[derive(Default)]
struct Slot {
    file: Mutex<Option<Arc<dyn File>>>,
    used: AtomicBool,
}

impl OpenFiles {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity: capacity.max(1),
            clock: Mutex::new(VecDeque::new()),
        })
    }

    fn register(&self, slot: &Arc<Slot>) {
        let mut clock = self.clock.lock();
        clock.push_back(Arc::downgrade(slot));
        // Every slot gets one second chance, so this ends.
        let mut chances = clock.len();
        while clock.len() > self.capacity {
            let Some(oldest) = clock.pop_front() else {
                return;
            };
            let Some(slot) = oldest.upgrade() else {
                continue;
            };
            if chances > 0 && slot.used.swap(false, Ordering::Relaxed) {
                chances -= 1;
                clock.push_back(oldest);
                continue;
            }
            slot.file.lock().take();
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.clock.lock().len()
    }
}

impl FileHandle {
    pub(crate) fn new() -> Self {
        Self {
            slot: Arc::new(Slot::default()),
        }
    }

    /// The open file, opening it first if needed.
    pub(crate) fn get(
        &self,
        pool: &OpenFiles,
        disk: &dyn Disk,
        path: impl FnOnce() -> PathBuf,
        mode: OpenMode,
    ) -> io::Result<Arc<dyn File>> {
        self.slot.used.store(true, Ordering::Relaxed);
        if let Some(file) = &*self.slot.file.lock() {
            return Ok(file.clone());
        }
        let file = disk.open(&path(), mode)?;
        let file = {
            let mut slot = self.slot.file.lock();
            // Another reader may have been faster; then its file is as good.
            slot.get_or_insert(file).clone()
        };
        pool.register(&self.slot);
        Ok(file)
    }

    /// Closes the file as soon as nobody uses it.
    pub(crate) fn close(&self) {
        self.slot.file.lock().take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::StdDisk;

    #[test]
    fn the_oldest_unused_file_is_closed_first() {
        let dir = tempfile::tempdir().unwrap();
        let pool = OpenFiles::new(2);
        let handles: Vec<_> = (0..3).map(|_| FileHandle::new()).collect();
        let open = |index: usize| {
            let path = || dir.path().join(format!("{index}"));
            handles[index]
                .get(&pool, &StdDisk, path, OpenMode::Create)
                .unwrap()
        };
        let is_open = |index: usize| handles[index].slot.file.lock().is_some();
        open(0);
        open(1);
        handles[1].slot.used.store(false, Ordering::Relaxed);
        open(2);
        assert!(is_open(0) && !is_open(1) && is_open(2));
        assert_eq!(pool.len(), 2);
    }

    #[test]
    fn a_file_in_use_outlives_its_eviction() {
        let dir = tempfile::tempdir().unwrap();
        let pool = OpenFiles::new(1);
        let (a, b) = (FileHandle::new(), FileHandle::new());
        let file = a
            .get(&pool, &StdDisk, || dir.path().join("a"), OpenMode::Create)
            .unwrap();
        b.get(&pool, &StdDisk, || dir.path().join("b"), OpenMode::Create)
            .unwrap();
        file.write_all_at(b"x", 0).unwrap();
        assert_eq!(file.len().unwrap(), 1);
    }

    #[test]
    fn dropped_files_leave_no_trace_once_others_come() {
        let dir = tempfile::tempdir().unwrap();
        let pool = OpenFiles::new(2);
        for round in 0..10 {
            let handle = FileHandle::new();
            let path = || dir.path().join(format!("{round}"));
            handle.get(&pool, &StdDisk, path, OpenMode::Create).unwrap();
        }
        assert!(pool.len() <= 2);
    }
}
