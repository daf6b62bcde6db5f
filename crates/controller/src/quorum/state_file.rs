//! `quorum-state`: the vote, and what was purged, beside the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use highwater_storage::{Disk, OpenMode};
use openraft::impls::leader_id_std::LeaderId;
use openraft::vote::RaftLeaderId;
use serde::{Deserialize, Serialize};

use super::entry_codec::log_id;
use super::types::{LogId, Vote};

/// What must survive apart from the log. Every change is on disk before it counts.
pub(super) struct StateFile {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    state: State,
}

/// The file's content. The names are Kafka's where Kafka has the thing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(rename = "data_version")]
    data_version: u32,
    vote: Option<StoredVote>,
    /// Epoch and offset of the last entry that is no longer in the log.
    purged: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredVote {
    leader_epoch: u64,
    /// The voter that got this node's vote in the epoch, by its Raft id.
    voted_id: u64,
    /// Whether that voter is known to have won.
    elected: bool,
}

const FILE: &str = "quorum-state";
const DATA_VERSION: u32 = 1;

impl StateFile {
    /// Reads the file in `dir`, if there is one.
    ///
    /// # Errors
    /// When it can not be read or understood. Going on without it could elect two
    /// leaders in one epoch.
    pub(super) fn open(disk: Arc<dyn Disk>, dir: PathBuf) -> io::Result<Self> {
        let path = dir.join(FILE);
        let state = if disk.exists(&path)? {
            let text = read_all(&*disk, &path)?;
            serde_json::from_slice(&text).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} is damaged: {error}", path.display()),
                )
            })?
        } else {
            State::default()
        };
        Ok(Self { disk, dir, state })
    }

    pub(super) fn vote(&self) -> Option<Vote> {
        let vote = self.state.vote?;
        Some(Vote {
            leader_id: LeaderId::new(vote.leader_epoch, vote.voted_id),
            committed: vote.elected,
        })
    }

    pub(super) fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        self.save(State {
            vote: Some(StoredVote {
                leader_epoch: vote.leader_id.term,
                voted_id: vote.leader_id.voted_for,
                elected: vote.committed,
            }),
            ..self.state.clone()
        })
    }

    pub(super) fn purged(&self) -> Option<LogId> {
        self.state.purged.map(|(term, index)| log_id(term, index))
    }

    pub(super) fn save_purged(&mut self, purged: LogId) -> io::Result<()> {
        self.save(State {
            purged: Some((purged.committed_leader_id().term, purged.index())),
            ..self.state.clone()
        })
    }

    fn save(&mut self, state: State) -> io::Result<()> {
        let state = State {
            data_version: DATA_VERSION,
            ..state
        };
        let text = serde_json::to_vec(&state).map_err(io::Error::other)?;
        write_atomically(&*self.disk, &self.dir, FILE, &text)?;
        self.state = state;
        Ok(())
    }
}

/// Replaces a file's content so that a crash leaves the old or the new one.
pub(super) fn write_atomically(
    disk: &dyn Disk,
    dir: &Path,
    name: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let temporary = dir.join(format!("{name}.tmp"));
    let file = disk.open(&temporary, OpenMode::Create)?;
    file.set_len(0)?;
    file.write_all_at(bytes, 0)?;
    file.sync_data()?;
    disk.rename(&temporary, &dir.join(name))?;
    disk.sync_dir(dir)
}

/// A whole file; for files that this crate wrote.
pub(super) fn read_all(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, OpenMode::Read)?;
    let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(bytes)
}
