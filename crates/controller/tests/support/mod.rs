//! One node with a folder and real ports.
#![allow(dead_code)]

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use highwater_controller::{Controller, ControllerConfig};
use highwater_metadata::{MetadataImage, MetadataRecord};
use highwater_platform::Platform;
use highwater_protocol::messages::broker_registration::{Feature, Listener};
use highwater_protocol::messages::create_topics::CreatableTopic;
use highwater_protocol::messages::{
    BrokerHeartbeatRequest, BrokerRegistrationRequest, CreateTopicsRequest, CreateTopicsResponse,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{Message, Request};
use highwater_rpc::{ControllerRequest, MetadataStream, MetadataUpdate};
use highwater_storage::StdDisk;
use highwater_types::{ClusterId, DirectoryId, NodeId, Offset, Uuid};

pub struct TestNode {
    pub dir: tempfile::TempDir,
    pub platform: Platform,
}

impl TestNode {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            platform: Platform::real(2).unwrap(),
        }
    }

    pub fn config(&self) -> ControllerConfig {
        ControllerConfig::single(
            NodeId(1),
            ClusterId("test".into()),
            DirectoryId(Uuid([1; 16])),
            self.dir.path().to_owned(),
        )
    }

    pub async fn start(&self) -> Controller {
        self.start_with(self.config()).await
    }

    pub async fn start_with(&self, config: ControllerConfig) -> Controller {
        Controller::start(config, Arc::new(StdDisk), self.platform.clone())
            .await
            .unwrap()
    }

    pub async fn call<R: Request>(
        &self,
        controller: &Controller,
        request: &R,
        version: i16,
    ) -> R::Response {
        let request = ControllerRequest {
            api_key: R::KEY as i16,
            api_version: version,
            body: request.to_bytes(version).unwrap(),
            client: "test".into(),
        };
        let body = controller.channel().call(request).await.unwrap();
        R::Response::decode(&mut Reader::new(body), version).unwrap()
    }

    /// Registers broker 1 and lets it serve; returns its epoch.
    pub async fn start_broker(&self, controller: &Controller) -> i64 {
        let registered = self.call(controller, &registration(1), 4).await;
        assert_eq!(registered.error_code, 0);
        let epoch = registered.broker_epoch;
        let response = self
            .call(controller, &heartbeat(1, epoch, Offset(epoch)), 1)
            .await;
        assert!(!response.is_fenced);
        epoch
    }

    pub async fn create_topic(
        &self,
        controller: &Controller,
        name: &str,
        partitions: i32,
    ) -> CreateTopicsResponse {
        let request = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: name.into(),
                num_partitions: partitions,
                replication_factor: 1,
                ..CreatableTopic::default()
            }],
            ..CreateTopicsRequest::default()
        };
        self.call(controller, &request, 7).await
    }
}

pub fn registration(id: i32) -> BrokerRegistrationRequest {
    BrokerRegistrationRequest {
        broker_id: id,
        cluster_id: "test".into(),
        incarnation_id: Uuid([9; 16]),
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
        log_dirs: vec![Uuid([8; 16])],
        ..BrokerRegistrationRequest::default()
    }
}

pub fn heartbeat(id: i32, epoch: i64, offset: Offset) -> BrokerHeartbeatRequest {
    BrokerHeartbeatRequest {
        broker_id: id,
        broker_epoch: epoch,
        current_metadata_offset: offset.get(),
        ..BrokerHeartbeatRequest::default()
    }
}

/// Follows the committed metadata as a broker does.
pub struct Follower {
    pub image: MetadataImage,
    pub snapshots: usize,
    stream: MetadataStream,
}

impl Follower {
    pub async fn new(controller: &Controller, last_seen: Offset) -> Self {
        Self {
            image: MetadataImage::empty(),
            snapshots: 0,
            stream: controller.channel().subscribe(last_seen).await.unwrap(),
        }
    }

    pub async fn until(&mut self, wanted: impl Fn(&MetadataImage) -> bool) {
        while !wanted(&self.image) {
            let update = tokio::time::timeout(Duration::from_secs(10), self.stream.next())
                .await
                .expect("an update in time")
                .expect("the stream goes on");
            let (last_offset, records) = match update {
                MetadataUpdate::Snapshot {
                    last_offset,
                    records,
                } => {
                    self.image = MetadataImage::empty();
                    self.snapshots += 1;
                    (last_offset, records)
                }
                MetadataUpdate::Records {
                    last_offset,
                    records,
                } => (last_offset, records),
            };
            for record in &records {
                let record = MetadataRecord::decode(record).unwrap();
                self.image.replay(&record).unwrap();
            }
            if last_offset != Offset::NONE {
                self.image.set_last_offset(last_offset);
            }
            self.image.check_invariants();
        }
    }
}
