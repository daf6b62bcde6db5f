//! What is on a simulated disk, for those who check it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::names::{Entries, Inode, ROOT};
use super::simulated_disk::{SimulatedDisk, State};

impl SimulatedDisk {
    /// Every file with its readable content, by path.
    #[must_use]
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state.lock();
        let mut contents = BTreeMap::new();
        let entries = |folder: Inode| state.names.entries(folder).ok();
        walk(&state, entries, |path, inode| {
            contents.insert(path, state.files[&inode].current.clone());
        });
        contents
    }

    /// Every file below `folder` with the content that a crash is sure to leave.
    #[must_use]
    pub fn durable_contents(&self, folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state.lock();
        let mut contents = BTreeMap::new();
        let entries = |folder: Inode| state.names.synced_entries(folder);
        walk(&state, entries, |path, inode| {
            if path.starts_with(folder) {
                contents.insert(path, state.files[&inode].synced.clone());
            }
        });
        contents
    }

    /// How many files are open.
    #[must_use]
    pub fn open_files(&self) -> usize {
        self.state.lock().open_files
    }

    /// The bytes of all files, removed ones included.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.state.lock().used_bytes()
    }
}

/// Calls `found` with every file below the root.
fn walk<'a>(
    state: &'a State,
    entries: impl Fn(Inode) -> Option<&'a Entries>,
    mut found: impl FnMut(PathBuf, Inode),
) {
    let mut folders = vec![(PathBuf::from("/"), ROOT)];
    while let Some((path, folder)) = folders.pop() {
        for (name, inode) in entries(folder).into_iter().flatten() {
            let path = path.join(name);
            match state.files.contains_key(inode) {
                true => found(path, *inode),
                false => folders.push((path, *inode)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::disk::{Disk, OpenMode};

    use super::*;

    #[test]
    fn durable_is_what_was_synced_by_name_and_by_content() {
        let disk = SimulatedDisk::new(0);
        let dir = Path::new("/data");
        disk.create_dir_all(dir).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let file = disk.open(&dir.join("f"), OpenMode::Create).unwrap();
        file.write_all_at(b"one", 0).unwrap();
        file.sync_data().unwrap();
        assert!(disk.durable_contents(dir).is_empty());
        disk.sync_dir(dir).unwrap();
        file.write_all_at(b"two", 3).unwrap();
        let durable = disk.durable_contents(dir);
        assert_eq!(durable.get(&dir.join("f")), Some(&b"one".to_vec()));
        assert_eq!(disk.contents()[&dir.join("f")], b"onetwo");
        assert!(disk.durable_contents(Path::new("/other")).is_empty());
    }

    #[test]
    fn a_process_that_dies_loses_its_files_and_no_bytes() {
        let disk = SimulatedDisk::new(0);
        let path = Path::new("/f");
        let file = disk.open(path, OpenMode::Create).unwrap();
        let other = disk.open(path, OpenMode::Read).unwrap();
        file.write_all_at(b"x", 0).unwrap();
        assert_eq!(disk.open_files(), 2);
        drop(other);
        assert_eq!(disk.open_files(), 1);
        disk.close_all();
        assert_eq!(disk.open_files(), 0);
        assert!(file.len().is_err());
        drop(file);
        assert_eq!(disk.open_files(), 0);
        assert_eq!(disk.contents()[path], b"x");
    }
}
