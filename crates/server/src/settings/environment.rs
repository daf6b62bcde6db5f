//! Configuration from `KAFKA_*` environment variables, as Kafka's container image
//! takes it.

use super::properties::{self, PropertiesError};

/// One config that an environment variable sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromEnvironment {
    /// The environment variable.
    pub variable: String,
    pub name: String,
    pub value: String,
}

/// What the variables say, beside configs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    pub configs: Vec<FromEnvironment>,
    /// Variables that only mean something to a JVM.
    pub without_effect: Vec<String>,
    /// `CLUSTER_ID`: the cluster that empty data directories are formatted for.
    pub cluster_id: Option<String>,
}

/// Variables that begin with `KAFKA_` and are no configs.
const NOT_CONFIGS: &[&str] = &[
    "KAFKA_VERSION",
    "KAFKA_HEAP_OPTS",
    "KAFKA_LOG4J_OPTS",
    "KAFKA_OPTS",
    "KAFKA_JMX_OPTS",
    "KAFKA_JVM_PERFORMANCE_OPTS",
    "KAFKA_GC_LOG_OPTS",
    "KAFKA_LOG4J_ROOT_LOGLEVEL",
    "KAFKA_LOG4J_LOGGERS",
    "KAFKA_TOOLS_LOG4J_LOGLEVEL",
    "KAFKA_JMX_HOSTNAME",
];

/// A variable whose value can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {variable}: {source}")]
pub struct EnvironmentError {
    variable: String,
    source: PropertiesError,
}

/// Reads the variables. The image writes `name=value` lines into a properties file,
/// so backslashes in a value are escapes here as well.
///
/// # Errors
/// When a value has an escape that can not be read.
pub fn read(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Environment, EnvironmentError> {
    let mut variables: Vec<(String, String)> = variables
        .into_iter()
        .filter(|(variable, _)| variable.starts_with("KAFKA_") || variable == "CLUSTER_ID")
        .collect();
    variables.sort();
    derive_listeners(&mut variables);
    let mut environment = Environment::default();
    for (variable, value) in variables {
        if variable == "CLUSTER_ID" {
            environment.cluster_id = Some(value).filter(|id| !id.is_empty());
        } else if NOT_CONFIGS.contains(&variable.as_str()) {
            environment.without_effect.push(variable);
        } else {
            let line = format!("{}={value}", config_name(&variable));
            let properties = properties::parse(&line).map_err(|source| EnvironmentError {
                variable: variable.clone(),
                source,
            })?;
            let configs = properties.into_iter().map(|property| FromEnvironment {
                variable: variable.clone(),
                name: property.name,
                value: property.value,
            });
            environment.configs.extend(configs);
        }
    }
    Ok(environment)
}

/// `KAFKA_LOG_RETENTION_HOURS` is `log.retention.hours`; two underscores stand for
/// one, three for a dash.
fn config_name(variable: &str) -> String {
    variable
        .replace("KAFKA_", "")
        .to_lowercase()
        .replace('_', ".")
        .replace("...", "-")
        .replace("..", "_")
}

/// Without `KAFKA_LISTENERS` a broker listens where it is advertised, on all
/// interfaces.
fn derive_listeners(variables: &mut Vec<(String, String)>) {
    let value = |name: &str| {
        let found = variables.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let advertised = value("KAFKA_ADVERTISED_LISTENERS");
    if !value("KAFKA_LISTENERS").is_empty()
        || value("KAFKA_PROCESS_ROLES") == "controller"
        || advertised.is_empty()
    {
        return;
    }
    let listeners = on_all_interfaces(advertised);
    variables.retain(|(variable, _)| variable != "KAFKA_LISTENERS");
    variables.push(("KAFKA_LISTENERS".to_owned(), listeners));
}

/// Replaces the host of every `NAME://host:port`.
fn on_all_interfaces(listeners: &str) -> String {
    let replaced = |listener: &str| {
        let parts = listener
            .split_once("://")
            .and_then(|(name, address)| Some((name, address.rsplit_once(':')?.1)));
        match parts {
            Some((name, port)) => format!("{name}://0.0.0.0:{port}"),
            None => listener.to_owned(),
        }
    };
    let listeners: Vec<String> = listeners.split(',').map(replaced).collect();
    listeners.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables
            .iter()
            .map(|(variable, value)| ((*variable).to_owned(), (*value).to_owned()));
        read(variables).expect("a good environment")
    }

    fn configs(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        environment(variables)
            .configs
            .into_iter()
            .map(|config| (config.name, config.value))
            .collect()
    }

    #[test]
    fn underscores_become_dots_underscores_and_dashes() {
        for (variable, name) in [
            ("KAFKA_LOG_RETENTION_HOURS", "log.retention.hours"),
            ("KAFKA_A__B", "a_b"),
            ("KAFKA_A___B", "a-b"),
            (
                "KAFKA_LISTENER_NAME_SASL__SSL_SCRAM___SHA___256_SASL_JAAS_CONFIG",
                "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config",
            ),
        ] {
            assert_eq!(config_name(variable), name);
        }
    }

    #[test]
    fn only_kafkas_variables_are_configs() {
        let read = environment(&[
            ("KAFKA_NODE_ID", "1"),
            ("KAFKA_HEAP_OPTS", "-Xmx1g"),
            ("PATH", "/bin"),
            ("CLUSTER_ID", "abc"),
        ]);
        assert_eq!(read.configs.len(), 1);
        assert_eq!(read.without_effect, ["KAFKA_HEAP_OPTS"]);
        assert_eq!(read.cluster_id.as_deref(), Some("abc"));
    }

    #[test]
    fn listeners_follow_from_the_advertised_ones() {
        let advertised = ("KAFKA_ADVERTISED_LISTENERS", "A://h:1,B://[::1]:2");
        let listeners = |variables: &[(&str, &str)]| {
            configs(variables)
                .into_iter()
                .find(|(name, _)| name == "listeners")
                .map(|(_, value)| value)
        };
        assert_eq!(
            listeners(&[advertised]).as_deref(),
            Some("A://0.0.0.0:1,B://0.0.0.0:2")
        );
        assert_eq!(
            listeners(&[advertised, ("KAFKA_LISTENERS", "C://:3")]).as_deref(),
            Some("C://:3")
        );
        let controller = ("KAFKA_PROCESS_ROLES", "controller");
        assert_eq!(listeners(&[advertised, controller]), None);
    }

    #[test]
    fn a_value_is_read_as_a_line_of_properties() {
        assert_eq!(
            configs(&[("KAFKA_X", "a\\\\b=c")]),
            [("x".to_owned(), "a\\b=c".to_owned())]
        );
    }
}
