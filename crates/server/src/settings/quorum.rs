//! Who the node is, and its place in the quorum.

use highwater_types::NodeId;

use super::reader::Reader;

impl Reader<'_> {
    pub(super) fn node_id(&mut self) -> NodeId {
        let broker_id = self.int("broker.id");
        match self.settings.value("node.id").and_then(|id| id.as_i64()) {
            Some(id) => {
                if self.settings.get("broker.id").is_some() && broker_id != id {
                    self.refuse("broker.id", format!("it must equal node.id, which is {id}"));
                }
                NodeId(i32::try_from(id).unwrap_or_default())
            }
            None if broker_id >= 0 => NodeId(i32::try_from(broker_id).unwrap_or_default()),
            None => {
                self.refuse(
                    "node.id",
                    "it is missing; every node has a number of its own",
                );
                NodeId::NONE
            }
        }
    }

    pub(super) fn check_roles(&mut self) {
        let roles = self.list("process.roles");
        if roles.is_empty() {
            self.refuse(
                "process.roles",
                "it is missing; use process.roles=broker,controller",
            );
        } else if roles.len() == 1 {
            self.refuse(
                "process.roles",
                format!(
                    "a node that is only a {} is not possible yet; use broker,controller",
                    roles[0]
                ),
            );
        }
    }

    pub(super) fn controller_listener_names(&mut self) -> Vec<String> {
        let names = self.list("controller.listener.names");
        if names.is_empty() {
            self.refuse(
                "controller.listener.names",
                "it is missing; it names the listener of the controller, such as CONTROLLER",
            );
        }
        names.iter().map(|name| name.to_uppercase()).collect()
    }

    /// The quorum must be this node alone, for now.
    pub(super) fn check_quorum(&mut self, node_id: NodeId) {
        let voters = self.list("controller.quorum.voters");
        let bootstrap = self.list("controller.quorum.bootstrap.servers");
        if voters.is_empty() && bootstrap.is_empty() {
            self.refuse(
                "controller.quorum.voters",
                // While the number itself is missing, any will do as an example.
                format!(
                    "it is missing; for one node use {}@localhost:9093",
                    node_id.get().max(0)
                ),
            );
        }
        for (name, members) in [
            ("controller.quorum.voters", &voters),
            ("controller.quorum.bootstrap.servers", &bootstrap),
        ] {
            if members.len() > 1 {
                self.refuse(name, "clusters of several nodes are not possible yet");
            }
        }
        if let [voter] = voters.as_slice() {
            match voter.split_once('@').map(|(id, _)| id.parse::<i32>()) {
                Some(Ok(id)) if id == node_id.get() => {}
                Some(Ok(id)) => self.refuse(
                    "controller.quorum.voters",
                    format!("it names node {id}, and this is node {node_id}"),
                ),
                _ => self.refuse(
                    "controller.quorum.voters",
                    format!("{voter} should read id@host:port"),
                ),
            }
        }
    }
}
