//! What a directory's metadata log is, looked at from outside and left as it is.

use std::io;
use std::path::Path;

use highwater_storage::Disk;

use crate::controller::METADATA_LOG_DIR;
use crate::quorum::files;
use crate::quorum::quorum_state::QuorumState;

/// What Kafka's format command writes into each data directory. KIP-778.
const KAFKA_BOOTSTRAP: &str = "bootstrap.checkpoint";

/// Who has written a metadata log. Both use the same file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataLogWriter {
    Highwater,
    /// Apache Kafka in KRaft mode. Its log can not be taken over.
    Kafka,
}

/// Finds out whether a voter or an observer has kept its metadata log in `dir`, one of
/// a node's directories, and whose it is; `None` if there is none. Changes nothing.
///
/// # Errors
/// When the directory can not be read.
pub fn find_metadata_log(disk: &dyn Disk, dir: &Path) -> io::Result<Option<MetadataLogWriter>> {
    let log = dir.join(METADATA_LOG_DIR);
    let Some(state) = files::read(disk, &QuorumState::path(&log))? else {
        // Kafka's format command leaves its first records where a log has yet to begin.
        let formatted_by_kafka = disk.exists(&dir.join(KAFKA_BOOTSTRAP))?;
        return Ok(formatted_by_kafka.then_some(MetadataLogWriter::Kafka));
    };
    Ok(Some(match QuorumState::is_ours(&state) {
        true => MetadataLogWriter::Highwater,
        false => MetadataLogWriter::Kafka,
    }))
}

#[cfg(test)]
mod tests {
    use highwater_storage::StdDisk;

    use super::*;

    #[test]
    fn the_writer_is_told_by_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let found = || find_metadata_log(&StdDisk, folder.path()).unwrap();
        assert_eq!(found(), None);
        let bootstrap = folder.path().join(KAFKA_BOOTSTRAP);
        std::fs::write(&bootstrap, "records").unwrap();
        assert_eq!(found(), Some(MetadataLogWriter::Kafka));
        std::fs::remove_file(bootstrap).unwrap();
        let log = folder.path().join(METADATA_LOG_DIR);
        std::fs::create_dir(&log).unwrap();
        assert_eq!(found(), None);
        for kafkas in [
            r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#,
            r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#,
        ] {
            std::fs::write(QuorumState::path(&log), kafkas).unwrap();
            assert_eq!(found(), Some(MetadataLogWriter::Kafka));
        }
        QuorumState::default().save(&StdDisk, &log).unwrap();
        assert_eq!(found(), Some(MetadataLogWriter::Highwater));
    }
}
