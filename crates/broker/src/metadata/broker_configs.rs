//! What is set on this broker while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_metadata::config::{BrokerLayers, Overrides, TopicConfig};
use highwater_metadata::image::ConfigResource;
use highwater_types::NodeId;

/// The dynamic configs that one image holds for one broker.
pub(crate) struct BrokerConfigs {
    own: Arc<BTreeMap<String, String>>,
    all_brokers: Arc<BTreeMap<String, String>>,
}

impl BrokerConfigs {
    pub(crate) fn of(image: &MetadataImage, id: NodeId) -> Self {
        let of = |resource| image.configs().get(&resource).cloned().unwrap_or_default();
        Self {
            own: of(ConfigResource::broker(id)),
            all_brokers: of(ConfigResource::all_brokers()),
        }
    }

    /// Everything that is set on the broker, over what it was started with.
    pub(crate) fn layers<'a>(&'a self, properties: &'a Overrides) -> BrokerLayers<'a> {
        BrokerLayers {
            dynamic: &self.own,
            dynamic_default: &self.all_brokers,
            fixed: properties,
        }
    }
}

/// A topic's configs in effect on a broker that was started with `properties`.
pub(crate) fn topic_config(
    image: &MetadataImage,
    topic: &str,
    id: NodeId,
    properties: &Overrides,
) -> TopicConfig {
    let broker = BrokerConfigs::of(image, id);
    TopicConfig::resolve(&image.configs().of_topic(topic), broker.layers(properties))
}
