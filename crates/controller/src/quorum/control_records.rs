//! What the quorum says about itself in its log and its checkpoints: KRaft's control
//! records, so that Kafka's tools can show them. KIP-595, KIP-630, KIP-853.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bytes::Bytes;
use highwater_protocol::Message;
use highwater_protocol::wire::Reader;
use highwater_types::{DirectoryId, NodeId, Uuid};

use super::types::{
    LogId, Membership, StoredMembership, VoterEndpoint, VoterId, VoterNode, invalid_data, log_id,
};

/// A leader has begun its term.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0-1", flexible = "0+")]
pub(crate) struct LeaderChangeMessage {
    pub version: i16,
    pub leader_id: i32,
    pub voters: Vec<LeaderChangeVoter>,
    pub granting_voters: Vec<LeaderChangeVoter>,
}

#[derive(Clone, Debug, PartialEq, Message)]
pub(crate) struct LeaderChangeVoter {
    pub voter_id: i32,
    #[field(versions = "1+")]
    pub voter_directory_id: Uuid,
}

/// The voters. KRaft changes one voter at a time; openraft goes through a joint
/// membership and has learners, which the tagged field tells in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub(crate) struct VotersRecord {
    pub version: i16,
    pub voters: Vec<VotersRecordVoter>,
    #[field(tag = 10_000)]
    pub highwater_membership: Bytes,
}

#[derive(Clone, Debug, PartialEq, Message)]
pub(crate) struct VotersRecordVoter {
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
    pub endpoints: Vec<VotersRecordEndpoint>,
    pub kraft_version_feature: KraftVersionFeature,
}

#[derive(Clone, Debug, PartialEq, Message)]
pub(crate) struct VotersRecordEndpoint {
    pub name: String,
    pub host: String,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Message)]
pub(crate) struct KraftVersionFeature {
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub(crate) struct KraftVersionRecord {
    pub version: i16,
    pub kraft_version: i16,
}

#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub(crate) struct SnapshotHeaderRecord {
    pub version: i16,
    pub last_contained_log_timestamp: i64,
}

#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub(crate) struct SnapshotFooterRecord {
    pub version: i16,
}

/// openraft's membership in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
struct FullMembership {
    /// Several while the membership changes.
    configs: Vec<MembershipConfig>,
    /// Voters and learners.
    nodes: Vec<VotersRecordVoter>,
    /// Where in the log the membership was set; only in checkpoints.
    #[field(default = -1)]
    epoch: i32,
    #[field(default = -1)]
    offset: i64,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct MembershipConfig {
    voters: Vec<LeaderChangeVoterId>,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct LeaderChangeVoterId {
    voter_id: i32,
    voter_directory_id: Uuid,
}

/// The level of the quorum's protocol at which voters are in the log. KIP-853.
pub(crate) const KRAFT_VERSION: i16 = 1;

impl VotersRecord {
    /// The record of a membership, and of where it was set if that is known.
    pub(crate) fn of(membership: &Membership, set_at: Option<&LogId>) -> io::Result<Self> {
        let nodes: Vec<_> = membership
            .nodes()
            .map(|(id, node)| voter(*id, node))
            .collect();
        let voters: BTreeSet<VoterId> = membership.voter_ids().collect();
        let is_voter = |node: &&VotersRecordVoter| voters.contains(&voter_id(node));
        let full = FullMembership {
            configs: membership
                .get_joint_config()
                .iter()
                .map(|config| MembershipConfig {
                    voters: config
                        .iter()
                        .map(|id| LeaderChangeVoterId {
                            voter_id: id.node.get(),
                            voter_directory_id: id.directory.0,
                        })
                        .collect(),
                })
                .collect(),
            epoch: set_at.map_or(-1, |at| super::types::epoch_of(at.leader_id.term).get()),
            offset: set_at.map_or(-1, |at| super::types::offset_of(at.index).get()),
            nodes: nodes.clone(),
        };
        Ok(Self {
            version: 0,
            voters: nodes.iter().filter(is_voter).cloned().collect(),
            highwater_membership: encoded(&full, 0)?,
        })
    }

    /// The membership, with where it was set if the record says so.
    pub(crate) fn membership(&self) -> io::Result<StoredMembership> {
        if self.highwater_membership.is_empty() {
            return Err(invalid_data(
                "a voters record without openraft's membership",
            ));
        }
        let mut reader = Reader::new(self.highwater_membership.clone());
        let full = FullMembership::decode(&mut reader, 0)
            .map_err(|error| invalid_data(format!("the membership of a voters record: {error}")))?;
        let configs = full.configs.iter().map(|config| {
            let ids = config.voters.iter();
            ids.map(|id| VoterId {
                node: NodeId(id.voter_id),
                directory: DirectoryId(id.voter_directory_id),
            })
            .collect::<BTreeSet<_>>()
        });
        let nodes: BTreeMap<VoterId, VoterNode> = full
            .nodes
            .iter()
            .map(|node| (voter_id(node), voter_node(node)))
            .collect();
        let membership = Membership::new(configs.collect(), nodes)
            .map_err(|error| invalid_data(format!("the membership of a voters record: {error}")))?;
        let set_at = if full.offset < 0 {
            None
        } else {
            Some(log_id(full.epoch, full.offset)?)
        };
        Ok(StoredMembership::new(set_at, membership))
    }
}

/// A message without a header, as a control record's value.
pub(crate) fn encoded(message: &impl Message, version: i16) -> io::Result<Bytes> {
    message
        .to_bytes(version)
        .map_err(|error| invalid_data(format!("a control record: {error}")))
}

fn voter(id: VoterId, node: &VoterNode) -> VotersRecordVoter {
    VotersRecordVoter {
        voter_id: id.node.get(),
        voter_directory_id: id.directory.0,
        endpoints: node
            .endpoints
            .iter()
            .map(|endpoint| VotersRecordEndpoint {
                name: endpoint.listener.clone(),
                host: endpoint.host.clone(),
                port: endpoint.port,
            })
            .collect(),
        kraft_version_feature: KraftVersionFeature {
            min_supported_version: 0,
            max_supported_version: KRAFT_VERSION,
        },
    }
}

fn voter_id(voter: &VotersRecordVoter) -> VoterId {
    VoterId {
        node: NodeId(voter.voter_id),
        directory: DirectoryId(voter.voter_directory_id),
    }
}

fn voter_node(voter: &VotersRecordVoter) -> VoterNode {
    let endpoints = voter.endpoints.iter();
    VoterNode {
        endpoints: endpoints
            .map(|endpoint| VoterEndpoint {
                listener: endpoint.name.clone(),
                host: endpoint.host.clone(),
                port: endpoint.port,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership() -> Membership {
        let node = |port| VoterNode {
            endpoints: vec![VoterEndpoint {
                listener: "CONTROLLER".into(),
                host: "h".into(),
                port,
            }],
        };
        let configs = vec![
            BTreeSet::from([VoterId::from(1), VoterId::from(2)]),
            BTreeSet::from([VoterId::from(2)]),
        ];
        let nodes = (1..4).map(|id| (VoterId::from(id), node(9090 + id as u16)));
        Membership::new(configs, nodes.collect::<BTreeMap<_, _>>()).unwrap()
    }

    #[test]
    fn a_joint_membership_with_a_learner_round_trips() {
        let at = log_id(3, 7).unwrap();
        let record = VotersRecord::of(&membership(), Some(&at)).unwrap();
        assert_eq!(record.voters.len(), 2);
        let bytes = encoded(&record, 0).unwrap();
        let again = VotersRecord::decode(&mut Reader::new(bytes), 0).unwrap();
        let stored = again.membership().unwrap();
        assert_eq!(stored.membership(), &membership());
        assert_eq!(stored.log_id(), &Some(at));
    }
}
