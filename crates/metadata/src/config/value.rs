//! Values of configs.

use std::fmt;

use super::definition::ConfigType;

/// A value of the type that its config asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigValue {
    Boolean(bool),
    String(String),
    Int(i32),
    Short(i16),
    Long(i64),
    Double(f64),
    List(Vec<String>),
    Class(String),
    Password(String),
}

impl ConfigValue {
    /// Reads text as Kafka does: blanks around it do not count, booleans in any
    /// case, lists separated by commas with blanks around them.
    ///
    /// # Errors
    /// The reason, to be put after the name and the value.
    pub(super) fn parse(kind: ConfigType, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let not_a_number = || format!("not a number of type {}", kind.name());
        Ok(match kind {
            ConfigType::Boolean if text.eq_ignore_ascii_case("true") => Self::Boolean(true),
            ConfigType::Boolean if text.eq_ignore_ascii_case("false") => Self::Boolean(false),
            ConfigType::Boolean => return Err("must be true or false".to_owned()),
            ConfigType::String => Self::String(text.to_owned()),
            ConfigType::Int => Self::Int(text.parse().map_err(|_| not_a_number())?),
            ConfigType::Short => Self::Short(text.parse().map_err(|_| not_a_number())?),
            ConfigType::Long => Self::Long(text.parse().map_err(|_| not_a_number())?),
            ConfigType::Double => Self::Double(text.parse().map_err(|_| not_a_number())?),
            ConfigType::List => Self::List(parse_list(text)),
            ConfigType::Class => Self::Class(text.to_owned()),
            ConfigType::Password => Self::Password(text.to_owned()),
        })
    }

    /// The value as a whole number, if it is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int(number) => Some(i64::from(number)),
            Self::Short(number) => Some(i64::from(number)),
            Self::Long(number) => Some(number),
            Self::Boolean(_)
            | Self::String(_)
            | Self::Double(_)
            | Self::List(_)
            | Self::Class(_)
            | Self::Password(_) => None,
        }
    }

    /// The value as text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Class(text) | Self::Password(text) => Some(text),
            Self::Boolean(_)
            | Self::Int(_)
            | Self::Short(_)
            | Self::Long(_)
            | Self::Double(_)
            | Self::List(_) => None,
        }
    }

    /// The value as a truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The value as a list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[String]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value as a fraction, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }
}

/// Splits a list as Kafka does; the empty text is the empty list.
fn parse_list(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

/// The canonical text, as DescribeConfigs shows it. Secrets are shown as well:
/// whoever prints one must ask [`super::ConfigDef::is_sensitive`] first.
impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::String(text) | Self::Class(text) | Self::Password(text) => f.write_str(text),
            Self::Int(number) => number.fmt(f),
            Self::Short(number) => number.fmt(f),
            Self::Long(number) => number.fmt(f),
            // Java's form: always a point, a capital E.
            Self::Double(number) => f.write_str(&format!("{number:?}").to_uppercase()),
            Self::List(items) => f.write_str(&items.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_as_kafka_does() {
        for (kind, text, canonical) in [
            (ConfigType::Boolean, " TRUE ", "true"),
            (ConfigType::Int, "+7", "7"),
            (
                ConfigType::Long,
                "-9223372036854775808",
                "-9223372036854775808",
            ),
            (ConfigType::Double, "1", "1.0"),
            (
                ConfigType::Double,
                "1.7976931348623157E308",
                "1.7976931348623157E308",
            ),
            (ConfigType::List, "compact , delete", "compact,delete"),
            (ConfigType::List, "", ""),
        ] {
            assert_eq!(
                ConfigValue::parse(kind, text).map(|value| value.to_string()),
                Ok(canonical.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_outside_their_type_are_refused() {
        for (kind, text) in [
            (ConfigType::Int, "2147483648"),
            (ConfigType::Short, "32768"),
            (ConfigType::Long, "9223372036854775808"),
            (ConfigType::Int, "1.5"),
            (ConfigType::Int, ""),
            (ConfigType::Boolean, "yes"),
        ] {
            assert!(ConfigValue::parse(kind, text).is_err(), "{kind:?} {text}");
        }
    }
}
