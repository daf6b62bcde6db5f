//! A controller without a quorum: what it decides is committed at once.
#![allow(dead_code)]

use highwater_metadata::config::Overrides;
use highwater_metadata::image::{ELIGIBLE_LEADER_REPLICAS_VERSION, PartitionImage};
use highwater_metadata::{
    ControllerSettings, ControllerState, Decision, DecisionContext, Fencing, MetadataDelta,
    MetadataImage, MetadataRecord,
};
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::broker_registration::{Feature, Listener};
use highwater_protocol::messages::create_topics::CreatableReplicaAssignment;
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig,
};
use highwater_protocol::messages::metadata_records::FeatureLevelRecord;
use highwater_protocol::messages::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest,
    BrokerRegistrationResponse, CreateTopicsRequest, CreateTopicsResponse,
    IncrementalAlterConfigsRequest,
    create_topics::{CreatableTopic, CreatableTopicConfig},
};
use highwater_types::{BrokerEpoch, ClusterId, NodeId, Offset, PartitionIndex, Uuid};

pub const SESSION_MS: u64 = 9_000;

pub struct Cluster {
    pub state: ControllerState,
    /// What a follower of the log has, from the encoded records alone.
    pub follower: MetadataImage,
    pub now_ms: u64,
    pub next_offset: Offset,
    settings: ControllerSettings,
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
            state: ControllerState::new(settings.clone(), MetadataImage::empty(), 0),
            settings,
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

    /// Switches eligible leader replicas on or off.
    pub fn set_elr(&mut self, on: bool) {
        let level = FeatureLevelRecord {
            name: ELIGIBLE_LEADER_REPLICAS_VERSION.into(),
            feature_level: i16::from(on),
        };
        self.commit(Decision {
            records: vec![level.into()],
            response: (),
        });
    }

    /// A topic of one partition with these replicas and configs.
    pub fn create_assigned(&mut self, name: &str, replicas: &[i32], configs: &[(&str, &str)]) {
        let mut wanted = topic(name, -1, -1);
        wanted.assignments = vec![CreatableReplicaAssignment {
            partition_index: 0,
            broker_ids: replicas.to_vec(),
        }];
        wanted.configs = configs.iter().map(|(k, v)| config(k, v)).collect();
        assert_eq!(self.create(wanted).topics[0].error_code, 0);
    }

    /// The first partition of a topic.
    pub fn partition(&self, name: &str) -> PartitionImage {
        let topics = self.state.image().topics();
        (**topics.partition(name, PartitionIndex(0)).unwrap()).clone()
    }

    pub fn epoch(&self, id: i32) -> i64 {
        let broker = self.state.image().cluster().broker(NodeId(id));
        broker.map_or(-1, |broker| broker.epoch.get())
    }

    /// A heartbeat of a broker that has seen everything.
    pub fn beat(&mut self, id: i32) -> BrokerHeartbeatResponse {
        let request = self.beat_of(id);
        self.heartbeat(&request)
    }

    pub fn beat_of(&self, id: i32) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest {
            broker_id: id,
            broker_epoch: self.epoch(id),
            current_metadata_offset: self.next_offset.get() - 1,
            ..BrokerHeartbeatRequest::default()
        }
    }

    /// Fences a broker as the failure detector does.
    pub fn fence(&mut self, id: i32) {
        let epoch = BrokerEpoch(self.epoch(id));
        while self.ask(|state, _| state.decide_fence_broker(NodeId(id), epoch)) == Fencing::Partly {
        }
    }

    /// Another controller becomes active.
    pub fn fail_over(&mut self) {
        let image = self.state.image().clone();
        self.state = ControllerState::new(self.settings.clone(), image, self.now_ms);
    }

    /// Sets one config, or removes it.
    pub fn set_config(
        &mut self,
        resource_type: i8,
        resource_name: &str,
        name: &str,
        value: Option<&str>,
    ) -> ErrorCode {
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type,
                resource_name: resource_name.into(),
                configs: vec![AlterableConfig {
                    name: name.into(),
                    config_operation: i8::from(value.is_none()),
                    value: value.map(str::to_owned),
                }],
            }],
            validate_only: false,
        };
        let response = self.ask(|state, _| state.decide_incremental_alter_configs(&request));
        ErrorCode::from_code(response.responses[0].error_code)
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
        features: vec![
            feature("metadata.version", 1, 30),
            feature(ELIGIBLE_LEADER_REPLICAS_VERSION, 0, 1),
        ],
        rack: Some(format!("rack{}", id % 2)),
        log_dirs: vec![directory(id)],
        ..BrokerRegistrationRequest::default()
    }
}

fn feature(name: &str, min: i16, max: i16) -> Feature {
    Feature {
        name: name.into(),
        min_supported_version: min,
        max_supported_version: max,
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
