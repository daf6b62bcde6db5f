//! The configs of a topic that decide about its leaders and in-sync replicas.

use highwater_types::TopicId;

use super::{ControllerSettings, ControllerState};
use crate::MetadataImage;
use crate::config::{BrokerLayers, topic_value};
use crate::image::{ConfigResource, ELIGIBLE_LEADER_REPLICAS_VERSION, TopicImage};

pub(super) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
pub(super) const UNCLEAN_LEADER_ELECTION_ENABLE: &str = "unclean.leader.election.enable";

/// By which rules the leaders of a topic's partitions are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TopicRules {
    /// `eligible.leader.replicas.version` is on: the controller remembers which
    /// replicas outside the ISR have every committed record. KIP-966.
    pub elr: bool,
    /// `min.insync.replicas`, at least 1. With fewer replicas in the ISR nothing is
    /// committed. A partition with fewer replicas asks for all of them.
    pub min_isr: usize,
    /// `unclean.leader.election.enable`
    pub unclean: bool,
    /// Committed means flushed to disk, so that a power loss takes nothing of it: not
    /// `write.caching`.
    pub flushed: bool,
}

impl TopicRules {
    /// The rules of a topic in an image.
    pub(super) fn of(
        settings: &ControllerSettings,
        image: &MetadataImage,
        topic: &TopicImage,
    ) -> Self {
        let overrides = image.configs().of_topic(topic.name().as_str());
        let configs = image.configs();
        let dynamic_default = configs
            .get(&ConfigResource::all_brokers())
            .cloned()
            .unwrap_or_default();
        let layers = BrokerLayers {
            dynamic_default: &dynamic_default,
            fixed: &settings.configs,
            ..BrokerLayers::default()
        };
        let value = |name: &str| topic_value(name, &overrides, layers);
        let flag = |name: &str| value(name).and_then(|v| v.as_bool()).unwrap_or(false);
        let min_isr = value(MIN_INSYNC_REPLICAS).and_then(|v| v.as_i64());
        Self {
            elr: image.features().level(ELIGIBLE_LEADER_REPLICAS_VERSION) > 0,
            min_isr: min_isr
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(1)
                .max(1),
            unclean: flag(UNCLEAN_LEADER_ELECTION_ENABLE),
            flushed: !flag("write.caching"),
        }
    }
}

/// Looks up each topic's rules once, while partitions come topic by topic.
pub(super) struct RulesOfTopics<'a> {
    state: &'a ControllerState,
    image: &'a MetadataImage,
    last: Option<(TopicId, TopicRules)>,
}

impl<'a> RulesOfTopics<'a> {
    /// The rules by `image`, which may be ahead of the state's own.
    pub(super) fn new(state: &'a ControllerState, image: &'a MetadataImage) -> Self {
        Self {
            state,
            image,
            last: None,
        }
    }

    pub(super) fn of(&mut self, topic: &TopicImage) -> TopicRules {
        match self.last {
            Some((id, rules)) if id == topic.id() => rules,
            _ => {
                let rules = TopicRules::of(&self.state.settings, self.image, topic);
                self.last = Some((topic.id(), rules));
                rules
            }
        }
    }
}
