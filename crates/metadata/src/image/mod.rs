//! The state of the cluster at one offset of the metadata log.

mod cluster;
mod configs;
mod features;
mod invariants;
mod partition;
mod producer_ids;
mod replay;
mod topics;

pub use cluster::{BrokerImage, ClusterImage, Endpoint, FeatureRange, SecurityProtocol};
pub use configs::{ConfigResource, ConfigResourceType, ConfigsImage};
pub use features::{ELIGIBLE_LEADER_REPLICAS_VERSION, FeaturesImage, METADATA_VERSION};
pub use partition::{LeaderRecovery, PartitionImage, directory};
pub use producer_ids::ProducerIdsImage;
pub use replay::ReplayError;
pub use topics::{TopicImage, TopicsImage};

use highwater_types::Offset;

/// The whole cluster as data, up to and including one offset of the metadata log.
///
/// Owned by whoever replays the log: the controller has one ahead of the quorum, a
/// broker has one behind it. A clone costs a few reference counts, and two images
/// share what did not change between them.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataImage {
    pub(crate) last_offset: Offset,
    pub(crate) features: FeaturesImage,
    pub(crate) cluster: ClusterImage,
    pub(crate) topics: TopicsImage,
    pub(crate) configs: ConfigsImage,
    pub(crate) producer_ids: ProducerIdsImage,
}

impl Default for MetadataImage {
    fn default() -> Self {
        Self {
            last_offset: Offset::NONE,
            features: FeaturesImage::default(),
            cluster: ClusterImage::default(),
            topics: TopicsImage::default(),
            configs: ConfigsImage::default(),
            producer_ids: ProducerIdsImage::default(),
        }
    }
}

impl MetadataImage {
    /// The cluster before the first record.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The offset of the last record in this image; [`Offset::NONE`] for the empty one.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.last_offset
    }

    /// Records how far the metadata log was replayed.
    ///
    /// # Panics
    /// When the offset goes back: an image only ever moves forward.
    pub fn set_last_offset(&mut self, offset: Offset) {
        assert!(
            offset >= self.last_offset,
            "metadata image went back from {} to {offset}",
            self.last_offset
        );
        self.last_offset = offset;
    }

    /// Finalized feature levels. KIP-584.
    #[must_use]
    pub fn features(&self) -> &FeaturesImage {
        &self.features
    }

    /// The registered brokers.
    #[must_use]
    pub fn cluster(&self) -> &ClusterImage {
        &self.cluster
    }

    /// Topics and their partitions.
    #[must_use]
    pub fn topics(&self) -> &TopicsImage {
        &self.topics
    }

    /// Dynamic configs of topics, brokers and other resources.
    #[must_use]
    pub fn configs(&self) -> &ConfigsImage {
        &self.configs
    }

    /// How many producer ids are handed out.
    #[must_use]
    pub fn producer_ids(&self) -> &ProducerIdsImage {
        &self.producer_ids
    }
}
