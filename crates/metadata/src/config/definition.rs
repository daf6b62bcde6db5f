//! What is known about one config.

use super::error::ConfigError;
use super::validator::Validator;
use super::value::ConfigValue;

/// One config of a topic or a broker.
#[derive(Debug)]
pub struct ConfigDef {
    pub name: &'static str,
    pub kind: ConfigType,
    pub default: DefaultValue,
    pub validator: Validator,
    pub importance: Importance,
    pub update_mode: UpdateMode,
    pub visibility: Visibility,
    /// One sentence for people.
    pub doc: &'static str,
}

/// The type of a config's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigType {
    Boolean,
    String,
    /// 32 bits, signed.
    Int,
    /// 16 bits, signed.
    Short,
    /// 64 bits, signed.
    Long,
    Double,
    /// Strings separated by commas.
    List,
    /// The name of a JVM class, which is not loaded.
    Class,
    /// A string that is never shown.
    Password,
}

/// The value a config has when nobody sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    Is(&'static str),
    /// No value, which Kafka calls null.
    Unset,
    /// A node does not start without it.
    Required,
}

/// How much most users need to care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    High,
    Medium,
    Low,
}

/// Whether a running broker takes a new value, and for whom it can be set. KIP-226.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// Only from the properties file, at start.
    ReadOnly,
    /// For one broker at a time.
    PerBroker,
    /// For one broker, or for all as a default of the cluster.
    ClusterWide,
}

/// Whether DescribeConfigs shows a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Public,
    /// For tests and experiments.
    Internal,
}

impl ConfigDef {
    /// Reads and checks a value.
    ///
    /// # Errors
    /// When the text is not of this config's type or outside its limits.
    pub fn parse(&self, text: &str) -> Result<ConfigValue, ConfigError> {
        let error = |reason| {
            // A secret must not reach a log or a client through a message.
            let shown = if self.is_sensitive() {
                "[hidden]"
            } else {
                text
            };
            ConfigError::invalid_value(self.name, shown, reason)
        };
        let value = ConfigValue::parse(self.kind, text).map_err(error)?;
        self.validator.check(&value).map_err(error)?;
        Ok(value)
    }

    /// The default as a value; `None` when there is none.
    #[must_use]
    pub fn default_value(&self) -> Option<ConfigValue> {
        match self.default {
            DefaultValue::Is(text) => ConfigValue::parse(self.kind, text).ok(),
            DefaultValue::Unset | DefaultValue::Required => None,
        }
    }

    /// Whether the value is a secret, which is never shown.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.kind == ConfigType::Password
    }

    /// What a value may be, in words for an error or a help text, such as
    /// `a whole number (INT), at least 1`.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self.validator.allowed() {
            Some(limits) if self.kind == ConfigType::String => limits,
            Some(limits) => format!("{}, {limits}", self.kind.described()),
            None => self.kind.described().to_owned(),
        }
    }
}

impl ConfigType {
    /// The number that stands for this type in DescribeConfigs. KIP-569.
    #[must_use]
    pub fn wire_id(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }

    /// Kafka's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }

    /// The type in words.
    fn described(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::String => "text",
            Self::Int => "a whole number (INT)",
            Self::Short => "a whole number (SHORT)",
            Self::Long => "a whole number (LONG)",
            Self::Double => "a number (DOUBLE)",
            Self::List => "a list separated by commas",
            Self::Class => "a class name",
            Self::Password => "a secret text",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{broker_config, topic_config};

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed() {
        let message = |name: &str, text: &str| {
            topic_config(name)
                .map(|def| def.parse(text).map_err(|error| error.to_string()))
                .map(|parsed| parsed.map(|value| value.to_string()))
        };
        assert_eq!(
            message("retention.ms", "-2"),
            Some(Err(
                "Invalid value -2 for configuration retention.ms: must be at least -1".to_owned()
            ))
        );
        assert_eq!(
            message("retention.ms", "soon"),
            Some(Err("Invalid value soon for configuration retention.ms: \
                 not a number of type LONG"
                .to_owned()))
        );
        assert_eq!(message("retention.ms", " 12 "), Some(Ok("12".to_owned())));
    }

    #[test]
    fn a_secret_is_never_repeated() {
        let def = broker_config("ssl.key.password").map(|def| def.is_sensitive());
        assert_eq!(def, Some(true));
    }

    #[test]
    fn what_is_allowed_is_said_in_words() {
        let allowed = |name| topic_config(name).map(super::ConfigDef::allowed);
        assert_eq!(
            allowed("segment.ms").as_deref(),
            Some("a whole number (LONG), at least 1")
        );
        assert_eq!(
            allowed("message.timestamp.type").as_deref(),
            Some("one of CreateTime, LogAppendTime")
        );
        assert_eq!(allowed("preallocate").as_deref(), Some("true or false"));
    }
}
