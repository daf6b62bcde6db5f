//! Whether the metadata log is where the node looks for it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use highwater_controller::{MetadataLogWriter, find_metadata_log};
use highwater_storage::Disk;

/// Refuses directories with which a node would begin a cluster without topics although
/// it has one: the log of Apache Kafka, and one that is in another of `directories`.
///
/// # Errors
/// When one of both is so, or a directory can not be read. Nothing has been changed then.
pub fn check(disk: &dyn Disk, directories: &[PathBuf], home: &Path) -> Result<()> {
    let mut elsewhere = None;
    let mut at_home = false;
    for dir in directories {
        let shown = dir.display();
        let writer = find_metadata_log(disk, dir)
            .with_context(|| format!("the metadata log in {shown} can not be read"))?;
        match writer {
            None => {}
            Some(MetadataLogWriter::Kafka) => bail!(
                "the data directory {shown} was written by Apache Kafka, whose metadata log can \
                 not be taken over; nothing in it was changed. Give this node another directory"
            ),
            Some(MetadataLogWriter::Highwater) if dir == home => at_home = true,
            Some(MetadataLogWriter::Highwater) => elsewhere = Some(dir),
        }
    }
    match elsewhere {
        Some(dir) if !at_home => bail!(
            "the metadata log is in {}, and this node would begin a new one in {}; set \
             metadata.log.dir={0}, or name that directory first in log.dirs",
            dir.display(),
            home.display()
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use highwater_storage::StdDisk;

    use super::*;

    const OURS: &str = r#"{"purgedEpoch":-1}"#;
    const KAFKAS: &str = r#"{"leaderId":1,"data_version":1}"#;

    fn with_log(parent: &Path, name: &str, state: &str) -> PathBuf {
        let dir = parent.join(name);
        let log = dir.join("__cluster_metadata-0");
        std::fs::create_dir_all(&log).unwrap();
        std::fs::write(log.join("quorum-state"), state).unwrap();
        dir
    }

    #[test]
    fn a_log_in_another_directory_is_not_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let one = with_log(folder.path(), "one", OURS);
        let two = folder.path().join("two");
        let dirs = [one.clone(), two.clone()];
        assert!(check(&StdDisk, &dirs, &one).is_ok());
        let refused = check(&StdDisk, &dirs, &two).unwrap_err().to_string();
        assert!(refused.contains(&format!("metadata.log.dir={}", one.display())));
        assert!(check(&StdDisk, &dirs[1..], &two).is_ok());
        let three = with_log(folder.path(), "three", OURS);
        assert!(check(&StdDisk, &[one, three.clone()], &three).is_ok());
    }

    #[test]
    fn kafkas_log_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let dir = with_log(folder.path(), "kafka", KAFKAS);
        let refused = check(&StdDisk, std::slice::from_ref(&dir), &dir);
        assert!(refused.unwrap_err().to_string().contains("Apache Kafka"));
    }
}
