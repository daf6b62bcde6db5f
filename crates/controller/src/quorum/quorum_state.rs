//! What a voter must never forget, in the file `quorum-state`.

use std::io;
use std::path::{Path, PathBuf};

use highwater_storage::Disk;
use highwater_types::{DirectoryId, NodeId, Uuid};
use serde::{Deserialize, Serialize};

use super::files;
use super::types::{LeaderId, LogId, Vote, VoterId, epoch_of, invalid_data, log_id, offset_of};

/// The voter's vote, and where its log begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QuorumState {
    pub vote: Option<Vote>,
    /// The last entry that was purged: entries before the log's first need no file,
    /// but the first one's predecessor has to be known.
    pub purged: Option<LogId>,
}

/// The file's content. The first five names are those of KRaft's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuorumStateFile {
    /// Set once the vote has made a leader.
    leader_id: i32,
    leader_epoch: i32,
    voted_id: i32,
    voted_directory_id: String,
    #[serde(rename = "data_version")]
    data_version: i16,
    #[serde(default = "none")]
    purged_epoch: i32,
    #[serde(default = "none_offset")]
    purged_offset: i64,
}

const DATA_VERSION: i16 = 1;

fn none() -> i32 {
    -1
}

fn none_offset() -> i64 {
    -1
}

impl QuorumState {
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join("quorum-state")
    }

    /// Reads the file; a voter without one has never voted.
    pub(crate) fn load(disk: &dyn Disk, dir: &Path) -> io::Result<Self> {
        let path = Self::path(dir);
        let Some(content) = files::read(disk, &path)? else {
            return Ok(Self::default());
        };
        let wrong = |reason: String| invalid_data(format!("{}: {reason}", path.display()));
        let file: QuorumStateFile =
            serde_json::from_slice(&content).map_err(|error| wrong(error.to_string()))?;
        if file.data_version != DATA_VERSION {
            return Err(wrong(format!("unknown data_version {}", file.data_version)));
        }
        let purged = if file.purged_offset < 0 {
            None
        } else {
            Some(log_id(file.purged_epoch, file.purged_offset)?)
        };
        if file.voted_id < 0 {
            return Ok(Self { vote: None, purged });
        }
        let directory: Uuid = file
            .voted_directory_id
            .parse()
            .map_err(|_| wrong(format!("votedDirectoryId {}", file.voted_directory_id)))?;
        let term = u64::try_from(file.leader_epoch)
            .map_err(|_| wrong(format!("leaderEpoch {}", file.leader_epoch)))?;
        let vote = Vote {
            leader_id: LeaderId {
                term,
                voted_for: VoterId {
                    node: NodeId(file.voted_id),
                    directory: DirectoryId(directory),
                },
            },
            committed: file.leader_id >= 0,
        };
        Ok(Self {
            vote: Some(vote),
            purged,
        })
    }

    /// Whether a file's content is from us and not from Kafka, which lacks what we add
    /// to it. A file that is damaged counts as ours, since its reader tells what is wrong.
    pub(crate) fn is_ours(content: &[u8]) -> bool {
        serde_json::from_slice::<serde_json::Value>(content)
            .map_or(true, |file| file.get("purgedEpoch").is_some())
    }

    /// Writes the file; it is on stable storage when this returns.
    pub(crate) fn save(&self, disk: &dyn Disk, dir: &Path) -> io::Result<()> {
        let voted = self.vote.map(|vote| vote.leader_id.voted_for);
        let leads = self.vote.is_some_and(|vote| vote.committed);
        let voted_id = voted.map_or(-1, |voter| voter.node.get());
        let file = QuorumStateFile {
            leader_id: if leads { voted_id } else { -1 },
            leader_epoch: self
                .vote
                .map_or(0, |vote| epoch_of(vote.leader_id.term).get()),
            voted_id,
            voted_directory_id: voted.unwrap_or_default().directory.to_string(),
            data_version: DATA_VERSION,
            purged_epoch: self
                .purged
                .map_or(-1, |at| epoch_of(at.leader_id.term).get()),
            purged_offset: self.purged.map_or(-1, |at| offset_of(at.index).get()),
        };
        let content = serde_json::to_vec(&file).map_err(io::Error::other)?;
        files::replace(disk, &Self::path(dir), &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_storage::testing::SimulatedDisk;

    fn vote(term: u64, committed: bool) -> Vote {
        Vote {
            leader_id: LeaderId {
                term,
                voted_for: VoterId::from(4),
            },
            committed,
        }
    }

    #[test]
    fn what_was_saved_survives_a_crash() {
        let disk = SimulatedDisk::new(1);
        let dir = Path::new("/d");
        disk.create_dir_all(dir).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        assert_eq!(
            QuorumState::load(&disk, dir).unwrap(),
            QuorumState::default()
        );
        for (term, committed) in [(1, false), (1, true), (7, false)] {
            let state = QuorumState {
                vote: Some(vote(term, committed)),
                purged: committed.then(|| log_id(1, 9).unwrap()),
            };
            state.save(&disk, dir).unwrap();
            disk.crash();
            assert_eq!(QuorumState::load(&disk, dir).unwrap(), state);
        }
    }

    #[test]
    fn a_file_that_makes_no_sense_is_an_error() {
        let disk = SimulatedDisk::new(1);
        let dir = Path::new("/d");
        disk.create_dir_all(dir).unwrap();
        for content in [&b""[..], b"{}", b"{\"leaderId\":1,\"leaderEpoch\":-1,\"votedId\":1,\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"data_version\":1}"] {
            files::replace(&disk, &QuorumState::path(dir), content).unwrap();
            assert!(QuorumState::load(&disk, dir).is_err());
        }
    }
}
