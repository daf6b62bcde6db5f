//! Kafka's `meta.properties`: to which cluster and node a directory belongs. KIP-858.

use std::path::Path;

use highwater_types::{ClusterId, DirectoryId, NodeId};

use crate::checkpoint;
use crate::disk::Disk;
use crate::error::StorageError;

const FILE: &str = "meta.properties";
const VERSION: &str = "1";

/// The identity of a formatted directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    pub cluster_id: ClusterId,
    pub node_id: NodeId,
    /// `None` in a directory that Kafka formatted before it had directory ids.
    pub directory_id: Option<DirectoryId>,
}

impl MetaProperties {
    /// Reads a directory's identity; `None` if it is not formatted.
    ///
    /// # Errors
    /// When the file can not be read, or is not of version 1.
    pub fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, StorageError> {
        let path = dir.join(FILE);
        let Some(text) = checkpoint::read_text(disk, &path)? else {
            return Ok(None);
        };
        let wrong = |reason: String| StorageError::WrongDirectory {
            path: path.clone(),
            reason,
        };
        let value = |name: &str| {
            text.lines()
                .filter(|line| !line.trim_start().starts_with(['#', '!']))
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| key.trim() == name)
                // Java escapes these two in property files.
                .map(|(_, value)| value.trim().replace("\\=", "=").replace("\\:", ":"))
        };
        let required = |name: &str| value(name).ok_or_else(|| wrong(format!("{name} is missing")));
        let version = required("version")?;
        if version != VERSION {
            return Err(wrong(format!("version {version} is not {VERSION}")));
        }
        let node_id = required("node.id")?;
        let node_id = node_id
            .parse()
            .map_err(|_| wrong(format!("node.id {node_id} is not a number")))?;
        let directory_id = match value("directory.id") {
            None => None,
            Some(id) => {
                Some(DirectoryId(id.parse().map_err(|_| {
                    wrong(format!("directory.id {id} is not an id"))
                })?))
            }
        };
        Ok(Some(Self {
            cluster_id: ClusterId(required("cluster.id")?),
            node_id: NodeId(node_id),
            directory_id,
        }))
    }

    /// Formats a directory, or changes its identity.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StorageError> {
        let mut text = format!("#\ncluster.id={}\n", self.cluster_id);
        if let Some(id) = self.directory_id {
            text.push_str(&format!("directory.id={id}\n"));
        }
        text.push_str(&format!("node.id={}\nversion={VERSION}\n", self.node_id));
        checkpoint::write_atomically(disk, &dir.join(FILE), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::StdDisk;
    use highwater_types::Uuid;

    #[test]
    fn the_file_round_trips() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(MetaProperties::read(&StdDisk, dir.path()).unwrap(), None);
        let meta = MetaProperties {
            cluster_id: ClusterId("abc".into()),
            node_id: NodeId(3),
            directory_id: Some(DirectoryId(Uuid([9; 16]))),
        };
        meta.write(&StdDisk, dir.path()).unwrap();
        assert_eq!(
            MetaProperties::read(&StdDisk, dir.path()).unwrap(),
            Some(meta)
        );
    }

    #[test]
    fn kafkas_own_file_is_read_and_other_versions_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let text = "#\n#Sat Nov 21 12:00:00 UTC 2026\ncluster.id=x-Y_\\=z\nnode.id=1\nversion=1\n";
        std::fs::write(&path, text).unwrap();
        let meta = MetaProperties::read(&StdDisk, dir.path()).unwrap().unwrap();
        assert_eq!(
            (meta.cluster_id.0.as_str(), meta.node_id, meta.directory_id),
            ("x-Y_=z", NodeId(1), None)
        );
        for bad in [
            "version=0\nbroker.id=1\n",
            "version=1\ncluster.id=a\n",
            "version=1\nnode.id=x\ncluster.id=a\n",
        ] {
            std::fs::write(&path, bad).unwrap();
            let read = MetaProperties::read(&StdDisk, dir.path());
            assert!(
                matches!(read, Err(StorageError::WrongDirectory { .. })),
                "{bad}"
            );
        }
    }
}
