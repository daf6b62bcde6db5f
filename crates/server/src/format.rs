//! Data directories: which cluster and node they belong to.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use highwater_platform::Entropy;
use highwater_storage::{Disk, LockGuard, OpenMode};
use highwater_types::{ClusterId, DirectoryId, NodeId, Uuid};

use crate::settings::properties;

/// The file that says whose a directory is, as Kafka 3.x and 4.x write it. KIP-631, KIP-858.
const META_PROPERTIES: &str = "meta.properties";
/// Locked for as long as a controller uses the directory. Logs have a lock of their own.
const CONTROLLER_LOCK: &str = ".controller.lock";
/// Files that may be in a directory which counts as empty.
const NOT_CONTENT: &[&str] = &[".lock", CONTROLLER_LOCK, "lost+found"];
/// No such file is longer; a longer one is something else.
const META_BYTES_MAX: u64 = 64 << 10;

/// What `meta.properties` of version 1 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    pub cluster_id: ClusterId,
    pub node_id: NodeId,
    pub directory_id: DirectoryId,
}

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
        let meta = match meta {
            Some(meta) => meta,
            None => {
                let meta = MetaProperties {
                    cluster_id: cluster_id.clone(),
                    node_id,
                    directory_id: DirectoryId(entropy.next_uuid()),
                };
                write(disk, dir, &meta)?;
                formatted.new.push(dir.clone());
                meta
            }
        };
        formatted.directories.push((dir.clone(), meta.directory_id));
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
    let path = dir.join(META_PROPERTIES);
    let text =
        read_text(disk, &path).with_context(|| format!("{} can not be read", path.display()))?;
    let meta = parse(&text).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
    Ok(Some(meta))
}

fn read_text(disk: &dyn Disk, path: &Path) -> Result<String> {
    let file = disk.open(path, OpenMode::Read)?;
    let length = file.len()?;
    anyhow::ensure!(length <= META_BYTES_MAX, "it is too long");
    let mut bytes = vec![0; usize::try_from(length)?];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], u64::try_from(filled)?)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(String::from_utf8(bytes)?)
}

fn parse(text: &str) -> Result<MetaProperties, String> {
    let properties = properties::parse(text).map_err(|error| error.to_string())?;
    let value = |name: &str| {
        let last = properties
            .iter()
            .rev()
            .find(|property| property.name == name);
        last.map(|property| property.value.trim())
            .ok_or_else(|| format!("it has no {name}"))
    };
    let version = value("version")?;
    if version != "1" {
        return Err(format!("its version is {version}, and only 1 can be read"));
    }
    let node_id = value("node.id")?;
    let directory_id = value("directory.id")?;
    Ok(MetaProperties {
        cluster_id: ClusterId(value("cluster.id")?.to_owned()),
        node_id: NodeId(
            node_id
                .parse()
                .map_err(|_| format!("its node.id, {node_id}, is not a number"))?,
        ),
        directory_id: DirectoryId(
            directory_id
                .parse::<Uuid>()
                .map_err(|_| format!("its directory.id, {directory_id}, is not an id"))?,
        ),
    })
}

/// Writes the file so that it is there whole or not at all.
fn write(disk: &dyn Disk, dir: &Path, meta: &MetaProperties) -> Result<()> {
    let text = format!(
        "version=1\ncluster.id={}\nnode.id={}\ndirectory.id={}\n",
        meta.cluster_id, meta.node_id, meta.directory_id
    );
    let path = dir.join(META_PROPERTIES);
    let temporary = dir.join(format!("{META_PROPERTIES}.tmp"));
    let written = || -> std::io::Result<()> {
        let file = disk.open(&temporary, OpenMode::Create)?;
        file.set_len(0)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.sync_data()?;
        disk.rename(&temporary, &path)?;
        disk.sync_dir(dir)
    };
    written().with_context(|| format!("{} can not be written", path.display()))
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
        assert!(error(prepared(&dirs, 1, None)).contains("its version is 0"));
        Ok(())
    }

    #[test]
    fn a_file_of_kafka_is_read() {
        let text = "#\n#Thu Nov 21 12:00:00 UTC 2024\ncluster.id=q1Sh-9_ISia_zwGINzRvyQ\n\
                    directory.id=AAAAAAAAAAAAAAAAAAAAAg\nnode.id=3\nversion=1\n";
        let meta = parse(text).map(|meta| (meta.cluster_id.0, meta.node_id));
        assert_eq!(meta, Ok(("q1Sh-9_ISia_zwGINzRvyQ".to_owned(), NodeId(3))));
    }
}
