//! Who the node is, and where the controllers of its cluster are.

use highwater_controller::QuorumTimeouts;
use highwater_types::NodeId;

use super::listeners::parse_address;
use super::reader::Reader;

const VOTERS: &str = "controller.quorum.voters";
const BOOTSTRAP: &str = "controller.quorum.bootstrap.servers";

/// What a node does, from `process.roles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub broker: bool,
    pub controller: bool,
}

/// One `id@host:port` of `controller.quorum.voters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    pub node: NodeId,
    pub host: String,
    pub port: u16,
}

/// Where the controllers are, and how patient they are with each other.
#[derive(Clone, Debug)]
pub struct QuorumSettings {
    /// The fixed voters; empty if the quorum knows its own. KIP-853.
    pub voters: Vec<Voter>,
    /// `host:port` of some controllers.
    pub bootstrap_servers: Vec<String>,
    pub auto_join: bool,
    pub timeouts: QuorumTimeouts,
}

impl QuorumSettings {
    /// Whether the controller of `node` decides alone, without asking anybody.
    pub fn is_alone(&self, node: NodeId) -> bool {
        matches!(self.voters.as_slice(), [only] if only.node == node)
    }

    /// Where `node` is reached as a voter, if the voters are fixed.
    pub fn voter(&self, node: NodeId) -> Option<&Voter> {
        self.voters.iter().find(|voter| voter.node == node)
    }
}

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

    pub(super) fn roles(&mut self) -> Roles {
        let roles = self.list("process.roles");
        if roles.is_empty() {
            self.refuse(
                "process.roles",
                "it is missing; it is broker, controller or broker,controller",
            );
        }
        Roles {
            broker: roles.iter().any(|role| role == "broker"),
            controller: roles.iter().any(|role| role == "controller"),
        }
    }

    pub(super) fn controller_listener_names(&mut self) -> Vec<String> {
        let names = self.list("controller.listener.names");
        if names.is_empty() {
            self.refuse(
                "controller.listener.names",
                "it is missing; it names the listener of the controllers, such as CONTROLLER",
            );
        }
        names.iter().map(|name| name.to_uppercase()).collect()
    }

    pub(super) fn quorum(&mut self, node_id: NodeId, roles: Roles) -> QuorumSettings {
        let voters = self.voters();
        let bootstrap_servers = self.bootstrap_servers();
        if self.list(VOTERS).is_empty() && self.list(BOOTSTRAP).is_empty() {
            // While the number itself is missing, any will do as an example.
            let example = node_id.get().max(0);
            self.refuse(
                VOTERS,
                format!(
                    "it is missing, and so is {BOOTSTRAP}; for one node use {example}@localhost:9093"
                ),
            );
        }
        self.check_membership(&voters, node_id, roles);
        QuorumSettings {
            voters,
            bootstrap_servers,
            auto_join: self.flag("controller.quorum.auto.join.enable"),
            timeouts: self.quorum_timeouts(),
        }
    }

    fn voters(&mut self) -> Vec<Voter> {
        let mut voters: Vec<Voter> = Vec::new();
        for text in self.list(VOTERS) {
            match parse_voter(&text) {
                Err(reason) => self.refuse(VOTERS, reason),
                Ok(voter) if voters.iter().any(|other| other.node == voter.node) => {
                    self.refuse(VOTERS, format!("node {} is there twice", voter.node));
                }
                Ok(voter) => voters.push(voter),
            }
        }
        if voters.len() > 1 && voters.iter().any(|voter| voter.port == 0) {
            self.refuse(VOTERS, "port 0 can not be connected to by the others");
        }
        voters
    }

    fn bootstrap_servers(&mut self) -> Vec<String> {
        let servers = self.list(BOOTSTRAP);
        for server in &servers {
            if let Err(reason) = parse_address(server) {
                self.refuse(BOOTSTRAP, reason);
            }
        }
        servers
    }

    /// Fixed voters are exactly the nodes that are controllers.
    fn check_membership(&mut self, voters: &[Voter], node_id: NodeId, roles: Roles) {
        if voters.is_empty() || node_id == NodeId::NONE {
            return;
        }
        let is_voter = voters.iter().any(|voter| voter.node == node_id);
        if roles.controller && !is_voter {
            let named: Vec<String> = voters.iter().map(|voter| voter.node.to_string()).collect();
            self.refuse(
                VOTERS,
                format!(
                    "it names node {}, and this is node {node_id}, which is a controller too",
                    named.join(", ")
                ),
            );
        }
        if roles.broker && !roles.controller && is_voter {
            self.refuse(
                VOTERS,
                format!("it names node {node_id}, which is this one and no controller"),
            );
        }
    }

    fn quorum_timeouts(&mut self) -> QuorumTimeouts {
        const ELECTION: &str = "controller.quorum.fetch.timeout.ms";
        /// Two heartbeats must fit between two turns of a busy machine.
        const ELECTION_MIN_MS: i64 = 30;
        if self.int(ELECTION) < ELECTION_MIN_MS {
            self.refuse(
                ELECTION,
                format!(
                    "{} is too short to tell a dead leader from a busy one; at least {ELECTION_MIN_MS}",
                    self.int(ELECTION)
                ),
            );
        }
        QuorumTimeouts {
            request_timeout: self.milliseconds("controller.quorum.request.timeout.ms"),
            ..QuorumTimeouts::electing_after(self.milliseconds(ELECTION))
        }
    }
}

fn parse_voter(text: &str) -> Result<Voter, String> {
    let wrong = || format!("{text} should read id@host:port");
    let (id, address) = text.split_once('@').ok_or_else(wrong)?;
    let node = id.parse().ok().filter(|id| *id >= 0).ok_or_else(wrong)?;
    let (host, port) = parse_address(address).map_err(|reason| format!("{text}: {reason}"))?;
    Ok(Voter {
        node: NodeId(node),
        host,
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voters_are_read() {
        let voter = parse_voter("3@[::1]:9093");
        assert_eq!(
            voter,
            Ok(Voter {
                node: NodeId(3),
                host: "::1".into(),
                port: 9093
            })
        );
        for text in ["", "3", "a@b:1", "-1@b:1", "3@b", "3@b:x", "3@:9093"] {
            assert!(parse_voter(text).is_err(), "{text}");
        }
    }
}
