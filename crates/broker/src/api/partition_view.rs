//! One partition as a client of one listener sees it.

use highwater_metadata::MetadataImage;
use highwater_metadata::image::PartitionImage;
use highwater_protocol::ErrorCode;
use highwater_types::NodeId;

/// What old versions of Metadata want otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ViewRules {
    /// Leave out replicas that can not be reached, and say so by an error.
    pub hide_dead_replicas: bool,
    /// Tell a leader without this listener from no leader.
    pub name_missing_listeners: bool,
}

/// A partition's replicas and leader, with what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartitionView {
    pub error: ErrorCode,
    /// -1 if there is none that the client can reach.
    pub leader: i32,
    pub leader_epoch: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    /// Replicas on brokers that are fenced or not registered.
    pub offline_replicas: Vec<i32>,
}

impl PartitionView {
    pub(super) fn of(
        image: &MetadataImage,
        partition: &PartitionImage,
        listener: &str,
        rules: ViewRules,
    ) -> Self {
        let cluster = image.cluster();
        let reachable = |id: &NodeId| {
            let broker = cluster.broker(*id);
            broker.is_some_and(|broker| broker.endpoint(listener).is_some())
        };
        let online = |id: &NodeId| cluster.broker(*id).is_some_and(|broker| !broker.fenced);
        let shown = |ids: &[NodeId]| -> Vec<i32> {
            let shown = ids
                .iter()
                .filter(|id| !rules.hide_dead_replicas || reachable(id));
            shown.map(|id| id.get()).collect()
        };
        let replicas = shown(&partition.replicas);
        let isr = shown(&partition.isr);
        let leader = partition.leader().filter(reachable);
        let error = match leader {
            Some(_) if replicas.len() < partition.replicas.len() => ErrorCode::ReplicaNotAvailable,
            Some(_) if isr.len() < partition.isr.len() => ErrorCode::ReplicaNotAvailable,
            Some(_) => ErrorCode::None,
            None if rules.name_missing_listeners && cluster.broker(partition.leader).is_some() => {
                ErrorCode::ListenerNotFound
            }
            None => ErrorCode::LeaderNotAvailable,
        };
        let offline = partition
            .replicas
            .iter()
            .filter(|id| !online(id) || !reachable(id));
        Self {
            error,
            leader: leader.unwrap_or(NodeId::NONE).get(),
            leader_epoch: partition.leader_epoch.get(),
            replicas,
            isr,
            offline_replicas: offline.map(|id| id.get()).collect(),
        }
    }
}
