//! The tree of names: what is visible now and what a crash would leave.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

pub(super) type Inode = u64;

/// The inode of `/`.
pub(super) const ROOT: Inode = 0;

/// A folder's entries by name.
pub(super) type Entries = BTreeMap<String, Inode>;

/// One change of names; a rename is one change, as a journal makes it.
#[derive(Clone, Debug)]
enum NameChange {
    Add {
        dir: Inode,
        name: String,
        inode: Inode,
    },
    Remove {
        dir: Inode,
        name: String,
    },
    Rename {
        from: (Inode, String),
        to: (Inode, String),
    },
}

/// All folders of a disk.
#[derive(Debug, Default)]
pub(super) struct Names {
    current: BTreeMap<Inode, Entries>,
    synced: BTreeMap<Inode, Entries>,
    unsynced: Vec<NameChange>,
}

impl NameChange {
    fn touches(&self, folder: Inode) -> bool {
        match self {
            Self::Add { dir, .. } | Self::Remove { dir, .. } => *dir == folder,
            Self::Rename { from, to } => from.0 == folder || to.0 == folder,
        }
    }

    fn apply(&self, folders: &mut BTreeMap<Inode, Entries>) {
        match self {
            Self::Add { dir, name, inode } => {
                folders
                    .entry(*dir)
                    .or_default()
                    .insert(name.clone(), *inode);
            }
            Self::Remove { dir, name } => {
                folders.entry(*dir).or_default().remove(name);
            }
            Self::Rename { from, to } => {
                let moved = folders.entry(from.0).or_default().remove(&from.1);
                if let Some(inode) = moved {
                    folders.entry(to.0).or_default().insert(to.1.clone(), inode);
                }
            }
        }
    }
}

impl Names {
    pub(super) fn new() -> Self {
        let root = BTreeMap::from([(ROOT, Entries::new())]);
        Self {
            current: root.clone(),
            synced: root,
            unsynced: Vec::new(),
        }
    }

    /// The inode at a path.
    pub(super) fn find(&self, path: &Path) -> io::Result<Inode> {
        let mut inode = ROOT;
        for component in path.components() {
            if let Component::Normal(name) = component {
                let name = name.to_str().ok_or(io::ErrorKind::InvalidInput)?;
                inode = *self
                    .entries(inode)?
                    .get(name)
                    .ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(inode)
    }

    /// The folder that a path is in, and the name in it.
    pub(super) fn find_parent(&self, path: &Path) -> io::Result<(Inode, String)> {
        let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.find(parent)?, name.to_string()))
    }

    pub(super) fn is_dir(&self, inode: Inode) -> bool {
        self.current.contains_key(&inode)
    }

    pub(super) fn entries(&self, dir: Inode) -> io::Result<&Entries> {
        self.current
            .get(&dir)
            .ok_or_else(|| io::ErrorKind::NotADirectory.into())
    }

    /// The entries that a crash is sure to leave.
    pub(super) fn synced_entries(&self, dir: Inode) -> Option<&Entries> {
        self.synced.get(&dir)
    }

    pub(super) fn add(&mut self, dir: Inode, name: String, inode: Inode) {
        self.change(NameChange::Add { dir, name, inode });
    }

    pub(super) fn add_dir(&mut self, dir: Inode, name: String, inode: Inode) {
        self.current.insert(inode, Entries::new());
        self.synced.insert(inode, Entries::new());
        self.add(dir, name, inode);
    }

    pub(super) fn remove(&mut self, dir: Inode, name: String) {
        self.change(NameChange::Remove { dir, name });
    }

    pub(super) fn rename(&mut self, from: (Inode, String), to: (Inode, String)) {
        self.change(NameChange::Rename { from, to });
    }

    fn change(&mut self, change: NameChange) {
        change.apply(&mut self.current);
        self.unsynced.push(change);
    }

    /// Makes the changes in one folder durable, and with a rename its other end.
    pub(super) fn sync_dir(&mut self, dir: Inode) {
        let (synced, rest) = std::mem::take(&mut self.unsynced)
            .into_iter()
            .partition::<Vec<_>, _>(|change| change.touches(dir));
        synced
            .iter()
            .for_each(|change| change.apply(&mut self.synced));
        self.unsynced = rest;
    }

    /// Keeps what was synced and a random beginning of the changes since then.
    pub(super) fn crash(&mut self, random: &mut impl FnMut() -> u64) {
        let changes = std::mem::take(&mut self.unsynced);
        let kept = match random() % 2 {
            0 => 0,
            _ => (random() % (changes.len() as u64 + 1)) as usize,
        };
        for change in &changes[..kept] {
            change.apply(&mut self.synced);
        }
        self.current.clone_from(&self.synced);
    }
}
