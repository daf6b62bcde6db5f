//! Messages, clients and servers of the services in `proto/`, as generated.

/// Between brokers and controllers.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod controller {
    tonic::include_proto!("highwater.controller");
}

/// What every node answers.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod node {
    tonic::include_proto!("highwater.node");
}

/// Between the voters of the metadata quorum.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod quorum {
    tonic::include_proto!("highwater.quorum");
}

/// From a partition's leader to its followers.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod replication {
    tonic::include_proto!("highwater.replication");
}
