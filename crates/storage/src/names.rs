//! The names that Kafka gives to a log's files.

use std::path::{Path, PathBuf};

use highwater_types::{TopicPartition, Uuid};

pub(crate) const LOG: &str = ".log";
pub(crate) const OFFSET_INDEX: &str = ".index";
pub(crate) const TIME_INDEX: &str = ".timeindex";
pub(crate) const TXN_INDEX: &str = ".txnindex";
pub(crate) const SNAPSHOT: &str = ".snapshot";
/// Waits to be removed.
pub(crate) const DELETED: &str = ".deleted";
/// Written by a compaction that is not finished.
pub(crate) const CLEANED: &str = ".cleaned";
/// Written by a compaction that is finished, but not yet in place.
pub(crate) const SWAP: &str = ".swap";
pub(crate) const TEMPORARY: &str = ".tmp";

pub(crate) const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
pub(crate) const PARTITION_METADATA: &str = "partition.metadata";

const OFFSET_DIGITS: usize = 20;
const DIR_NAME_LENGTH_MAX: usize = 255;
const DELETE_DIR: &str = "-delete";
const STRAY_DIR: &str = "-stray";

/// `<20 digits of base offset><suffix>`.
pub(crate) fn file_name(offset: i64, suffix: &str) -> String {
    format!("{offset:020}{suffix}")
}

pub(crate) fn file_path(dir: &Path, offset: i64, suffix: &str) -> PathBuf {
    dir.join(file_name(offset, suffix))
}

/// The same path with something behind its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The offset in front of a file's name and what follows it; `None` for files
/// that are not named by an offset.
pub(crate) fn parse_file_name(name: &str) -> Option<(i64, &str)> {
    let (digits, suffix) = name.split_at_checked(OFFSET_DIGITS)?;
    if !suffix.starts_with('.') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, suffix))
}

/// The folder of a deleted log, `<topic>-<partition>.<32 hex digits>-delete`.
pub(crate) fn deleted_dir_name(partition: &TopicPartition, unique: Uuid) -> String {
    unique_dir_name(partition, unique, DELETE_DIR)
}

/// The folder of a log that no topic claims, `<topic>-<partition>.<32 hex digits>-stray`.
pub(crate) fn stray_dir_name(partition: &TopicPartition, unique: Uuid) -> String {
    unique_dir_name(partition, unique, STRAY_DIR)
}

/// The topic's name is cut if the result would be longer than a file system allows.
fn unique_dir_name(partition: &TopicPartition, unique: Uuid, ending: &str) -> String {
    let unique = u128::from_be_bytes(unique.0);
    let suffix = format!("-{}.{unique:032x}{ending}", partition.partition);
    let room = DIR_NAME_LENGTH_MAX - suffix.len();
    let topic = partition.topic.as_str();
    // Topic names are ASCII, so that every length is a boundary.
    let topic = topic.get(..room).unwrap_or(topic);
    format!("{topic}{suffix}")
}

/// Whether a folder is a deleted log that waits to be removed.
pub(crate) fn is_deleted_dir_name(name: &str) -> bool {
    is_unique_dir_name(name, DELETE_DIR)
}

/// Whether a folder is a log that was set aside.
pub(crate) fn is_stray_dir_name(name: &str) -> bool {
    is_unique_dir_name(name, STRAY_DIR)
}

fn is_unique_dir_name(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending)
        .and_then(|rest| rest.rsplit_once('.'))
        .is_some_and(|(log, unique)| {
            log.contains('-') && unique.len() == 32 && unique.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kafkas() {
        assert_eq!(file_name(42, LOG), "00000000000000000042.log");
        assert_eq!(
            parse_file_name("00000000000000000042.log"),
            Some((42, ".log"))
        );
        assert_eq!(
            parse_file_name("00000000000000000042.log.deleted"),
            Some((42, ".log.deleted"))
        );
        for other in [
            "",
            "x.log",
            "leader-epoch-checkpoint",
            "0000000000000000004x.log",
            "00000000000000000042log",
        ] {
            assert_eq!(parse_file_name(other), None, "{other}");
        }
    }

    #[test]
    fn deleted_folders_are_recognized_and_fit_the_file_system() {
        let short = deleted_dir_name(&TopicPartition::new("a", 3), Uuid([0xab; 16]));
        assert_eq!(short, "a-3.abababababababababababababababab-delete");
        assert!(is_deleted_dir_name(&short));
        let long = deleted_dir_name(&TopicPartition::new("x".repeat(249), 12), Uuid([1; 16]));
        assert_eq!(long.len(), 255);
        assert!(is_deleted_dir_name(&long));
        assert!(!is_deleted_dir_name("a-3"));
        let stray = stray_dir_name(&TopicPartition::new("a", 3), Uuid([0xab; 16]));
        assert_eq!(stray, "a-3.abababababababababababababababab-stray");
        assert!(is_stray_dir_name(&stray) && !is_deleted_dir_name(&stray));
        assert!(!is_deleted_dir_name("really-delete"));
    }
}
