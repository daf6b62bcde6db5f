//! Another process under a broker's id: what its replicas may have lost.

use highwater_protocol::messages::BrokerRegistrationRequest;
use highwater_types::{BrokerEpoch, DirectoryId, NodeId};

use super::ControllerState;
use super::broker_move::BrokerMove;
use super::partition_change::Loss;
use crate::MetadataRecord;
use crate::image::{BrokerImage, directory};

/// The log directories of a broker before and after its restart.
struct Directories<'a> {
    /// Those of the registration before; empty when nothing is known.
    before: &'a [DirectoryId],
    after: Vec<DirectoryId>,
}

impl Directories<'_> {
    /// Whether what the broker had in this directory is gone.
    ///
    /// A single directory that is missing may only have failed, and may come back. Where
    /// every directory is another one, the broker began anew with empty disks.
    fn is_replaced(&self, at: DirectoryId) -> bool {
        if self.after.contains(&at) {
            return false;
        }
        if self.before.is_empty() {
            return !directory::is_reserved(at);
        }
        !self.before.iter().any(|id| self.after.contains(id))
    }

    /// Where the broker puts a replica anew.
    fn new_place(&self) -> DirectoryId {
        match self.after.as_slice() {
            [only] => *only,
            _ => directory::UNASSIGNED,
        }
    }
}

impl ControllerState {
    /// Takes the earlier life of a broker out of all leaders and ISRs, and what it may
    /// have lost out of the eligible replicas.
    ///
    /// A process that did not stop in order may have lost what it had not flushed. Where
    /// committed means flushed, that is nothing that counts, so that its replicas stay
    /// eligible; under `write.caching` they do not. KIP-966. A clean stop is known by the
    /// epoch that the broker wrote down when it stopped. A replica whose directory was
    /// replaced has nothing at all, and is in no list, not even alone.
    pub(super) fn restart_partitions(
        &self,
        before: Option<&BrokerImage>,
        request: &BrokerRegistrationRequest,
    ) -> Vec<MetadataRecord> {
        let id = NodeId(request.broker_id);
        let previous = BrokerEpoch(request.previous_broker_epoch);
        let is_clean = before.is_some_and(|broker| broker.epoch == previous);
        let directories = Directories {
            before: before.map_or(&[], |broker| &broker.directories),
            after: request.log_dirs.iter().copied().map(DirectoryId).collect(),
        };
        let keys = self.partition_sets.of_broker(id);
        let broker_move = BrokerMove::Leaves(id);
        self.change_each(&self.image, keys, broker_move, |change, partition| {
            let at = partition.directory_of(id)?;
            if directories.is_replaced(at) {
                let change = change.loses_data(id, Loss::Certain);
                return Some(change.directory(id, directories.new_place()));
            }
            let rules = change.rules();
            if rules.elr && !rules.flushed && !is_clean {
                return Some(change.loses_data(id, Loss::Possible));
            }
            let in_sync = partition.isr.contains(&id);
            in_sync.then(|| change.leaves_isr(id))
        })
        .collect()
    }
}
