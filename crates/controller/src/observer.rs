//! A window into a running controller, for those who check it from outside.

use highwater_metadata::MetadataImage;
use tokio::sync::watch;

use crate::channel::Status;
use crate::quorum::state_machine::StateMachine;

/// Looks into a controller without keeping it running; what a simulation checks while
/// the cluster runs. Nothing in the controller knows of it.
#[derive(Clone)]
pub struct ControllerObserver {
    pub(crate) state_machine: StateMachine,
    pub(crate) status: watch::Receiver<Status>,
}

impl ControllerObserver {
    /// What this controller knows to be committed.
    #[must_use]
    pub fn image(&self) -> MetadataImage {
        self.state_machine.image()
    }

    /// Whether this controller decides at the moment.
    #[must_use]
    pub fn active(&self) -> bool {
        self.status.borrow().active
    }
}
