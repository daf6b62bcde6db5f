//! A node's configuration, typed, with values that fit each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use highwater_types::NodeId;

use super::broker::BrokerSettings;
use super::controller::ControllerSettings;
use super::quorum::QuorumSettings;
use super::reader::Reader;
use super::{Settings, SettingsError, unsupported};

/// Everything a node needs to know before it looks at its disks.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    pub node_id: NodeId,
    /// Absolute; at least one.
    pub log_dirs: Vec<PathBuf>,
    /// Absolute.
    pub metadata_log_dir: PathBuf,
    pub quorum: QuorumSettings,
    /// If the node is a controller.
    pub controller: Option<ControllerSettings>,
    /// If the node is a broker.
    pub broker: Option<BrokerSettings>,
    /// What was set, by Kafka's names.
    pub properties: BTreeMap<String, String>,
}

/// What the environment of the process adds.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The machine's name, advertised where a listener has no host.
    pub hostname: String,
    /// Where relative paths begin.
    pub current_dir: PathBuf,
    /// How many cores there are.
    pub cores: usize,
}

impl NodeConfig {
    /// Combines the settings, which were checked one by one before.
    ///
    /// # Errors
    /// Everything that is missing, does not fit together or is not possible yet.
    pub fn from_settings(
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader {
            settings,
            errors: Vec::new(),
        };
        unsupported::check(settings, &mut reader.errors);
        let node_id = reader.node_id();
        let roles = reader.roles();
        let names = reader.controller_listener_names();
        let quorum = reader.quorum(node_id, roles);
        let endpoints = reader.endpoints("listeners");
        reader.check_protocols(&endpoints, &names);
        reader.check_listeners(&endpoints, &names, roles);
        let controller = roles.controller.then(|| {
            let listeners =
                reader.controller_listeners(&endpoints, &names, &quorum, node_id, surroundings);
            reader.controller(listeners)
        });
        let broker = roles.broker.then(|| {
            let addresses = reader.broker_listeners(&endpoints, &names, surroundings);
            reader.broker(addresses, surroundings.cores)
        });
        let log_dirs = reader.log_dirs(&surroundings.current_dir);
        let metadata_log_dir = reader.metadata_log_dir(&log_dirs, &surroundings.current_dir);
        let config = Self {
            node_id,
            log_dirs,
            metadata_log_dir,
            quorum,
            controller,
            broker,
            properties: settings.to_properties(),
        };
        if reader.errors.is_empty() {
            Ok(config)
        } else {
            Err(SettingsError(reader.errors))
        }
    }

    /// All data directories, that of the metadata log included, each once.
    pub fn directories(&self) -> Vec<PathBuf> {
        let mut dirs = self.log_dirs.clone();
        if !dirs.contains(&self.metadata_log_dir) {
            dirs.push(self.metadata_log_dir.clone());
        }
        dirs
    }
}

impl Reader<'_> {
    fn log_dirs(&mut self, current_dir: &Path) -> Vec<PathBuf> {
        let (name, dirs) = match self.list("log.dirs") {
            dirs if dirs.is_empty() => ("log.dir", self.list("log.dir")),
            dirs => ("log.dirs", dirs),
        };
        let mut absolute: Vec<PathBuf> = Vec::new();
        for dir in dirs {
            let dir = current_dir.join(dir);
            if absolute.contains(&dir) {
                self.refuse(name, format!("{} is there twice", dir.display()));
            } else {
                absolute.push(dir);
            }
        }
        absolute
    }

    fn metadata_log_dir(&self, log_dirs: &[PathBuf], current_dir: &Path) -> PathBuf {
        match self.text("metadata.log.dir") {
            Some(dir) => current_dir.join(dir),
            None => log_dirs.first().cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
