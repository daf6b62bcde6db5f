//! Who was heard of lately.

use std::collections::BTreeMap;

use highwater_types::{NodeId, Offset};

/// Each registered broker's last sign of life. Only the active controller has this;
/// it is not in the log.
#[derive(Clone, Debug, Default)]
pub(super) struct BrokerSessions {
    sessions: BTreeMap<NodeId, Session>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Session {
    last_contact_ms: u64,
    /// Whether any of it was a heartbeat, and not only the begin of the session.
    last_heartbeat_ms: Option<u64>,
    /// How far the broker had replayed the metadata log.
    metadata_offset: Option<Offset>,
    /// What all other brokers must have replayed before this one may stop.
    shutdown_offset: Option<Offset>,
}

impl BrokerSessions {
    /// Gives a broker a full session from now, without having heard from it.
    pub(super) fn begin(&mut self, id: NodeId, now_ms: u64) {
        let session = self.sessions.entry(id).or_default();
        session.last_contact_ms = session.last_contact_ms.max(now_ms);
    }

    /// Takes note of a heartbeat.
    pub(super) fn touch(&mut self, id: NodeId, now_ms: u64, metadata_offset: Offset) {
        self.begin(id, now_ms);
        let session = self.sessions.entry(id).or_default();
        session.last_heartbeat_ms = Some(now_ms);
        session.metadata_offset = Some(metadata_offset);
    }

    pub(super) fn last_heartbeat(&self, id: NodeId) -> Option<u64> {
        self.sessions.get(&id)?.last_heartbeat_ms
    }

    pub(super) fn last_contact(&self, id: NodeId) -> Option<u64> {
        self.sessions
            .get(&id)
            .map(|session| session.last_contact_ms)
    }

    /// `None` is below every offset.
    pub(super) fn metadata_offset(&self, id: NodeId) -> Option<Offset> {
        self.sessions.get(&id)?.metadata_offset
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
