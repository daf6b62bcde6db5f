//! The disk of one simulated node.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::names::{Inode, Names, ROOT};
use super::simulated_file::Content;
use crate::disk::{DirEntry, Disk, DiskSpace, File, LockGuard, OpenMode};

/// A disk in memory whose crashes lose what was not synced. Clones share it, so
/// that it outlives the node that uses it.
#[derive(Clone)]
pub struct SimulatedDisk {
    pub(super) state: Arc<Mutex<State>>,
}

pub(super) struct State {
    pub(super) names: Names,
    pub(super) files: BTreeMap<Inode, Content>,
    inode_next: Inode,
    /// Counts crashes; a file that was opened before one is dead.
    life: u64,
    /// Files that were opened in this life and are not closed yet.
    pub(super) open_files: usize,
    locks: BTreeSet<PathBuf>,
    random_state: u64,
    capacity_bytes: Option<u64>,
    syncs_fail: bool,
    writes_fail: bool,
}

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: Inode,
    life: u64,
    writable: bool,
}

struct SimulatedLock {
    disk: SimulatedDisk,
    path: PathBuf,
    life: u64,
}

impl SimulatedDisk {
    /// An empty disk; `seed` decides what its crashes keep.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                names: Names::new(),
                files: BTreeMap::new(),
                inode_next: ROOT + 1,
                life: 0,
                open_files: 0,
                locks: BTreeSet::new(),
                random_state: seed,
                capacity_bytes: None,
                syncs_fail: false,
                writes_fail: false,
            })),
        }
    }

    /// The power goes: what was not synced is lost, but for a random part of it.
    /// Open files and locks are gone.
    pub fn crash(&self) {
        self.close_all();
        let state = &mut *self.state.lock();
        let mut random_state = state.random_state;
        let mut random = || split_mix(&mut random_state);
        for content in state.files.values_mut() {
            content.crash(&mut random);
        }
        state.names.crash(&mut random);
        state.random_state = random_state;
    }

    /// The process that uses the disk is gone, the machine is not: open files and
    /// locks go with it, and everything that it wrote stays readable.
    pub fn close_all(&self) {
        let state = &mut *self.state.lock();
        state.life += 1;
        state.open_files = 0;
        state.locks.clear();
    }

    /// Limits the bytes of all files; a write beyond it fails as on a full disk.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state.lock().capacity_bytes = bytes;
    }

    /// Lets every sync fail, without saying what reached the disk.
    pub fn set_syncs_fail(&self, fail: bool) {
        self.state.lock().syncs_fail = fail;
    }

    /// Lets every write fail.
    pub fn set_writes_fail(&self, fail: bool) {
        self.state.lock().writes_fail = fail;
    }

    fn open_file(&self, state: &mut State, inode: Inode, writable: bool) -> Arc<dyn File> {
        state.open_files += 1;
        let life = state.life;
        Arc::new(SimulatedFile {
            disk: self.clone(),
            inode,
            life,
            writable,
        })
    }
}

impl State {
    fn new_inode(&mut self) -> Inode {
        self.inode_next += 1;
        self.inode_next - 1
    }

    /// Fails if the files would then hold more than the disk has room for.
    fn reserve(&self, bytes: u64) -> io::Result<()> {
        let Some(capacity) = self.capacity_bytes else {
            return Ok(());
        };
        let used = self.used_bytes();
        if used + bytes > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.files.values().map(|f| f.current.len() as u64).sum()
    }

    /// Forgets everything below an inode that has lost its name.
    fn free(&mut self, inode: Inode) {
        if let Ok(entries) = self.names.entries(inode) {
            let children: Vec<(String, Inode)> = entries
                .iter()
                .map(|(name, child)| (name.clone(), *child))
                .collect();
            for (name, child) in children {
                self.names.remove(inode, name);
                self.free(child);
            }
        }
    }

    fn sync_error(&self) -> io::Result<()> {
        match self.syncs_fail {
            true => Err(io::Error::other("simulated sync failure")),
            false => Ok(()),
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let state = &mut *self.state.lock();
        let inode = match state.names.find(path) {
            Ok(inode) if state.names.is_dir(inode) => {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok(inode) => inode,
            Err(error) if mode == OpenMode::Create && error.kind() == io::ErrorKind::NotFound => {
                let (dir, name) = state.names.find_parent(path)?;
                let inode = state.new_inode();
                state.files.insert(inode, Content::default());
                state.names.add(dir, name, inode);
                inode
            }
            Err(error) => return Err(error),
        };
        Ok(self.open_file(state, inode, mode != OpenMode::Read))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state.lock();
        let ancestors: Vec<&Path> = path.ancestors().collect();
        for ancestor in ancestors.into_iter().rev() {
            match state.names.find(ancestor) {
                Ok(inode) if state.names.is_dir(inode) => {}
                Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => {
                    let (dir, name) = state.names.find_parent(ancestor)?;
                    let inode = state.new_inode();
                    state.names.add_dir(dir, name, inode);
                }
            }
        }
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let state = self.state.lock();
        let entries = state.names.entries(state.names.find(path)?)?;
        let entry = |(name, inode): (&String, &Inode)| DirEntry {
            name: name.clone(),
            is_dir: state.names.is_dir(*inode),
            len: state.files.get(inode).map_or(0, |f| f.current.len() as u64),
        };
        Ok(entries.iter().map(entry).collect())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state.lock();
        if state.names.is_dir(state.names.find(path)?) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (dir, name) = state.names.find_parent(path)?;
        state.names.remove(dir, name);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state.lock();
        let inode = state.names.find(path)?;
        if !state.names.is_dir(inode) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        state.free(inode);
        let (dir, name) = state.names.find_parent(path)?;
        state.names.remove(dir, name);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let state = &mut *self.state.lock();
        state.names.find(from)?;
        let from = state.names.find_parent(from)?;
        if let Ok(inode) = state.names.find(to)
            && state.names.is_dir(inode)
            && !state.names.entries(inode)?.is_empty()
        {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let to = state.names.find_parent(to)?;
        state.names.rename(from, to);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state.lock();
        state.sync_error()?;
        let dir = state.names.find(path)?;
        state.names.entries(dir)?;
        state.names.sync_dir(dir);
        Ok(())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.state.lock().names.find(path).is_ok())
    }

    fn lock(&self, path: &Path) -> io::Result<LockGuard> {
        self.open(path, OpenMode::Create)?;
        let mut state = self.state.lock();
        if !state.locks.insert(path.to_path_buf()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimulatedLock {
            disk: self.clone(),
            path: path.to_path_buf(),
            life: state.life,
        }))
    }

    fn space(&self, _path: &Path) -> io::Result<Option<DiskSpace>> {
        let state = self.state.lock();
        let used = state.used_bytes();
        Ok(state.capacity_bytes.map(|total| DiskSpace {
            total,
            usable: total.saturating_sub(used),
        }))
    }
}

impl SimulatedFile {
    fn with<R>(&self, act: impl FnOnce(&mut Content) -> R) -> io::Result<R> {
        let mut state = self.disk.state.lock();
        if state.life != self.life {
            return Err(io::Error::other("opened before the crash"));
        }
        let content = state.files.get_mut(&self.inode);
        Ok(act(content.ok_or(io::ErrorKind::NotFound)?))
    }

    fn writable(&self, growth: u64) -> io::Result<()> {
        if !self.writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let state = self.disk.state.lock();
        if state.writes_fail {
            return Err(io::Error::other("simulated write failure"));
        }
        state.reserve(growth)
    }
}

impl File for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.with(|content| {
            let start = usize::try_from(position).unwrap_or(usize::MAX);
            let rest = content.current.get(start..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            count
        })
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let len = self.len()?;
        self.writable((position + bytes.len() as u64).saturating_sub(len))?;
        self.with(|content| content.write(bytes, position as usize))
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|content| content.current.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.writable(len.saturating_sub(self.len()?))?;
        self.with(|content| content.set_len(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.state.lock().sync_error()?;
        self.with(Content::sync)
    }

    fn preallocate(&self, _len: u64) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let mut state = self.disk.state.lock();
        if state.life == self.life {
            state.open_files -= 1;
        }
    }
}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        let mut state = self.disk.state.lock();
        if state.life == self.life {
            state.locks.remove(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIR: &str = "/data";

    fn disk(seed: u64) -> SimulatedDisk {
        let disk = SimulatedDisk::new(seed);
        disk.create_dir_all(Path::new(DIR)).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        disk
    }

    fn write(disk: &SimulatedDisk, path: &str, bytes: &[u8]) -> Arc<dyn File> {
        let file = disk.open(Path::new(path), OpenMode::Create).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file
    }

    fn read(disk: &SimulatedDisk, path: &str) -> Option<Vec<u8>> {
        disk.contents().remove(Path::new(path))
    }

    #[test]
    fn a_name_that_was_not_synced_may_be_lost() {
        let survived = (0..40).filter(|&seed| {
            let disk = disk(seed);
            write(&disk, "/data/f", b"x").sync_data().unwrap();
            disk.crash();
            read(&disk, "/data/f").is_some()
        });
        assert!((1..40).contains(&survived.count()));
    }

    #[test]
    fn what_was_synced_survives() {
        for seed in 0..40 {
            let disk = disk(seed);
            write(&disk, "/data/f.tmp", b"x").sync_data().unwrap();
            disk.rename(Path::new("/data/f.tmp"), Path::new("/data/f"))
                .unwrap();
            disk.sync_dir(Path::new(DIR)).unwrap();
            disk.crash();
            assert_eq!(read(&disk, "/data/f"), Some(b"x".to_vec()));
            assert_eq!(read(&disk, "/data/f.tmp"), None);
        }
    }

    #[test]
    fn an_open_file_survives_its_renaming_and_a_folder_keeps_its_files() {
        let disk = disk(0);
        disk.create_dir_all(Path::new("/data/a")).unwrap();
        let file = write(&disk, "/data/a/f", b"1");
        disk.rename(Path::new("/data/a"), Path::new("/data/b"))
            .unwrap();
        file.write_all_at(b"2", 1).unwrap();
        file.sync_data().unwrap();
        assert_eq!(read(&disk, "/data/b/f"), Some(b"12".to_vec()));
        assert_eq!(read(&disk, "/data/a/f"), None);
    }

    #[test]
    fn a_crash_closes_files_and_locks() {
        let disk = disk(0);
        let file = write(&disk, "/data/f", b"1");
        let lock = disk.lock(Path::new("/data/.lock")).unwrap();
        assert!(disk.lock(Path::new("/data/.lock")).is_err());
        disk.crash();
        assert!(file.len().is_err());
        let again = disk.lock(Path::new("/data/.lock")).unwrap();
        drop(lock);
        assert!(disk.lock(Path::new("/data/.lock")).is_err());
        drop(again);
    }

    #[test]
    fn failures_happen_on_request() {
        let disk = disk(0);
        let file = write(&disk, "/data/f", &[0; 100]);
        disk.set_syncs_fail(true);
        assert!(file.sync_data().is_err());
        assert!(disk.sync_dir(Path::new(DIR)).is_err());
        disk.set_syncs_fail(false);
        disk.set_capacity(Some(150));
        let error = file.write_all_at(&[0; 100], 100).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        file.write_all_at(&[0; 50], 100).unwrap();
    }

    #[test]
    fn removed_folders_are_gone_with_all_in_them() {
        let disk = disk(0);
        disk.create_dir_all(Path::new("/data/a/b")).unwrap();
        write(&disk, "/data/a/b/f", b"1");
        disk.remove_dir_all(Path::new("/data/a")).unwrap();
        assert!(disk.contents().is_empty());
        assert!(!disk.exists(Path::new("/data/a/b")).unwrap());
    }
}
