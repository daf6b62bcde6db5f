//! Configs that ask for something this version does not have. To ignore them would
//! be unsafe or confusing, so the node does not start.

use super::Settings;

/// What can not be done, for people.
pub fn check(settings: &Settings, errors: &mut Vec<String>) {
    let text = |name| {
        let value = settings.value(name);
        value.map(|value| value.to_string()).unwrap_or_default()
    };
    let mut refuse = |name, why: &str| errors.push(format!("{}: {why}", settings.place(name)));
    if !text("authorizer.class.name").is_empty() {
        refuse(
            "authorizer.class.name",
            "there is no authorizer yet, and the node would be open to everyone",
        );
    }
    if text("remote.log.storage.system.enable") == "true" {
        refuse(
            "remote.log.storage.system.enable",
            "there is no tiered storage yet",
        );
    }
}
