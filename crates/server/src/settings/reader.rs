//! Typed values of settings, and what is wrong with them.

use std::time::Duration;

use super::Settings;

/// Reads values and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) settings: &'a Settings,
    pub(super) errors: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.settings.value(name)?.to_string();
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let value = self.settings.value(name);
        value
            .and_then(|value| value.as_list().map(<[String]>::to_vec))
            .unwrap_or_default()
    }

    pub(super) fn int(&self, name: &str) -> i64 {
        let value = self.settings.value(name);
        value.and_then(|value| value.as_i64()).unwrap_or_default()
    }

    pub(super) fn int32(&self, name: &str) -> i32 {
        i32::try_from(self.int(name)).unwrap_or(i32::MAX)
    }

    pub(super) fn count(&self, name: &str) -> usize {
        usize::try_from(self.int(name)).unwrap_or_default()
    }

    pub(super) fn milliseconds(&self, name: &str) -> Duration {
        Duration::from_millis(u64::try_from(self.int(name)).unwrap_or_default())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        let value = self.settings.value(name);
        value.and_then(|value| value.as_bool()).unwrap_or_default()
    }

    pub(super) fn refuse(&mut self, name: &str, why: impl std::fmt::Display) {
        self.errors
            .push(format!("{}: {why}", self.settings.place(name)));
    }
}
