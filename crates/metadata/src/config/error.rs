//! Why a config can not be used.

/// A config that was refused. On the wire it is `INVALID_CONFIG` with this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("Unknown config name: {name}{}", suggestion(*closest))]
    UnknownName {
        name: String,
        closest: Option<&'static str>,
    },
    #[error("Invalid value {value} for configuration {name}: {reason}")]
    InvalidValue {
        name: String,
        value: String,
        reason: String,
    },
    /// Several values that are fine alone and not together.
    #[error("{0}")]
    Conflict(String),
}

impl ConfigError {
    pub(crate) fn invalid_value(name: &str, value: &str, reason: String) -> Self {
        Self::InvalidValue {
            name: name.to_owned(),
            value: value.to_owned(),
            reason,
        }
    }
}

fn suggestion(closest: Option<&str>) -> String {
    closest.map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}
