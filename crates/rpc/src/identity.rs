//! Who speaks: sent with every call, checked by every server.

use std::fmt;
use std::sync::Arc;

use highwater_types::{ClusterId, NodeId, Uuid};
use prost::Message;
use tonic::metadata::{Binary, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::log_limit::LogLimit;
use crate::proto::node::Identity;

/// The header that carries the caller's identity; gRPC encodes what ends in `-bin`.
const HEADER: &str = "highwater-node-bin";
/// The header of a refusal, so that it is told apart from others of the same code.
const REFUSAL_HEADER: &str = "highwater-refusal";
const OTHER_CLUSTER: &str = "other-cluster";

/// One life of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeIdentity {
    pub cluster_id: ClusterId,
    pub node_id: NodeId,
    /// New with every start of the process.
    pub incarnation: Uuid,
}

impl NodeIdentity {
    /// The caller of a request that came through [`crate::server::serve`].
    #[must_use]
    pub fn of<T>(request: &Request<T>) -> Option<&Self> {
        request.extensions().get()
    }

    pub(crate) fn to_proto(&self) -> Identity {
        Identity {
            cluster_id: self.cluster_id.0.clone(),
            node_id: self.node_id.get(),
            incarnation: self.incarnation.0.to_vec().into(),
        }
    }

    /// `None` if the incarnation is no id.
    pub(crate) fn from_proto(identity: Identity) -> Option<Self> {
        Some(Self {
            cluster_id: ClusterId(identity.cluster_id),
            node_id: NodeId(identity.node_id),
            incarnation: Uuid(identity.incarnation.as_ref().try_into().ok()?),
        })
    }
}

impl fmt::Display for NodeIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of cluster {}", self.node_id, self.cluster_id)
    }
}

/// Whether a call was refused because the callee belongs to another cluster.
#[must_use]
pub fn is_other_cluster(status: &Status) -> bool {
    let refusal = status.metadata().get(REFUSAL_HEADER);
    refusal.is_some_and(|refusal| refusal == OTHER_CLUSTER)
}

/// Adds the caller's identity to its calls.
#[derive(Clone, Debug)]
pub struct IdentityHeader {
    value: MetadataValue<Binary>,
}

impl IdentityHeader {
    pub(crate) fn new(identity: &NodeIdentity) -> Self {
        Self {
            value: MetadataValue::from_bytes(&identity.to_proto().encode_to_vec()),
        }
    }
}

impl Interceptor for IdentityHeader {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert_bin(HEADER, self.value.clone());
        Ok(request)
    }
}

/// Refuses calls from other clusters and from programs that do not say who they are.
#[derive(Clone)]
pub(crate) struct IdentityCheck {
    own: Arc<NodeIdentity>,
    /// The name of the listener, for logs.
    listener: Arc<str>,
    log: Arc<LogLimit>,
}

impl IdentityCheck {
    pub(crate) fn new(own: NodeIdentity, listener: &str) -> Self {
        Self {
            own: Arc::new(own),
            listener: listener.into(),
            log: Arc::default(),
        }
    }

    fn check(&self, request: &Request<()>) -> Result<NodeIdentity, Status> {
        let header = request.metadata().get_bin(HEADER);
        let bytes = header.and_then(|value| value.to_bytes().ok());
        let identity = bytes
            .and_then(|bytes| Identity::decode(bytes).ok())
            .and_then(NodeIdentity::from_proto);
        let Some(caller) = identity else {
            let reason = "the caller does not say which node it is";
            return Err(Status::failed_precondition(reason));
        };
        if caller.cluster_id != self.own.cluster_id {
            let reason = format!("{caller} called {}: another cluster", self.own);
            let mut status = Status::failed_precondition(reason);
            let value = MetadataValue::from_static(OTHER_CLUSTER);
            status.metadata_mut().insert(REFUSAL_HEADER, value);
            return Err(status);
        }
        Ok(caller)
    }
}

impl Interceptor for IdentityCheck {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        match self.check(&request) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                Ok(request)
            }
            Err(status) => {
                let peer = request.remote_addr();
                self.log.warn(|more| {
                    let reason = status.message();
                    tracing::warn!(listener = %self.listener, ?peer, more, "refused a call: {reason}");
                });
                Err(status)
            }
        }
    }
}
