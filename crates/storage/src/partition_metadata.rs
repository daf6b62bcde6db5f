//! Kafka's `partition.metadata`: to which topic a folder belongs. KIP-516.

use std::path::Path;

use highwater_types::TopicId;

use crate::checkpoint;
use crate::disk::Disk;
use crate::error::StorageError;
use crate::names;

const VERSION_KEY: &str = "version: ";
const TOPIC_ID_KEY: &str = "topic_id: ";

/// Reads the topic id of a log's folder; `None` if the file is not there.
///
/// # Errors
/// When the file can not be read or understood.
pub(crate) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<TopicId>, StorageError> {
    let path = dir.join(names::PARTITION_METADATA);
    let Some(text) = checkpoint::read_text(disk, &path)? else {
        return Ok(None);
    };
    let mut lines = text.lines();
    let version = lines.next().and_then(|line| line.strip_prefix(VERSION_KEY));
    let topic_id = lines
        .next()
        .and_then(|line| line.strip_prefix(TOPIC_ID_KEY));
    match (version, topic_id.and_then(|id| id.parse().ok())) {
        (Some("0"), Some(id)) => Ok(Some(TopicId(id))),
        _ => Err(StorageError::corrupt(&path, "it names no topic id")),
    }
}

/// Sees to it that the folder exists and belongs to the topic, and answers its topic id.
///
/// # Errors
/// `InconsistentTopicId` if it is another topic's.
pub(crate) fn ensure(
    disk: &dyn Disk,
    dir: &Path,
    expected: Option<TopicId>,
) -> Result<Option<TopicId>, StorageError> {
    let io = |error| StorageError::io(dir, error);
    if !disk.exists(dir).map_err(io)? {
        disk.create_dir_all(dir).map_err(io)?;
        disk.sync_dir(dir.parent().unwrap_or(dir)).map_err(io)?;
    }
    let found = read(disk, dir)?;
    match (found, expected.filter(|id| !id.is_zero())) {
        (Some(found), Some(expected)) if found != expected => {
            Err(StorageError::InconsistentTopicId {
                path: dir.to_owned(),
                found,
                expected,
            })
        }
        (None, Some(expected)) => {
            let path = dir.join(names::PARTITION_METADATA);
            let text = format!("{VERSION_KEY}0\n{TOPIC_ID_KEY}{expected}");
            checkpoint::write_atomically(disk, &path, text.as_bytes())?;
            Ok(Some(expected))
        }
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::StdDisk;
    use highwater_types::Uuid;

    #[test]
    fn a_folder_belongs_to_one_topic() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a-0");
        let id = TopicId(Uuid([7; 16]));
        assert_eq!(ensure(&StdDisk, &dir, None).unwrap(), None);
        assert_eq!(ensure(&StdDisk, &dir, Some(id)).unwrap(), Some(id));
        assert_eq!(ensure(&StdDisk, &dir, None).unwrap(), Some(id));
        let text = std::fs::read_to_string(dir.join("partition.metadata")).unwrap();
        assert_eq!(text, format!("version: 0\ntopic_id: {id}"));
        let other = ensure(&StdDisk, &dir, Some(TopicId(Uuid([8; 16]))));
        assert!(matches!(
            other,
            Err(StorageError::InconsistentTopicId { .. })
        ));
    }
}
