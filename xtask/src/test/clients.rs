//! The stages that run real clients against the release binary.

use super::stage::Stage;

/// They are in a module of their own, with the set-up of each client.
pub fn stages() -> Vec<Stage> {
    crate::clients::suites::stages()
}
