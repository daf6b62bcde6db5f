//! Finalized feature levels.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The feature that says which metadata records may be written.
pub const METADATA_VERSION: &str = "metadata.version";

/// The feature under which the controller remembers which replicas outside the in-sync
/// ones may lead without loss: 1 for on. KIP-966.
pub const ELIGIBLE_LEADER_REPLICAS_VERSION: &str = "eligible.leader.replicas.version";

/// The feature levels that the cluster agreed on. KIP-584.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeaturesImage {
    levels: Arc<BTreeMap<String, i16>>,
}

impl FeaturesImage {
    /// The level of a feature; 0 when it is off or unknown.
    #[must_use]
    pub fn level(&self, name: &str) -> i16 {
        self.levels.get(name).copied().unwrap_or(0)
    }

    /// All features with a level above 0, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i16)> {
        self.levels
            .iter()
            .map(|(name, level)| (name.as_str(), *level))
    }

    /// Whether nothing was finalized yet, as in a log that was never written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    pub(crate) fn set(&mut self, name: &str, level: i16) {
        let levels = Arc::make_mut(&mut self.levels);
        if level == 0 {
            levels.remove(name);
        } else {
            levels.insert(name.to_owned(), level);
        }
    }
}
