//! Where checkpoints are kept: `<end offset>-<epoch>.checkpoint` beside the log.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use highwater_storage::Disk;

use super::checkpoint::Checkpoint;
use super::files;
use super::types::{LogId, epoch_of, log_id};

/// The name of the checkpoint after an entry. As in KRaft the offset is that of the
/// next entry, with 20 digits, and the epoch has 10.
pub(crate) fn path(dir: &Path, last: &LogId) -> PathBuf {
    let epoch = epoch_of(last.leader_id.term);
    dir.join(format!(
        "{:020}-{:010}.checkpoint",
        last.index + 1,
        epoch.get()
    ))
}

fn parse_name(name: &str) -> Option<LogId> {
    let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
    if offset.len() != 20 || epoch.len() != 10 {
        return None;
    }
    let end: i64 = offset.parse().ok()?;
    log_id(epoch.parse().ok()?, end.checked_sub(1)?).ok()
}

/// The newest checkpoint that can be read, with its file's content.
///
/// # Errors
/// When there are checkpoints and none can be read: the log alone may not have it all.
pub(crate) fn newest(disk: &dyn Disk, dir: &Path) -> io::Result<Option<(Checkpoint, Bytes)>> {
    let mut found: Vec<LogId> = list(disk, dir)?;
    found.sort_by_key(|last| std::cmp::Reverse(last.index));
    let mut damage = None;
    for last in found {
        let file = path(dir, &last);
        let Some(content) = files::read(disk, &file)? else {
            continue;
        };
        let content = Bytes::from(content);
        match Checkpoint::decode(content.clone(), Some(last)) {
            Ok(checkpoint) => return Ok(Some((checkpoint, content))),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "checkpoint can not be read");
                damage = Some(error);
            }
        }
    }
    damage.map_or(Ok(None), Err)
}

/// Writes a checkpoint; it is on stable storage when this returns. Older ones go, but
/// for the one before, which stands in if this one is damaged later.
pub(crate) fn write(disk: &dyn Disk, dir: &Path, last: &LogId, content: &[u8]) -> io::Result<()> {
    files::replace(disk, &path(dir, last), content)?;
    let mut old = list(disk, dir)?;
    old.sort_by_key(|other| std::cmp::Reverse(other.index));
    for other in old.into_iter().skip(2) {
        disk.remove_file(&path(dir, &other))?;
    }
    Ok(())
}

fn list(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<LogId>> {
    let entries = disk.list(dir)?;
    Ok(entries
        .iter()
        .filter(|entry| !entry.is_dir)
        .filter_map(|entry| parse_name(&entry.name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_storage::testing::SimulatedDisk;
    use highwater_types::TimestampMs;

    #[test]
    fn names_are_krafts() {
        let last = log_id(3, 41).unwrap();
        let file = path(Path::new("/d"), &last);
        let name = file.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, "00000000000000000042-0000000003.checkpoint");
        assert_eq!(parse_name(name), Some(last));
        for other in [
            "",
            "x.checkpoint",
            "1-2.checkpoint",
            "00000000000000000000.log",
        ] {
            assert_eq!(parse_name(other), None);
        }
    }

    #[test]
    fn a_damaged_checkpoint_gives_way_to_the_one_before() {
        let disk = SimulatedDisk::new(1);
        let dir = Path::new("/d");
        disk.create_dir_all(dir).unwrap();
        assert!(newest(&disk, dir).unwrap().is_none());
        for offset in [5, 9, 12] {
            let last = log_id(1, offset).unwrap();
            let content = Checkpoint::default().encode(TimestampMs(0)).unwrap();
            write(&disk, dir, &last, &content).unwrap();
        }
        let newest_offset = |disk: &SimulatedDisk| {
            let (checkpoint, _) = newest(disk, dir).unwrap().unwrap();
            checkpoint.last.unwrap().index
        };
        assert_eq!(newest_offset(&disk), 12);
        files::replace(&disk, &path(dir, &log_id(1, 12).unwrap()), b"x").unwrap();
        assert_eq!(newest_offset(&disk), 9);
        files::replace(&disk, &path(dir, &log_id(1, 9).unwrap()), b"x").unwrap();
        assert!(newest(&disk, dir).is_err());
    }
}
