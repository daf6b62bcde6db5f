//! A file of fixed-size entries in ascending order, searched without loading it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disk::{Disk, File, OpenMode};
use crate::log_files::FileRef;
use crate::open_files::FileHandle;

/// Entries are gathered in memory up to this many, then written at once.
const PENDING_MAX: usize = 64;
/// Bytes read at a time while searching.
const PAGE_BYTES: usize = 4096;

/// One entry of an index file.
pub(crate) trait IndexEntry: Copy {
    const SIZE: usize;
    fn encode(&self, out: &mut Vec<u8>);
    /// `bytes` has exactly `SIZE` bytes.
    fn decode(bytes: &[u8]) -> Self;
}

/// The entries of one index: most of them in the file, the newest in memory.
///
/// One owner appends and truncates; searches may run beside it. An index is only
/// a help: after a crash it is rebuilt, so its newest entries need not be on disk.
pub(crate) struct SparseIndex<E> {
    handle: FileHandle,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// Entries in the file.
    written: u64,
    /// Entries after those.
    pending: Vec<E>,
    /// The last of all entries, once it is known.
    last: Option<E>,
    /// How often entries were taken out of the file.
    cuts: u64,
}

impl<E: IndexEntry> SparseIndex<E> {
    /// An index whose file holds `len` bytes.
    pub(crate) fn new(len: u64) -> Self {
        Self {
            handle: FileHandle::new(),
            state: Mutex::new(State {
                written: len / E::SIZE as u64,
                pending: Vec::new(),
                last: None,
                cuts: 0,
            }),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        let state = self.state.lock();
        state.written + state.pending.len() as u64
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.len() * E::SIZE as u64
    }

    /// The last entry, read from the file if it is not known yet.
    pub(crate) fn last(&self, file: FileRef<'_>) -> io::Result<Option<E>> {
        self.unless_cut(|| self.read_last(file))
    }

    fn read_last(&self, file: FileRef<'_>) -> io::Result<Option<E>> {
        let written = {
            let state = self.state.lock();
            if let Some(last) = state.pending.last().or(state.last.as_ref()) {
                return Ok(Some(*last));
            }
            state.written
        };
        let Some(index) = written.checked_sub(1) else {
            return Ok(None);
        };
        let last = Pages::new(self.open_to_read(file)?).entry(index)?;
        let mut state = self.state.lock();
        if state.written == written && state.pending.is_empty() {
            state.last = Some(last);
        }
        Ok(Some(last))
    }

    /// Adds an entry; the caller sees to the order.
    pub(crate) fn append(&self, file: FileRef<'_>, entry: E) -> io::Result<()> {
        let mut state = self.state.lock();
        state.pending.push(entry);
        state.last = Some(entry);
        let full = state.pending.len() >= PENDING_MAX;
        drop(state);
        if full {
            self.write_pending(file)?;
        }
        Ok(())
    }

    /// Puts the newest entries into the file as well.
    pub(crate) fn write_pending(&self, file: FileRef<'_>) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.pending.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(state.pending.len() * E::SIZE);
        for entry in &state.pending {
            entry.encode(&mut bytes);
        }
        self.open(file)?
            .write_all_at(&bytes, state.written * E::SIZE as u64)?;
        state.written += state.pending.len() as u64;
        state.pending = Vec::new();
        Ok(())
    }

    /// The number of entries at the front for which `before` holds, and the last
    /// of them. `before` must hold for a front part and for nothing after it.
    pub(crate) fn partition_point(
        &self,
        file: FileRef<'_>,
        before: impl Fn(&E) -> bool,
    ) -> io::Result<(u64, Option<E>)> {
        self.unless_cut(|| self.search(file, &before))
    }

    /// Reads beside the owner, again if it cut the index meanwhile: what was looked
    /// for beyond the new end is then no longer in the file.
    fn unless_cut<T>(&self, read: impl Fn() -> io::Result<T>) -> io::Result<T> {
        loop {
            let cuts = self.state.lock().cuts;
            match read() {
                Err(error)
                    if error.kind() == io::ErrorKind::UnexpectedEof
                        && self.state.lock().cuts != cuts => {}
                result => return result,
            }
        }
    }

    fn search(
        &self,
        file: FileRef<'_>,
        before: &impl Fn(&E) -> bool,
    ) -> io::Result<(u64, Option<E>)> {
        let written = {
            let state = self.state.lock();
            let pending = state.pending.partition_point(before);
            if let Some(entry) = pending.checked_sub(1).and_then(|i| state.pending.get(i)) {
                return Ok((state.written + pending as u64, Some(*entry)));
            }
            state.written
        };
        if written == 0 {
            return Ok((0, None));
        }
        let mut pages = Pages::new(self.open_to_read(file)?);
        let (mut low, mut high) = (0, written);
        let mut found = None;
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = pages.entry(middle)?;
            if before(&entry) {
                found = Some(entry);
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok((low, found))
    }

    /// Keeps the first `count` entries, in memory and in the file.
    pub(crate) fn truncate(&self, file: FileRef<'_>, count: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.last = None;
        let kept = count.saturating_sub(state.written);
        state.pending.truncate(usize::try_from(kept).unwrap_or(0));
        if count < state.written || count == 0 {
            state.cuts += 1;
            self.open(file)?.set_len(count * E::SIZE as u64)?;
            state.written = count;
        }
        Ok(())
    }

    /// The open file, for syncing it.
    pub(crate) fn open(&self, file: FileRef<'_>) -> io::Result<Arc<dyn File>> {
        file.open(&self.handle, OpenMode::Create)
    }

    /// The open file for a search, which must not bring a deleted file back.
    fn open_to_read(&self, file: FileRef<'_>) -> io::Result<Arc<dyn File>> {
        file.open(&self.handle, OpenMode::ReadWrite)
    }

    pub(crate) fn close(&self) {
        self.handle.close();
    }
}

/// Reads entries through a page, since a search ends with several close ones.
struct Pages<E> {
    file: Arc<dyn File>,
    /// The entry at which the page begins.
    first: u64,
    bytes: Vec<u8>,
    entry: std::marker::PhantomData<E>,
}

impl<E: IndexEntry> Pages<E> {
    const ENTRIES: u64 = (PAGE_BYTES / E::SIZE) as u64;

    fn new(file: Arc<dyn File>) -> Self {
        Self {
            file,
            first: 0,
            bytes: Vec::new(),
            entry: std::marker::PhantomData,
        }
    }

    fn entry(&mut self, index: u64) -> io::Result<E> {
        let first = index / Self::ENTRIES * Self::ENTRIES;
        let at = usize::try_from(index - first).unwrap_or(0) * E::SIZE;
        if self.bytes.is_empty() || self.first != first {
            self.bytes.resize(PAGE_BYTES / E::SIZE * E::SIZE, 0);
            let length = read_full(&*self.file, &mut self.bytes, first * E::SIZE as u64)?;
            self.bytes.truncate(length);
            self.first = first;
        }
        let entry = self.bytes.get(at..at + E::SIZE);
        entry
            .map(E::decode)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads until the buffer is full or the file ends; answers how much was read.
pub(crate) fn read_full(file: &dyn File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, position + length as u64)? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// Reads a whole file, which must be small.
pub(crate) fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, OpenMode::Read)?;
    let len = usize::try_from(file.len()?).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; len];
    let length = read_full(&*file, &mut bytes, 0)?;
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_files::in_temporary_folder;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Number(u32);

    impl IndexEntry for Number {
        const SIZE: usize = 4;
        fn encode(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.0.to_be_bytes());
        }
        fn decode(bytes: &[u8]) -> Self {
            Self(u32::from_be_bytes(bytes.try_into().unwrap()))
        }
    }

    fn with_index(check: impl Fn(&SparseIndex<Number>, FileRef<'_>)) {
        in_temporary_folder(|files| check(&SparseIndex::new(0), files.file(0, ".index")));
    }

    #[test]
    fn entries_are_found_in_the_file_and_in_memory() {
        with_index(|index, file| {
            for n in 0..5000u32 {
                index.append(file, Number(n * 2)).unwrap();
            }
            assert!(index.state.lock().written > 4900);
            for target in [0, 1, 2, 4095, 4096, 9997, 9998, 20_000] {
                let (count, last) = index.partition_point(file, |e| e.0 <= target).unwrap();
                let expected = (target / 2).min(4999);
                assert_eq!(
                    (count, last),
                    (u64::from(expected) + 1, Some(Number(expected * 2)))
                );
            }
            assert_eq!(index.partition_point(file, |_| false).unwrap(), (0, None));
        });
    }

    #[test]
    fn truncation_reaches_memory_and_file() {
        with_index(|index, file| {
            for n in 0..100 {
                index.append(file, Number(n)).unwrap();
            }
            index.truncate(file, 90).unwrap();
            assert_eq!(
                (index.len(), index.last(file).unwrap()),
                (90, Some(Number(89)))
            );
            index.truncate(file, 10).unwrap();
            assert_eq!(
                (index.len(), index.last(file).unwrap()),
                (10, Some(Number(9)))
            );
            assert_eq!(index.open(file).unwrap().len().unwrap(), 40);
            index.append(file, Number(77)).unwrap();
            assert_eq!(index.last(file).unwrap(), Some(Number(77)));
            index.write_pending(file).unwrap();
            let again = SparseIndex::<Number>::new(44);
            assert_eq!(again.last(file).unwrap(), Some(Number(77)));
        });
    }

    #[test]
    fn searches_go_on_while_the_owner_cuts() {
        with_index(|index, file| {
            let stop = std::sync::atomic::AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        for n in 0..200 {
                            index.append(file, Number(n)).unwrap();
                        }
                        index.truncate(file, 0).unwrap();
                    }
                    stop.store(true, std::sync::atomic::Ordering::Relaxed);
                });
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let (count, _) = index.partition_point(file, |e| e.0 < 150).unwrap();
                    assert!(count <= 150);
                    index.last(file).unwrap();
                }
            });
        });
    }

    #[test]
    fn a_file_shorter_than_promised_is_an_error_not_garbage() {
        with_index(|_, file| {
            let index = SparseIndex::<Number>::new(400);
            assert!(index.last(file).is_err());
            assert!(index.partition_point(file, |_| true).is_err());
        });
    }
}
