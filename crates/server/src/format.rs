//! Data directories: which cluster and node they belong to.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use highwater_platform::Entropy;
use highwater_storage::{Disk, LockGuard, MetaProperties};
use highwater_types::{ClusterId, DirectoryId, NodeId};

/// The file that says whose a directory is, as Kafka 3.x and 4.x write it. KIP-631, KIP-858.
const META_PROPERTIES: &str = "meta.properties";
/// Locked for as long as a controller uses the directory. Logs have a lock of their own.
const CONTROLLER_LOCK: &str = ".controller.lock";
/// Files that may be in a directory which counts as empty.
const NOT_CONTENT: &[&str] = &[".lock", CONTROLLER_LOCK, "lost+found"];

/// Directories that are ready to be used.
#[derive(Clone, Debug)]
pub struct Formatted {
    pub cluster_id: ClusterId,
    /// Each directory with its id, in the order given.
    pub directories: Vec<(PathBuf, DirectoryId)>,
    /// Those that were empty before.
    pub new: Vec<PathBuf>,
}

/// Makes sure that all directories belong to this node and to one cluster, and
/// formats the empty ones: for `wanted`, or the cluster of the others, or a new one.
///
/// # Errors
/// When a directory belongs to another cluster or node, holds something else, or
/// can not be read or written. Nothing is formatted then.
pub fn prepare(
    disk: &dyn Disk,
    entropy: &dyn Entropy,
    dirs: &[PathBuf],
    node_id: NodeId,
    wanted: Option<&str>,
) -> Result<Formatted> {
    let mut found = Vec::new();
    for dir in dirs {
        disk.create_dir_all(dir)
            .with_context(|| format!("the data directory {} can not be created", dir.display()))?;
        found.push((dir, read(disk, dir)?));
    }
    let cluster_id = one_cluster(&found, node_id, wanted)?
        .unwrap_or_else(|| ClusterId(entropy.next_uuid().to_string()));
    let mut formatted = Formatted {
        cluster_id: cluster_id.clone(),
        directories: Vec::new(),
        new: Vec::new(),
    };
    for (dir, meta) in found {
        if meta.is_none() {
            formatted.new.push(dir.clone());
        }
        let directory_id = match meta.and_then(|meta| meta.directory_id) {
            Some(id) => id,
            None => {
                let id = DirectoryId(entropy.next_uuid());
                let meta = MetaProperties {
                    cluster_id: cluster_id.clone(),
                    node_id,
                    directory_id: Some(id),
                };
                meta.write(disk, dir)?;
                id
            }
        };
        formatted.directories.push((dir.clone(), directory_id));
    }
    Ok(formatted)
}

/// Whether a directory belongs to some node.
pub fn is_formatted(disk: &dyn Disk, dir: &Path) -> bool {
    disk.exists(&dir.join(META_PROPERTIES)).unwrap_or(false)
}

/// Keeps other processes from opening the metadata log of a directory.
///
/// # Errors
/// When another process has it, or the lock file can not be written.
pub fn lock_metadata(disk: &dyn Disk, dir: &Path) -> Result<LockGuard> {
    disk.lock(&dir.join(CONTROLLER_LOCK)).map_err(|error| {
        let shown = dir.display();
        match error.kind() {
            ErrorKind::WouldBlock => {
                anyhow::anyhow!("the data directory {shown} is in use by another node")
            }
            _ => anyhow::Error::from(error)
                .context(format!("the data directory {shown} can not be locked")),
        }
    })
}

/// The cluster that the directories are for, if anything says it.
fn one_cluster(
    found: &[(&PathBuf, Option<MetaProperties>)],
    node_id: NodeId,
    wanted: Option<&str>,
) -> Result<Option<ClusterId>> {
    let mut cluster = wanted.map(|id| (ClusterId(id.to_owned()), "CLUSTER_ID".to_owned()));
    for (dir, meta) in found {
        let Some(meta) = meta else { continue };
        let shown = dir.display();
        if meta.node_id != node_id {
            bail!(
                "the data directory {shown} belongs to node {}, and this is node {node_id}",
                meta.node_id
            );
        }
        match &cluster {
            Some((id, from)) if *id != meta.cluster_id => bail!(
                "the data directory {shown} belongs to cluster {}, and {from} says {id}; \
                 use another directory, or start the node for its own cluster",
                meta.cluster_id
            ),
            _ => cluster = Some((meta.cluster_id.clone(), shown.to_string())),
        }
    }
    Ok(cluster.map(|(id, _)| id))
}

/// What a directory says it is; `None` if it is empty.
fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<MetaProperties>> {
    let shown = dir.display();
    let entries = disk
        .list(dir)
        .with_context(|| format!("the data directory {shown} can not be read"))?;
    if !entries.iter().any(|entry| entry.name == META_PROPERTIES) {
        let is_content = |name: &str| {
            !NOT_CONTENT.contains(&name) && !name.starts_with(&format!("{META_PROPERTIES}."))
        };
        if let Some(entry) = entries.iter().find(|entry| is_content(&entry.name)) {
            bail!(
                "the directory {shown} is not a data directory: it holds {}, and no {META_PROPERTIES}",
                entry.name
            );
        }
        return Ok(None);
    }
    Ok(MetaProperties::read(disk, dir)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_platform::OsEntropy;
    use highwater_storage::StdDisk;

    fn prepared(dirs: &[PathBuf], node: i32, wanted: Option<&str>) -> Result<Formatted> {
        prepare(&StdDisk, &OsEntropy, dirs, NodeId(node), wanted)
    }

    fn error(result: Result<Formatted>) -> String {
        result.map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_directory_is_formatted_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let dirs = [folder.path().join("a"), folder.path().join("b")];
        let first = prepared(&dirs, 1, None)?;
        assert_eq!(first.new, dirs);
        let again = prepared(&dirs, 1, Some(&first.cluster_id.0))?;
        assert_eq!(again.new, Vec::<PathBuf>::new());
        assert_eq!(again.cluster_id, first.cluster_id);
        assert_eq!(again.directories, first.directories);
        assert_ne!(again.directories[0].1, again.directories[1].1);
        Ok(())
    }

    #[test]
    fn a_new_directory_joins_the_cluster_of_the_others() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let dirs = [folder.path().join("a"), folder.path().join("b")];
        let first = prepared(&dirs[..1], 1, Some("mine"))?;
        let both = prepared(&dirs, 1, None)?;
        assert_eq!(both.cluster_id, first.cluster_id);
        assert_eq!(both.new, dirs[1..]);
        Ok(())
    }

    #[test]
    fn a_foreign_directory_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let dirs = [folder.path().join("a"), folder.path().join("b")];
        prepared(&dirs[..1], 1, Some("mine"))?;
        prepared(&dirs[1..], 1, Some("other"))?;
        assert!(error(prepared(&dirs[..1], 1, Some("third"))).contains("belongs to cluster mine"));
        assert!(error(prepared(&dirs, 1, None)).contains("belongs to cluster other"));
        assert!(error(prepared(&dirs[..1], 2, None)).contains("belongs to node 1"));
        Ok(())
    }

    #[test]
    fn a_directory_with_something_else_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("lost+found"))?;
        std::fs::write(folder.path().join("letter.txt"), "Dear")?;
        let dirs = [folder.path().to_path_buf()];
        assert!(error(prepared(&dirs, 1, None)).contains("it holds letter.txt"));
        std::fs::write(folder.path().join(META_PROPERTIES), "version=0\n")?;
        assert!(error(prepared(&dirs, 1, None)).contains("version 0 is not 1"));
        Ok(())
    }
}
