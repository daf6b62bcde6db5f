//! The in-sync replicas, committed and proposed.

use std::time::Duration;

use highwater_types::NodeId;

use crate::{IsrProposal, IsrSet};

/// Which replicas are in sync, as far as the leader can know. KIP-497.
///
/// ```text
///                 proposed
///   ┌───────────┐ ─────────────────────────────────────────────► ┌─────────┐
///   │ Committed │                                                │ Pending │
///   └───────────┘ ◄───────────────────────────────────────────── └─────────┘
///       metadata of a newer partition epoch, or surely not carried out
/// ```
///
/// While a proposal is pending, the controller may have carried it out or not, and may
/// elect from either set. So whatever is committed must be on the *maximal* set, which
/// has the members of both.
#[derive(Clone, Debug)]
pub(crate) struct IsrState {
    committed: IsrSet,
    pending: Option<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    proposal: IsrProposal,
    /// A sending of the proposal is unanswered: until then it may still be carried out,
    /// whatever a later sending is answered.
    in_doubt_until: Option<Duration>,
    /// When to send it again.
    retry_at: Option<Duration>,
}

impl IsrState {
    pub(crate) fn new(committed: IsrSet) -> Self {
        Self {
            committed,
            pending: None,
        }
    }

    pub(crate) fn committed(&self) -> &IsrSet {
        &self.committed
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The proposed in-sync replicas in ascending order; none without a proposal.
    pub(crate) fn proposed(&self) -> impl Iterator<Item = NodeId> + '_ {
        let pending = self.pending.iter();
        pending.flat_map(|pending| pending.proposal.in_sync.iter().map(|(node, _)| *node))
    }

    /// Whether the node may be elected: it is in the committed or in the proposed set.
    pub(crate) fn maximal_contains(&self, node: NodeId) -> bool {
        self.committed.contains(node) || self.proposed().any(|proposed| proposed == node)
    }

    pub(crate) fn propose(&mut self, proposal: IsrProposal) {
        assert!(self.pending.is_none(), "two proposals at the same time");
        self.pending = Some(Pending {
            proposal,
            in_doubt_until: None,
            retry_at: None,
        });
    }

    /// The controller committed something newer than the proposal was based on, so the
    /// proposal is part of it or will be refused.
    pub(crate) fn on_committed(&mut self, committed: IsrSet) {
        self.committed = committed;
        self.pending = None;
    }

    /// The proposal was not carried out and will not be; unless it is in doubt, where
    /// only the passing of time says so.
    pub(crate) fn on_not_carried_out(&mut self, now: Duration, retry_at: Duration) -> bool {
        let Some(pending) = &mut self.pending else {
            return false;
        };
        if pending.in_doubt_until.is_some_and(|until| now < until) {
            pending.retry_at = Some(retry_at);
            return false;
        }
        self.pending = None;
        true
    }

    /// A sending was not answered.
    pub(crate) fn on_in_doubt(&mut self, until: Duration) {
        if let Some(pending) = &mut self.pending {
            pending.in_doubt_until = pending.in_doubt_until.max(Some(until));
        }
    }

    pub(crate) fn retry(&mut self, at: Duration) {
        if let Some(pending) = &mut self.pending {
            pending.retry_at = Some(at);
        }
    }

    pub(crate) fn retry_at(&self) -> Option<Duration> {
        self.pending.as_ref()?.retry_at
    }

    /// The proposal, if it is time to send it again.
    pub(crate) fn take_retry(&mut self, now: Duration) -> Option<IsrProposal> {
        let pending = self.pending.as_mut()?;
        pending.retry_at.take_if(|at| *at <= now)?;
        Some(pending.proposal.clone())
    }

    pub(crate) fn check_invariants(&self, leader: NodeId) {
        assert!(self.committed.contains(leader), "a leader left its own ISR");
        let proposed: Vec<_> = self.proposed().collect();
        assert!(proposed.is_sorted(), "an unsorted set: {proposed:?}");
        let is_replica = |node: &NodeId| self.committed.is_replica(*node);
        assert!(proposed.iter().all(is_replica), "no replica: {proposed:?}");
    }
}
