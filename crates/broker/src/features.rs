//! The features that this version of Highwater can work with. KIP-584.

use highwater_metadata::METADATA_VERSION_LEVEL;
use highwater_metadata::image::METADATA_VERSION;

/// One feature and the levels of it that a broker supports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SupportedFeature {
    pub name: &'static str,
    pub min: i16,
    pub max: i16,
}

/// By name. Told to the controller at registration, and to clients.
pub(crate) const SUPPORTED_FEATURES: &[SupportedFeature] = &[SupportedFeature {
    name: METADATA_VERSION,
    min: 7,
    max: METADATA_VERSION_LEVEL,
}];
