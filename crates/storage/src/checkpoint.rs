//! Small text files that are replaced as a whole.

use std::io;
use std::path::Path;

use crate::disk::{Disk, OpenMode};
use crate::error::StorageError;
use crate::names;
use crate::sparse_index::read_file;

/// The first line of every checkpoint.
const VERSION: &str = "0";

/// Writes a file so that after a crash either the old or the new content is there.
///
/// # Errors
/// When the file can not be written, synced or renamed.
pub(crate) fn write_atomically(
    disk: &dyn Disk,
    path: &Path,
    content: &[u8],
) -> Result<(), StorageError> {
    let temporary = names::with_suffix(path, names::TEMPORARY);
    let write = || -> io::Result<()> {
        let file = disk.open(&temporary, OpenMode::Create)?;
        file.set_len(0)?;
        file.write_all_at(content, 0)?;
        file.sync_data()?;
        disk.rename(&temporary, path)?;
        disk.sync_dir(path.parent().unwrap_or(path))
    };
    write().map_err(|error| StorageError::io(path, error))
}

/// Reads a small text file; `None` if it does not exist.
pub(crate) fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, StorageError> {
    match read_file(disk, path) {
        Ok(bytes) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| StorageError::corrupt(path, "it is not text")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StorageError::io(path, error)),
    }
}

/// Kafka's checkpoint format: version, number of entries, one entry per line.
pub(crate) fn format<T>(entries: &[T], line: impl Fn(&T) -> String) -> String {
    let mut text = format!("{VERSION}\n{}\n", entries.len());
    for entry in entries {
        text.push_str(&line(entry));
        text.push('\n');
    }
    text
}

/// Reads the format back.
///
/// # Errors
/// The reason, if it is not that format or `entry` does not understand a line.
pub(crate) fn parse<T>(
    text: &str,
    entry: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, &'static str> {
    let mut lines = text.lines();
    if lines.next() != Some(VERSION) {
        return Err("unknown version");
    }
    let count: usize = lines
        .next()
        .and_then(|line| line.parse().ok())
        .ok_or("the number of entries is missing")?;
    let entries: Option<Vec<T>> = lines.map(entry).collect();
    let entries = entries.ok_or("a line is malformed")?;
    if entries.len() != count {
        return Err("the number of entries is wrong");
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::StdDisk;

    #[test]
    fn the_format_round_trips_and_damage_is_noticed() {
        let text = format(&[(1, 10), (2, 20)], |(a, b)| format!("{a} {b}"));
        assert_eq!(text, "0\n2\n1 10\n2 20\n");
        let line = |line: &str| line.split_once(' ').map(|(a, _)| a.to_owned());
        assert_eq!(parse(&text, line).unwrap(), ["1", "2"]);
        for bad in [
            "",
            "0\n",
            "1\n0\n",
            "0\n2\n1 10\n",
            "0\n1\nx\n",
            "0\n0\n1 1\n",
        ] {
            assert!(parse(bad, line).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c");
        assert_eq!(read_text(&StdDisk, &path).unwrap(), None);
        write_atomically(&StdDisk, &path, b"long content").unwrap();
        write_atomically(&StdDisk, &path, b"short").unwrap();
        assert_eq!(read_text(&StdDisk, &path).unwrap().unwrap(), "short");
        assert_eq!(StdDisk.list(dir.path()).unwrap().len(), 1);
    }
}
