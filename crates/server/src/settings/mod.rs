//! A node's settings: where they come from, and what is wrong with them.

mod addresses;
mod broker;
mod controller;
pub mod environment;
mod listeners;
pub mod node;
pub mod properties;
pub mod quorum;
mod reader;
mod unsupported;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use highwater_metadata::config::{
    ConfigDef, ConfigType, ConfigValue, broker_config, broker_config_of_listener, broker_configs,
    closest_name,
};

use environment::Environment;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File { path: PathBuf, line: usize },
    Environment { variable: String },
    CommandLine,
}

/// One config that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub value: String,
    pub origin: Origin,
}

/// Everything that was set, by name; later sources replaced earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    by_name: BTreeMap<String, Setting>,
    /// What people should know and that does not stop the node.
    pub warnings: Vec<String>,
}

/// Everything that is wrong with the settings, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct SettingsError(pub Vec<String>);

/// Beginnings of names that belong to plugins, which know them.
const PLUGIN_PREFIXES: &[&str] = &["rsm.config.", "rlmm.config.", "config.providers."];

impl Settings {
    /// Adds a properties file.
    ///
    /// # Errors
    /// When it can not be read or is not a properties file.
    pub fn add_file(&mut self, path: &Path) -> Result<(), SettingsError> {
        let wrong = |reason: String| SettingsError(vec![format!("{}: {reason}", path.display())]);
        let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("this is not UTF-8".to_owned()))?;
        let properties = properties::parse(&text).map_err(|error| wrong(error.to_string()))?;
        for property in properties {
            let origin = Origin::File {
                path: path.to_path_buf(),
                line: property.line,
            };
            if let Some(earlier) = self.by_name.get(&property.name) {
                self.warnings.push(format!(
                    "{}: it is also set at {}; this one counts",
                    at(&origin, &property.name),
                    earlier.origin
                ));
            }
            self.set(property.name, property.value, origin);
        }
        Ok(())
    }

    /// Adds what environment variables say.
    pub fn add_environment(&mut self, environment: &Environment) {
        for config in &environment.configs {
            let origin = Origin::Environment {
                variable: config.variable.clone(),
            };
            self.set(config.name.clone(), config.value.clone(), origin);
        }
        for variable in &environment.without_effect {
            self.warnings.push(format!(
                "environment variable {variable}: it is for a JVM and has no effect here"
            ));
        }
    }

    /// Adds a `name=value` of the command line.
    ///
    /// # Errors
    /// When there is no `=`.
    pub fn add_override(&mut self, text: &str) -> Result<(), SettingsError> {
        let Some((name, value)) = text.split_once('=') else {
            let wrong = format!("--override {text}: it should read name=value");
            return Err(SettingsError(vec![wrong]));
        };
        self.set(
            name.trim().to_owned(),
            value.to_owned(),
            Origin::CommandLine,
        );
        Ok(())
    }

    /// Sets a value, as a program does.
    pub fn set(&mut self, name: String, value: String, origin: Origin) {
        self.by_name.insert(name, Setting { value, origin });
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.by_name.get(name)
    }

    /// What was set, by name, for the broker to describe.
    pub fn to_properties(&self) -> BTreeMap<String, String> {
        self.by_name
            .iter()
            .map(|(name, setting)| (name.clone(), setting.value.clone()))
            .collect()
    }

    /// Checks every name and value by itself. Unknown names, and configs that
    /// Highwater takes and does not need, become warnings.
    ///
    /// # Errors
    /// All wrong values at once.
    pub fn check(&mut self) -> Result<(), SettingsError> {
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        for (name, setting) in &self.by_name {
            let place = at(&setting.origin, name);
            let Some(def) = definition(name) else {
                if !PLUGIN_PREFIXES
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
                {
                    warnings.push(format!("{place}: unknown name{}", guess(name)));
                }
                continue;
            };
            match def.parse(&setting.value) {
                Err(error) => errors.push(format!("{place}: {error}. Allowed: {}", def.allowed())),
                Ok(value) => warnings
                    .extend(without_effect(def, &value).map(|reason| format!("{place}: {reason}"))),
            }
        }
        self.warnings.extend(warnings);
        if self.get("log.dirs").is_none() && self.get("log.dir").is_none() {
            self.warnings.push(format!(
                "log.dirs: it is not set, so records go to {}, which the system may empty",
                self.value("log.dir")
                    .map(|dir| dir.to_string())
                    .unwrap_or_default()
            ));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(SettingsError(errors))
        }
    }

    /// A value in effect: what is set, or the default. Settings are checked before.
    pub fn value(&self, name: &str) -> Option<ConfigValue> {
        let def = definition(name)?;
        match self.get(name) {
            Some(setting) => def.parse(&setting.value).ok(),
            None => def.default_value(),
        }
    }

    /// Where a name is set, for a message about its value.
    pub fn place(&self, name: &str) -> String {
        match self.get(name) {
            Some(setting) => at(&setting.origin, name),
            None => name.to_owned(),
        }
    }
}

/// The definition behind a plain name or a listener's own.
fn definition(name: &str) -> Option<&'static ConfigDef> {
    broker_config(name).or_else(|| broker_config_of_listener(name))
}

fn guess(name: &str) -> String {
    match closest_name(name, broker_configs().map(|def| def.name)) {
        Some(closest) => format!(", did you mean {closest}?"),
        None => String::new(),
    }
}

/// Why a config that is set does nothing here.
fn without_effect(def: &ConfigDef, value: &ConfigValue) -> Option<&'static str> {
    let is_set = !value.to_string().is_empty();
    let names_jvm_classes = def.kind == ConfigType::Class
        || matches!(
            def.name,
            "metric.reporters" | "kafka.metrics.reporters" | "security.providers"
        );
    (is_set && names_jvm_classes).then_some("JVM classes can not be loaded; it has no effect")
}

/// `server.properties line 12: log.dirs`.
fn at(origin: &Origin, name: &str) -> String {
    format!("{origin}: {name}")
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::CommandLine => f.write_str("--override"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(text: &str) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.properties");
        std::fs::write(&path, text).expect("a file");
        let mut settings = Settings::default();
        settings.add_file(&path).expect("a properties file");
        // Only the file's name is compared.
        for setting in settings.by_name.values_mut() {
            if let Origin::File { path, .. } = &mut setting.origin {
                *path = PathBuf::from("server.properties");
            }
        }
        settings
    }

    #[test]
    fn a_wrong_value_names_line_value_and_what_is_allowed() {
        let mut settings = from_file("# first\nlog.roll.hours=soon\nnum.partitions=0\n");
        let error = settings.check().map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err(
                "server.properties line 2: log.roll.hours: Invalid value soon for \
                 configuration log.roll.hours: not a number of type INT. \
                 Allowed: a whole number (INT), at least 1\n\
                 server.properties line 3: num.partitions: Invalid value 0 for \
                 configuration num.partitions: must be at least 1. \
                 Allowed: a whole number (INT), at least 1"
                    .to_owned()
            )
        );
    }

    #[test]
    fn an_unknown_name_is_a_warning_with_the_closest_one() {
        let mut settings =
            from_file("log.retention.hour=1\nmy.own.very.special.thing=1\nlog.dir=d\n");
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(
            settings.warnings,
            [
                "server.properties line 1: log.retention.hour: unknown name, \
                 did you mean log.retention.hours?",
                "server.properties line 2: my.own.very.special.thing: unknown name",
            ]
        );
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
        let mut settings = from_file("node.id=1\nnum.partitions=1\nnum.io.threads=1\n");
        let variables = [("KAFKA_NUM_PARTITIONS", "2"), ("KAFKA_NUM_IO_THREADS", "2")]
            .map(|(variable, value)| (variable.to_owned(), value.to_owned()));
        settings.add_environment(&environment::read(variables).expect("an environment"));
        settings
            .add_override("num.io.threads=3")
            .expect("an override");
        let value = |name| settings.get(name).map(|setting| setting.value.as_str());
        assert_eq!(value("node.id"), Some("1"));
        assert_eq!(value("num.partitions"), Some("2"));
        assert_eq!(value("num.io.threads"), Some("3"));
        assert_eq!(
            settings.place("num.io.threads"),
            "--override: num.io.threads"
        );
    }

    #[test]
    fn what_only_a_jvm_can_do_is_a_warning() {
        let mut settings = from_file("principal.builder.class=a.B\nmetric.reporters=\nlog.dir=d\n");
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.warnings.len(), 1);
    }

    #[test]
    fn a_name_set_twice_is_a_warning() {
        let settings = from_file("node.id=1\nnode.id=2\n");
        assert_eq!(settings.warnings.len(), 1);
        assert_eq!(settings.get("node.id").map(|s| s.value.as_str()), Some("2"));
    }
}
