//! What the quorum itself writes into its log: the beginning of a term, and who votes.
//!
//! Both are Kafka's control records, so that tools for Kafka logs can read past
//! them. What Raft needs beyond Kafka's fields stands in tagged fields, which
//! Kafka's readers skip.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bytes::Bytes;
use highwater_protocol::Message;
use highwater_protocol::wire::{EncodeError, Reader};
use highwater_types::{DirectoryId, NodeId, Uuid};

use super::types::{Membership, Voter, VoterEndpoint};

/// The first record of a term, Kafka's `LeaderChangeMessage`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 2, versions = "0", flexible = "0+")]
struct LeaderChangeRecord {
    version: i16,
    leader_id: i32,
    voters: Vec<LeaderChangeVoter>,
    granting_voters: Vec<LeaderChangeVoter>,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct LeaderChangeVoter {
    voter_id: i32,
}

/// The voters, Kafka's `VotersRecord` (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 6, versions = "0", flexible = "0+")]
struct VotersRecord {
    version: i16,
    voters: Vec<VoterEntry>,
    /// Raft's voter sets: one, or two while a change is under way.
    #[field(tag = 10_000)]
    voter_sets: Vec<VoterSet>,
    /// Everyone who is in the quorum, learners included.
    #[field(tag = 10_001)]
    members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct VoterEntry {
    voter_id: i32,
    voter_directory_id: Uuid,
    endpoints: Vec<Endpoint>,
    k_raft_version_feature: VersionFeature,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct Endpoint {
    name: String,
    host: String,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct VersionFeature {
    min_supported_version: i16,
    max_supported_version: i16,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct VoterSet {
    raft_ids: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct Member {
    raft_id: i64,
    node_id: i32,
    directory_id: Uuid,
    endpoints: Vec<Endpoint>,
}

const VERSION: i16 = 0;

/// The value of a control record that begins a term.
pub(super) fn encode_leader_change(leader: NodeId) -> Result<Bytes, EncodeError> {
    let record = LeaderChangeRecord {
        version: VERSION,
        leader_id: leader.get(),
        voters: Vec::new(),
        granting_voters: Vec::new(),
    };
    record.to_bytes(VERSION)
}

/// The value of a control record with the quorum's members.
pub(super) fn encode_membership(membership: &Membership) -> Result<Bytes, EncodeError> {
    let voters: BTreeSet<u64> = membership.voter_ids().collect();
    let entry = |(_, voter): (&u64, &Voter)| VoterEntry {
        voter_id: voter.node_id.get(),
        voter_directory_id: voter.directory_id.0,
        endpoints: voter.endpoints.iter().map(endpoint).collect(),
        k_raft_version_feature: VersionFeature {
            min_supported_version: 0,
            max_supported_version: 1,
        },
    };
    let member = |(raft_id, voter): (&u64, &Voter)| Member {
        raft_id: raft_id.cast_signed(),
        node_id: voter.node_id.get(),
        directory_id: voter.directory_id.0,
        endpoints: voter.endpoints.iter().map(endpoint).collect(),
    };
    let set = |ids: &BTreeSet<u64>| VoterSet {
        raft_ids: ids.iter().map(|id| id.cast_signed()).collect(),
    };
    let record = VotersRecord {
        version: VERSION,
        voters: membership
            .nodes()
            .filter(|(id, _)| voters.contains(id))
            .map(entry)
            .collect(),
        voter_sets: membership.get_joint_config().iter().map(set).collect(),
        members: membership.nodes().map(member).collect(),
    };
    record.to_bytes(VERSION)
}

/// Reads what [`encode_membership`] wrote.
///
/// # Errors
/// When the value is not such a record, or the sets name someone who is no member.
pub(super) fn decode_membership(value: Bytes) -> io::Result<Membership> {
    let record =
        VotersRecord::decode(&mut Reader::new(value), VERSION).map_err(io::Error::other)?;
    let sets = record.voter_sets.into_iter().map(|set| {
        let ids = set.raft_ids.into_iter().map(i64::cast_unsigned);
        ids.collect::<BTreeSet<_>>()
    });
    let members = record.members.into_iter().map(|member| {
        let endpoints = member.endpoints.into_iter().map(|endpoint| VoterEndpoint {
            listener: endpoint.name,
            host: endpoint.host,
            port: endpoint.port,
        });
        let voter = Voter {
            node_id: NodeId(member.node_id),
            directory_id: DirectoryId(member.directory_id),
            endpoints: endpoints.collect(),
        };
        (member.raft_id.cast_unsigned(), voter)
    });
    Membership::new(sets.collect(), members.collect::<BTreeMap<_, _>>()).map_err(io::Error::other)
}

fn endpoint(endpoint: &VoterEndpoint) -> Endpoint {
    Endpoint {
        name: endpoint.listener.clone(),
        host: endpoint.host.clone(),
        port: endpoint.port,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joint_membership_with_a_learner_round_trips() {
        let voter = |node_id| Voter {
            node_id: NodeId(node_id),
            directory_id: DirectoryId(Uuid([node_id as u8; 16])),
            endpoints: vec![VoterEndpoint {
                listener: "CONTROLLER".into(),
                host: "localhost".into(),
                port: 9093,
            }],
        };
        let sets = vec![BTreeSet::from([1, 2]), BTreeSet::from([2, u64::MAX])];
        let members: BTreeMap<_, _> = [
            (1, voter(1)),
            (2, voter(2)),
            (u64::MAX, voter(3)),
            (9, voter(4)),
        ]
        .into();
        let membership = Membership::new(sets, members).unwrap();
        let value = encode_membership(&membership).unwrap();
        assert_eq!(decode_membership(value).unwrap(), membership);
    }

    #[test]
    fn kafkas_fields_name_the_voters_alone() {
        let members: BTreeMap<_, _> = [(1, Voter::default()), (2, Voter::default())].into();
        let membership = Membership::new(vec![BTreeSet::from([1])], members).unwrap();
        let value = encode_membership(&membership).unwrap();
        let record = VotersRecord::decode(&mut Reader::new(value), VERSION).unwrap();
        assert_eq!(record.voters.len(), 1);
    }
}
