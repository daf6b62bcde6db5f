//! Who was heard of lately.

use std::collections::BTreeMap;

use highwater_types::{NodeId, Offset};

/// Each registered broker's last sign of life. Only the active controller has this;
/// it is not in the log.
#[derive(Clone, Debug, Default)]
pub(super) struct BrokerSessions {
    sessions: BTreeMap<NodeId, Session>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    last_contact_ms: u64,
    /// How far the broker had replayed the metadata log.
    metadata_offset: Offset,
    /// What all other brokers must have replayed before this one may stop.
    shutdown_offset: Option<Offset>,
}

impl BrokerSessions {
    /// Takes note of a sign of life.
    pub(super) fn touch(&mut self, id: NodeId, now_ms: u64, metadata_offset: Offset) {
        let session = self.sessions.entry(id).or_insert(Session {
            last_contact_ms: now_ms,
            metadata_offset,
            shutdown_offset: None,
        });
        session.last_contact_ms = now_ms;
        session.metadata_offset = metadata_offset;
    }

    pub(super) fn last_contact(&self, id: NodeId) -> Option<u64> {
        self.sessions
            .get(&id)
            .map(|session| session.last_contact_ms)
    }

    pub(super) fn metadata_offset(&self, id: NodeId) -> Offset {
        let session = self.sessions.get(&id);
        session.map_or(Offset::NONE, |session| session.metadata_offset)
    }

    pub(super) fn forget(&mut self, id: NodeId) {
        self.sessions.remove(&id);
    }

    /// Raises what the others must have replayed before this broker may stop: its
    /// leaderships moved at that offset.
    pub(super) fn raise_shutdown_offset(&mut self, id: NodeId, offset: Offset) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.shutdown_offset = session.shutdown_offset.max(Some(offset));
        }
    }

    pub(super) fn shutdown_offset(&self, id: NodeId) -> Option<Offset> {
        self.sessions.get(&id)?.shutdown_offset
    }

    pub(super) fn end_controlled_shutdown(&mut self, id: NodeId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.shutdown_offset = None;
        }
    }

    pub(super) fn brokers(&self) -> impl Iterator<Item = NodeId> {
        self.sessions.keys().copied()
    }
}
