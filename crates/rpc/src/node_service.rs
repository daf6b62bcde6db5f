//! Who listens on a port, asked by others.

use tonic::{Request, Response, Status};

use crate::client::Connection;
use crate::identity::NodeIdentity;
use crate::proto::node::node_client::NodeClient;
use crate::proto::node::node_server::{Node, NodeServer};
use crate::proto::node::{IdentifyRequest, Identity};

pub(crate) struct NodeService {
    own: NodeIdentity,
}

pub(crate) fn server(own: NodeIdentity) -> NodeServer<NodeService> {
    NodeServer::new(NodeService { own })
}

#[tonic::async_trait]
impl Node for NodeService {
    async fn identify(
        &self,
        _request: Request<IdentifyRequest>,
    ) -> Result<Response<Identity>, Status> {
        Ok(Response::new(self.own.to_proto()))
    }
}

/// Asks the node at the other end who it is.
///
/// # Errors
/// When it does not answer, or is of another cluster.
pub async fn identify(connection: Connection) -> Result<NodeIdentity, Status> {
    let answer = NodeClient::new(connection)
        .identify(IdentifyRequest {})
        .await?;
    NodeIdentity::from_proto(answer.into_inner())
        .ok_or_else(|| Status::internal("the node's incarnation is no id"))
}
