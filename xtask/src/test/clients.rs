//! The stages that run real clients against the release binary.
//!
//! A client whose runtime is missing gives [`super::stage::Outcome::skipped`].

use super::stage::Stage;

pub fn stages() -> Vec<Stage> {
    Vec::new()
}
