//! A controller without a quorum: what it decides is committed at once.
#![allow(dead_code)]

use highwater_metadata::config::Overrides;
use highwater_metadata::{
    ControllerSettings, ControllerState, Decision, DecisionContext, MetadataDelta, MetadataImage,
    MetadataRecord,
};
use highwater_protocol::messages::broker_registration::{Feature, Listener};
use highwater_protocol::messages::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest,
    BrokerRegistrationResponse, CreateTopicsRequest, CreateTopicsResponse,
    create_topics::{CreatableTopic, CreatableTopicConfig},
};
use highwater_types::{ClusterId, Offset, Uuid};

pub const SESSION_MS: u64 = 9_000;

pub struct Cluster {
    pub state: ControllerState,
    /// What a follower of the log has, from the encoded records alone.
    pub follower: MetadataImage,
    pub now_ms: u64,
    pub next_offset: Offset,
    random: u64,
}

impl Cluster {
    pub fn new() -> Self {
        Self::with_configs(&[])
    }

    pub fn with_configs(configs: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings = ControllerSettings {
            cluster_id: ClusterId("test".into()),
            broker_session_timeout_ms: SESSION_MS,
            configs: configs.iter().map(own).collect::<Overrides>(),
        };
        let mut cluster = Self {
            state: ControllerState::new(settings, MetadataImage::empty(), 0),
            follower: MetadataImage::empty(),
            now_ms: 0,
            next_offset: Offset(2),
            random: 1,
        };
        let bootstrap = cluster.state.decide_bootstrap();
        cluster.commit(bootstrap);
        cluster
    }

    /// Decides, commits, checks, answers.
    pub fn ask<R>(
        &mut self,
        decide: impl FnOnce(&mut ControllerState, &mut DecisionContext<'_>) -> Decision<R>,
    ) -> R {
        let mut random = self.random;
        let mut draw = || {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            random ^ (random >> 32)
        };
        let mut context = DecisionContext {
            now_ms: self.now_ms,
            next_offset: self.next_offset,
            random: &mut draw,
        };
        let decision = decide(&mut self.state, &mut context);
        self.random = random;
        self.commit(decision)
    }

    pub fn commit<R>(&mut self, decision: Decision<R>) -> R {
        let before = self.follower.clone();
        for record in decision.records {
            self.state.replay(&record, self.next_offset).unwrap();
            let bytes = record.encode().unwrap();
            let decoded = MetadataRecord::decode(&bytes).unwrap();
            assert_eq!(decoded, record);
            self.follower.replay(&decoded).unwrap();
            self.follower.set_last_offset(self.next_offset);
            self.next_offset = self.next_offset.plus(1);
        }
        self.state.check_invariants();
        assert_eq!(&self.follower, self.state.image());
        check_delta(&before, &self.follower);
        check_snapshot(&self.follower);
        decision.response
    }

    pub fn register(&mut self, id: i32, incarnation: u8) -> BrokerRegistrationResponse {
        let request = registration(id, incarnation);
        self.ask(|state, context| state.decide_register_broker(&request, context))
    }

    pub fn heartbeat(&mut self, request: &BrokerHeartbeatRequest) -> BrokerHeartbeatResponse {
        self.ask(|state, context| state.decide_broker_heartbeat(request, context))
    }

    /// Registers a broker and lets it serve; returns its epoch.
    pub fn start_broker(&mut self, id: i32) -> i64 {
        let response = self.register(id, 1);
        assert_eq!(response.error_code, 0);
        let beat = BrokerHeartbeatRequest {
            broker_id: id,
            broker_epoch: response.broker_epoch,
            current_metadata_offset: self.next_offset.get() - 1,
            ..BrokerHeartbeatRequest::default()
        };
        assert!(!self.heartbeat(&beat).is_fenced);
        response.broker_epoch
    }

    pub fn create(&mut self, topic: CreatableTopic) -> CreateTopicsResponse {
        let request = CreateTopicsRequest {
            topics: vec![topic],
            ..CreateTopicsRequest::default()
        };
        self.ask(|state, context| state.decide_create_topics(&request, context))
    }

    /// Fences everybody whose session is over.
    pub fn fence_silent(&mut self) {
        while self
            .ask(|state, context| state.decide_fence_silent_brokers(context.now_ms))
            .is_some()
        {}
    }
}

pub fn topic(name: &str, partitions: i32, factor: i16) -> CreatableTopic {
    CreatableTopic {
        name: name.into(),
        num_partitions: partitions,
        replication_factor: factor,
        ..CreatableTopic::default()
    }
}

pub fn config(name: &str, value: &str) -> CreatableTopicConfig {
    CreatableTopicConfig {
        name: name.into(),
        value: Some(value.into()),
    }
}

pub fn directory(id: i32) -> Uuid {
    Uuid((1000 + id as u128).to_be_bytes())
}

pub fn registration(id: i32, incarnation: u8) -> BrokerRegistrationRequest {
    BrokerRegistrationRequest {
        broker_id: id,
        cluster_id: "test".into(),
        incarnation_id: Uuid([incarnation; 16]),
        listeners: vec![Listener {
            name: "PLAINTEXT".into(),
            host: "h".into(),
            port: 9092,
            security_protocol: 0,
        }],
        features: vec![Feature {
            name: "metadata.version".into(),
            min_supported_version: 1,
            max_supported_version: 30,
        }],
        rack: Some(format!("rack{}", id % 2)),
        log_dirs: vec![directory(id)],
        ..BrokerRegistrationRequest::default()
    }
}

/// The delta tells exactly what differs.
fn check_delta(before: &MetadataImage, after: &MetadataImage) {
    let delta = MetadataDelta::between(before, after);
    let created = delta.topics_created().len();
    let deleted = delta.topics_deleted().len();
    assert_eq!(
        before.topics().len() + created,
        after.topics().len() + deleted
    );
    for change in delta.partitions_changed() {
        let of = |image: &MetadataImage| {
            let topic = image.topics().get_by_id(change.topic_id)?;
            topic.partition(change.partition).cloned()
        };
        assert_eq!(change.before, of(before));
        assert_eq!(change.after, of(after));
        assert_ne!(change.before, change.after);
    }
    let total = |image: &MetadataImage| {
        let topics = image.topics().iter();
        topics.map(|topic| topic.partition_count()).sum::<usize>()
    };
    let added = delta.partitions_changed().iter();
    let added = added.filter(|change| change.before.is_none()).count();
    let removed = delta.partitions_changed().iter();
    let removed = removed.filter(|change| change.after.is_none()).count();
    assert_eq!(total(before) + added, total(after) + removed);
}

/// An image is what its records make.
fn check_snapshot(image: &MetadataImage) {
    let mut again = MetadataImage::empty();
    for record in image.to_records() {
        again.replay(&record).unwrap();
    }
    if image.last_offset() != Offset::NONE {
        again.set_last_offset(image.last_offset());
    }
    assert_eq!(&again, image);
}
