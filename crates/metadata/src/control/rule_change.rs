//! What a change of configs or features does to leaders and eligible replicas.

use highwater_protocol::ErrorCode;

use super::broker_move::BrokerMove;
use super::{ApiError, ControllerState, topic_rules};
use crate::MetadataRecord;
use crate::config::Overrides;
use crate::image::{ConfigResource, ConfigResourceType, ELIGIBLE_LEADER_REPLICAS_VERSION};

impl ControllerState {
    /// The partition changes that belong to the same decision as changed configs or
    /// feature levels. With a lower `min.insync.replicas` an ISR may commit what eligible
    /// replicas have not, so that they are not eligible any more; and a partition without
    /// a leader gets one if an unclean election is allowed now.
    pub(super) fn follow_rules(&self, changes: &[MetadataRecord]) -> Vec<MetadataRecord> {
        if !changes.iter().any(changes_rules) {
            return Vec::new();
        }
        let mut after = self.image.clone();
        for change in changes {
            after
                .replay(change)
                .expect("a decided record fits the image");
        }
        let leaderless = self.partition_sets.leaderless();
        let led = self.partition_sets.with_eligible();
        let led = led.filter(|key| {
            let partition = self.partition_at(*key);
            partition.is_some_and(|(_, partition)| partition.leader().is_some())
        });
        let keys = leaderless.chain(led);
        self.change_each(&after, keys, BrokerMove::None, |change, _| Some(change))
            .collect()
    }

    /// Refuses what would let brokers differ in `min.insync.replicas` while it decides who
    /// is eligible: the controller must know what leaders commit by. KIP-966.
    pub(super) fn check_min_isr_config(
        &self,
        resource: &ConfigResource,
        before: &Overrides,
        after: &Overrides,
    ) -> Result<(), ApiError> {
        let refused = |message: &str| Err(ApiError::new(ErrorCode::InvalidConfig, message));
        let name = topic_rules::MIN_INSYNC_REPLICAS;
        let elr = self
            .image
            .features()
            .level(ELIGIBLE_LEADER_REPLICAS_VERSION)
            > 0;
        let (old, new) = (before.get(name), after.get(name));
        if !elr || resource.resource_type != ConfigResourceType::Broker || old == new {
            return Ok(());
        }
        if !resource.name.is_empty() && new.is_some() {
            return refused(
                "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
            );
        }
        if resource.name.is_empty() && new.is_none() {
            return refused(
                "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
            );
        }
        Ok(())
    }
}

fn changes_rules(record: &MetadataRecord) -> bool {
    match record {
        MetadataRecord::Config(body) => {
            let rules = [
                topic_rules::MIN_INSYNC_REPLICAS,
                topic_rules::UNCLEAN_LEADER_ELECTION_ENABLE,
            ];
            rules.contains(&body.name.as_str())
        }
        MetadataRecord::FeatureLevel(body) => body.name == ELIGIBLE_LEADER_REPLICAS_VERSION,
        _ => false,
    }
}
