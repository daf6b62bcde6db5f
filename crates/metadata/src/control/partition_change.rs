//! One partition's change: who is in sync, who may lead without loss, who leads.

use std::collections::BTreeMap;

use highwater_protocol::messages::metadata_records::PartitionChangeRecord;
use highwater_types::{DirectoryId, NodeId};

use super::partition_sets::PartitionKey;
use super::topic_rules::TopicRules;
use crate::image::{LeaderRecovery, PartitionImage, directory};
use crate::snapshot::plain_ids;

/// Which leader is looked for. KIP-460.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Election {
    /// The first replica, if it can lead without loss; else as `Online`.
    Preferred,
    /// The present leader, if it still can lead; else the first replica that can lead
    /// without loss.
    Online,
    /// As `Online`, and if nobody can lead without loss, the first replica that is there:
    /// what only others had is given up.
    Unclean,
}

/// What happens to the data that replicas had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It may have lost records that it had acknowledged: KIP-966's unclean shutdown.
    Possible,
    /// It has nothing: its directory was replaced.
    Certain,
}

/// Builds the change of one partition from what is wanted, by the rules of its topic.
///
/// Everything that changes leaders, in-sync or eligible replicas goes through here, so
/// that these rules hold in one place:
///
/// - The leader is in the ISR, or there is none.
/// - A replica outside the ISR is eligible (in the ELR) while it has every committed
///   record: it was in the ISR when the ISR fell below `min.insync.replicas`, and nothing
///   was committed since, because that takes at least so many. KIP-966.
/// - Without ELR the last replicas of the ISR stay in it although they are gone, for the
///   same reason.
/// - A leader comes from the ISR; from the ELR if the ISR is empty; if both are empty it
///   is the last leader that is known; any replica only by an unclean election.
pub(super) struct PartitionChange<'a> {
    key: PartitionKey,
    before: &'a PartitionImage,
    rules: TopicRules,
    election: Election,
    isr: Vec<NodeId>,
    elr: Vec<NodeId>,
    last_known: Vec<NodeId>,
    replicas: Vec<NodeId>,
    adding: Vec<NodeId>,
    removing: Vec<NodeId>,
    recovery: LeaderRecovery,
    /// Of replicas that move or are new.
    directories: BTreeMap<NodeId, DirectoryId>,
    /// Replicas that are not eligible whatever they were.
    suspects: Vec<NodeId>,
    /// Replicas without data.
    empty: Vec<NodeId>,
}

/// What an election came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Elected {
    InSync(NodeId),
    Eligible(NodeId),
    /// The leader may lack committed records.
    Unclean(NodeId),
    Nobody,
}

impl<'a> PartitionChange<'a> {
    /// A change of nothing; an unclean election where the topic's rules allow one.
    pub(super) fn new(key: PartitionKey, before: &'a PartitionImage, rules: TopicRules) -> Self {
        Self {
            key,
            before,
            rules,
            election: if rules.unclean {
                Election::Unclean
            } else {
                Election::Online
            },
            isr: before.isr.clone(),
            elr: before.elr.clone(),
            last_known: before.last_known_elr.clone(),
            replicas: before.replicas.clone(),
            adding: before.adding_replicas.clone(),
            removing: before.removing_replicas.clone(),
            recovery: before.leader_recovery,
            directories: BTreeMap::new(),
            suspects: Vec::new(),
            empty: Vec::new(),
        }
    }

    pub(super) fn rules(&self) -> TopicRules {
        self.rules
    }

    #[allow(dead_code)]
    pub(super) fn election(mut self, election: Election) -> Self {
        self.election = election;
        self
    }

    /// The in-sync replicas that are wanted.
    pub(super) fn isr(mut self, isr: Vec<NodeId>) -> Self {
        self.isr = isr;
        self
    }

    /// Takes a replica out of the ISR; it may become eligible.
    pub(super) fn leaves_isr(mut self, id: NodeId) -> Self {
        self.isr.retain(|member| *member != id);
        self
    }

    /// Takes a replica out of the ISR that may lack what was committed, or does.
    pub(super) fn loses_data(mut self, id: NodeId, loss: Loss) -> Self {
        self.suspects.push(id);
        if loss == Loss::Certain {
            self.empty.push(id);
            self.last_known.retain(|member| *member != id);
        }
        self.leaves_isr(id)
    }

    /// The replicas that are wanted, in order of preference.
    #[allow(dead_code)]
    pub(super) fn replicas(mut self, replicas: Vec<NodeId>) -> Self {
        self.replicas = replicas;
        self
    }

    /// The replicas of a reassignment that are to come and to go. KIP-455.
    #[allow(dead_code)]
    pub(super) fn reassignment(mut self, adding: Vec<NodeId>, removing: Vec<NodeId>) -> Self {
        self.adding = adding;
        self.removing = removing;
        self
    }

    /// Whether the leader is still recovering from an unclean election. KIP-704.
    pub(super) fn recovery(mut self, recovery: LeaderRecovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// The log directory of a replica. KIP-858.
    pub(super) fn directory(mut self, id: NodeId, directory: DirectoryId) -> Self {
        self.directories.insert(id, directory);
        self
    }

    /// The record that makes the change; `None` if nothing changes. `may_lead` says
    /// whether a broker can lead with its replica in a directory.
    pub(super) fn build(
        mut self,
        may_lead: impl Fn(NodeId, DirectoryId) -> bool,
    ) -> Option<PartitionChangeRecord> {
        self.complete_reassignment();
        self.find_eligible();
        let directories = self.target_directories();
        let may_lead = |id: NodeId| {
            let position = self.replicas.iter().position(|replica| *replica == id);
            let directory = position.and_then(|position| directories.get(position));
            directory.is_some_and(|directory| may_lead(id, *directory))
        };
        let elected = self.elect(&may_lead);
        let leader = self.apply(elected);
        let keeps_all = self
            .before
            .replicas
            .iter()
            .all(|id| self.replicas.contains(id));
        let mut record = self.empty_record();
        // A removed replica must hear of it by a new leader epoch.
        if leader != self.before.leader || !keeps_all {
            record.leader = leader.get();
        }
        self.remember_last_leader(leader);
        self.write_lists(&mut record, directories);
        (record != self.empty_record()).then_some(record)
    }

    fn empty_record(&self) -> PartitionChangeRecord {
        PartitionChangeRecord {
            topic_id: self.key.0.0,
            partition_id: self.key.1.get(),
            ..PartitionChangeRecord::default()
        }
    }

    /// Ends a reassignment once all replicas that are to stay are in sync.
    fn complete_reassignment(&mut self) {
        if self.adding.is_empty() && self.removing.is_empty() {
            return;
        }
        let stays = |id: &NodeId| !self.removing.contains(id);
        let replicas: Vec<_> = self.replicas.iter().copied().filter(stays).collect();
        let isr: Vec<_> = self.isr.iter().copied().filter(stays).collect();
        if replicas.is_empty() || !replicas.iter().all(|id| isr.contains(id)) {
            return;
        }
        self.replicas = replicas;
        self.isr = isr;
        self.adding.clear();
        self.removing.clear();
    }

    /// How many in-sync replicas it takes to commit.
    fn min_isr(&self) -> usize {
        self.rules.min_isr.min(self.replicas.len())
    }

    fn find_eligible(&mut self) {
        let was_safe = |id: &NodeId| self.before.isr.contains(id) || self.before.elr.contains(id);
        if !self.rules.elr && self.isr.is_empty() && self.before.elr.is_empty() {
            // The suspects among them as well: nobody has more.
            let before = self.before.isr.iter().copied();
            self.isr = before.filter(|id| !self.empty.contains(id)).collect();
            return;
        }
        let enough = self.isr.len() >= self.min_isr();
        if enough || (!self.rules.elr && !self.isr.is_empty()) {
            self.elr.clear();
            return;
        }
        let replicas = self.replicas.iter().copied();
        self.elr = replicas
            .filter(was_safe)
            .filter(|id| !self.isr.contains(id) && !self.suspects.contains(id))
            .collect();
    }

    fn elect(&self, may_lead: &dyn Fn(NodeId) -> bool) -> Elected {
        let clean = |id: NodeId| {
            let safe = self.isr.contains(&id) || (self.isr.is_empty() && self.elr.contains(&id));
            safe && may_lead(id)
        };
        let replicas = || self.replicas.iter().copied();
        let preferred = replicas()
            .next()
            .filter(|_| self.election == Election::Preferred);
        let present = Some(self.before.leader);
        let found = preferred
            .filter(|id| clean(*id))
            .or_else(|| present.filter(|id| clean(*id)))
            .or_else(|| replicas().find(|id| clean(*id)));
        if let Some(leader) = found {
            return if self.isr.contains(&leader) {
                Elected::InSync(leader)
            } else {
                Elected::Eligible(leader)
            };
        }
        let nobody_safe = self.rules.elr && self.isr.is_empty() && self.elr.is_empty();
        if let [last] = *self.last_known
            && nobody_safe
            && may_lead(last)
        {
            return Elected::Unclean(last);
        }
        let any = || replicas().find(|id| may_lead(*id));
        match self.election {
            Election::Unclean => any().map_or(Elected::Nobody, Elected::Unclean),
            Election::Preferred | Election::Online => Elected::Nobody,
        }
    }

    /// Makes the leader the ISR if it comes from outside; returns the leader.
    fn apply(&mut self, elected: Elected) -> NodeId {
        match elected {
            Elected::Nobody => NodeId::NONE,
            Elected::InSync(leader) => leader,
            Elected::Eligible(leader) => {
                self.isr = vec![leader];
                self.elr.retain(|id| *id != leader);
                // It may be enough to commit alone.
                if !self.rules.elr || self.isr.len() >= self.min_isr() {
                    self.elr.clear();
                }
                leader
            }
            Elected::Unclean(leader) => {
                self.isr = vec![leader];
                self.elr.clear();
                self.recovery = LeaderRecovery::Recovering;
                leader
            }
        }
    }

    /// Remembers who led last when nobody is in sync any more, until somebody leads.
    fn remember_last_leader(&mut self, leader: NodeId) {
        if leader != NodeId::NONE {
            self.last_known.clear();
            return;
        }
        let last = self.before.leader;
        let emptied = self.isr.is_empty() && last != NodeId::NONE;
        if self.rules.elr && emptied && !self.empty.contains(&last) {
            self.last_known = vec![last];
        }
    }

    fn target_directories(&self) -> Vec<DirectoryId> {
        let of = |id: &NodeId| {
            let moved = self.directories.get(id).copied();
            moved
                .or_else(|| self.before.directory_of(*id))
                .unwrap_or(directory::UNASSIGNED)
        };
        self.replicas.iter().map(of).collect()
    }

    fn write_lists(&self, record: &mut PartitionChangeRecord, directories: Vec<DirectoryId>) {
        let before = self.before;
        let change =
            |after: &[NodeId], before: &[NodeId]| (after != before).then(|| plain_ids(after));
        record.replicas = change(&self.replicas, &before.replicas);
        record.isr = change(&self.isr, &before.isr);
        record.eligible_leader_replicas = change(&self.elr, &before.elr);
        record.last_known_elr = change(&self.last_known, &before.last_known_elr);
        record.adding_replicas = change(&self.adding, &before.adding_replicas);
        record.removing_replicas = change(&self.removing, &before.removing_replicas);
        if directories != before.directories {
            record.directories = Some(directories.iter().map(|id| id.0).collect());
        }
        if self.recovery != before.leader_recovery {
            record.leader_recovery_state = self.recovery.code();
        }
    }
}
