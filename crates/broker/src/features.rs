//! The features that this version of Highwater can work with. KIP-584.

/// One feature and the levels of it that a broker supports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SupportedFeature {
    pub name: &'static str,
    pub min: i16,
    pub max: i16,
}

/// By name. Told to the controller at registration, and to clients.
pub(crate) const SUPPORTED_FEATURES: &[SupportedFeature] = &[SupportedFeature {
    name: highwater_metadata::image::METADATA_VERSION,
    min: 7,
    max: 30,
}];
