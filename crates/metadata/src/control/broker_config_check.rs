//! Which configs a running broker can be given. KIP-226.

use highwater_protocol::ErrorCode;

use super::ApiError;
use crate::config::{ConfigDef, Overrides, UpdateMode, broker_config, broker_config_of_listener};

/// These can be set for all brokers even under the name of one listener.
const SHARED_LISTENER_CONFIGS: &[&str] = &[
    "max.connection.creation.rate",
    "max.connections",
    "num.network.threads",
];

/// Checks the dynamic configs of one broker, or of all with `one_broker` false, that
/// are new or have changed since `before`.
///
/// Values of configs that are not known here may belong to something that a broker
/// was extended with, and pass, as in Kafka.
pub(super) fn check_broker_configs(
    before: &Overrides,
    after: &Overrides,
    one_broker: bool,
) -> Result<(), ApiError> {
    let changed = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value));
    for (name, value) in changed {
        let own = broker_config(name);
        let of_listener = broker_config_of_listener(name);
        if let Some(def) = own.or(of_listener) {
            check_where(name, def, of_listener.is_some(), one_broker)?;
            def.parse(value)
                .map_err(|error| refused(error.to_string()))?;
        }
    }
    Ok(())
}

/// Whether a config can be set while a broker runs, and for whom.
fn check_where(
    name: &str,
    def: &ConfigDef,
    of_listener: bool,
    one_broker: bool,
) -> Result<(), ApiError> {
    if def.update_mode == UpdateMode::ReadOnly {
        return Err(refused(format!(
            "Cannot update these configs dynamically: [{name}]"
        )));
    }
    if !of_listener && def.name.starts_with("ssl.") {
        return Err(refused(format!(
            "{name} can be updated dynamically only for one listener, as listener.name.<listener>.{name}"
        )));
    }
    let shared = match of_listener {
        true => SHARED_LISTENER_CONFIGS.contains(&def.name),
        false => def.update_mode == UpdateMode::ClusterWide,
    };
    if shared || one_broker {
        return Ok(());
    }
    Err(refused(format!(
        "{name} can not be updated for all brokers at once, a broker id must be given"
    )))
}

/// Kafka answers so where the request is well formed and cannot be followed.
fn refused(message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Overrides {
        Overrides::from([(name.to_owned(), value.to_owned())])
    }

    fn code(name: &str, value: &str, one_broker: bool) -> ErrorCode {
        match check_broker_configs(&Overrides::new(), &set(name, value), one_broker) {
            Ok(()) => ErrorCode::None,
            Err(error) => error.code,
        }
    }

    #[test]
    fn what_only_a_start_reads_is_refused() {
        assert_eq!(code("log.dirs", "/tmp", true), ErrorCode::InvalidRequest);
        assert_eq!(code("node.id", "2", true), ErrorCode::InvalidRequest);
        assert_eq!(code("log.retention.ms", "5", true), ErrorCode::None);
        assert_eq!(code("log.retention.ms", "5", false), ErrorCode::None);
        assert_eq!(code("num.io.threads", "x", true), ErrorCode::InvalidRequest);
        assert_eq!(code("a.plugin.has.this", "x", true), ErrorCode::None);
    }

    #[test]
    fn what_is_one_brokers_is_not_set_for_all() {
        let listeners = "PLAINTEXT://:9092";
        assert_eq!(code("listeners", listeners, true), ErrorCode::None);
        assert_eq!(
            code("listeners", listeners, false),
            ErrorCode::InvalidRequest
        );
        let name = "listener.name.plaintext.max.connections";
        assert_eq!(code(name, "5", false), ErrorCode::None);
        let name = "listener.name.plaintext.ssl.keystore.type";
        assert_eq!(code(name, "PEM", true), ErrorCode::None);
        assert_eq!(code(name, "PEM", false), ErrorCode::InvalidRequest);
        assert_eq!(
            code("ssl.keystore.type", "PEM", true),
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn what_was_there_before_is_left_alone() {
        let before = set("log.dirs", "/tmp");
        let mut after = before.clone();
        after.insert("num.io.threads".to_owned(), "3".to_owned());
        assert!(check_broker_configs(&before, &after, true).is_ok());
    }
}
