//! What only the active controller has: the state ahead of the quorum.

use std::collections::VecDeque;

use bytes::Bytes;
use highwater_metadata::{
    AbortTransactionRecord, BeginTransactionRecord, ControllerState, Decision, DecisionContext,
    EndTransactionRecord, Fencing, MetadataRecord,
};
use highwater_platform::Entropy;
use highwater_rpc::{ChannelError, ControllerRequest};
use highwater_types::{BrokerEpoch, NodeId, Offset};
use openraft::raft::ClientWriteResult;
use openraft::type_config::alias::OneshotReceiverOf;
use tokio::sync::oneshot;

use crate::quorum::types::{EncodedRecord, Raft, TypeConfig, WriteResponder, offset_of};
use crate::service;

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Bytes, ChannelError>>;

/// The controller while its node leads the quorum in one term.
///
/// It is the only writer of the log in that term, so it knows which offset each of its
/// records gets, and that nothing comes between them. Answers leave in the order of
/// decisions, each once everything decided before it is committed and applied.
pub(crate) struct Active {
    term: u64,
    state: ControllerState,
    next_offset: Offset,
    pending: VecDeque<Pending>,
}

/// Proposed and not yet committed.
struct Pending {
    /// The offset of the decision's last record.
    last_offset: Offset,
    committed: OneshotReceiverOf<TypeConfig, ClientWriteResult<TypeConfig>>,
    answers: Vec<(Reply, Bytes)>,
}

/// This node does not lead any more, or Raft has stopped. What was proposed may be
/// committed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeadershipLost;

impl Active {
    pub(crate) fn new(term: u64, state: ControllerState, next_offset: Offset) -> Self {
        Self {
            term,
            state,
            next_offset,
            pending: VecDeque::new(),
        }
    }

    pub(crate) fn term(&self) -> u64 {
        self.term
    }

    /// When a broker's session ends next.
    pub(crate) fn next_deadline_ms(&self) -> Option<u64> {
        self.state.next_deadline()
    }

    /// Whether everything that was proposed is committed.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Writes what a new active controller has to write before it decides anything.
    pub(crate) async fn begin(
        &mut self,
        raft: &Raft,
        left_open: bool,
    ) -> Result<(), LeadershipLost> {
        if left_open {
            let abort = AbortTransactionRecord {
                reason: Some("the controller that began it is gone".to_owned()),
            };
            self.propose(raft, vec![abort.into()]).await?;
        }
        let bootstrap = self.state.decide_bootstrap();
        self.propose(raft, bootstrap.records).await
    }

    /// Decides a request and proposes what was decided.
    pub(crate) async fn on_request(
        &mut self,
        raft: &Raft,
        entropy: &dyn Entropy,
        now_ms: u64,
        request: &ControllerRequest,
        reply: Reply,
    ) -> Result<(), LeadershipLost> {
        match self.decide(entropy, now_ms, request) {
            Err(error) => {
                // Nothing was decided, so nothing needs to be waited for.
                let _ = reply.send(Err(error));
                Ok(())
            }
            Ok(Decision { records, response }) => {
                let proposed = self.propose(raft, records).await;
                self.answer_after_pending(reply, response);
                proposed
            }
        }
    }

    fn decide(
        &mut self,
        entropy: &dyn Entropy,
        now_ms: u64,
        request: &ControllerRequest,
    ) -> Result<Decision<Bytes>, ChannelError> {
        let mut random = || entropy.next_u64();
        let mut context = DecisionContext {
            now_ms,
            next_offset: self.next_offset,
            random: &mut random,
        };
        service::decide(&mut self.state, request, &mut context)
    }

    /// Fences brokers whose session is over; names them.
    pub(crate) async fn fence_silent_brokers(
        &mut self,
        raft: &Raft,
        now_ms: u64,
    ) -> Result<Vec<NodeId>, LeadershipLost> {
        let mut fenced = Vec::new();
        loop {
            let decision = self.state.decide_fence_silent_brokers(now_ms);
            let Some(id) = decision.response else {
                return Ok(fenced);
            };
            self.propose(raft, decision.records).await?;
            // A broker of many partitions is named more than once.
            if fenced.last() != Some(&id) {
                fenced.push(id);
            }
        }
    }

    /// Fences a broker that was found dead, unless another life of it has registered;
    /// answers whether it did.
    #[allow(dead_code, reason = "for the failure detector")]
    pub(crate) async fn fence_broker(
        &mut self,
        raft: &Raft,
        id: NodeId,
        epoch: BrokerEpoch,
    ) -> Result<bool, LeadershipLost> {
        loop {
            let decision = self.state.decide_fence_broker(id, epoch);
            self.propose(raft, decision.records).await?;
            match decision.response {
                Fencing::NotNeeded => return Ok(false),
                Fencing::Partly => {}
                Fencing::Fenced => return Ok(true),
            }
        }
    }

    /// Waits for the oldest decision to be committed, then answers; for ever if there is none.
    pub(crate) async fn commit_next(&mut self) -> Result<(), LeadershipLost> {
        let Some(front) = self.pending.front_mut() else {
            return std::future::pending().await;
        };
        let committed = match (&mut front.committed).await {
            Ok(Ok(committed)) => committed,
            Ok(Err(error)) => {
                tracing::info!(%error, "a proposal was not accepted");
                return Err(LeadershipLost);
            }
            Err(_) => return Err(LeadershipLost),
        };
        let at = committed.log_id;
        assert_eq!(
            (at.leader_id.term, offset_of(at.index)),
            (self.term, front.last_offset),
            "another writer in the metadata log"
        );
        if let Some(front) = self.pending.pop_front() {
            for (reply, response) in front.answers {
                // The requester may have given up.
                let _ = reply.send(Ok(response));
            }
        }
        Ok(())
    }

    /// Tells everybody who waits that the outcome is unknown.
    pub(crate) fn abandon(self) {
        for (reply, _) in self.pending.into_iter().flat_map(|pending| pending.answers) {
            let error = "the controller lost its leadership before the change was committed";
            let _ = reply.send(Err(ChannelError::Unreachable(error.to_owned())));
        }
    }

    fn answer_after_pending(&mut self, reply: Reply, response: Bytes) {
        match self.pending.back_mut() {
            Some(pending) => pending.answers.push((reply, response)),
            None => {
                let _ = reply.send(Ok(response));
            }
        }
    }

    /// Replays records on the state and gives them to Raft, as a transaction if there are
    /// several, so that they count as a whole.
    async fn propose(
        &mut self,
        raft: &Raft,
        records: Vec<MetadataRecord>,
    ) -> Result<(), LeadershipLost> {
        if records.is_empty() {
            return Ok(());
        }
        let records = if records.len() == 1 {
            records
        } else {
            let begin = BeginTransactionRecord::default().into();
            let end = EndTransactionRecord::default().into();
            [begin].into_iter().chain(records).chain([end]).collect()
        };
        let mut encoded = Vec::with_capacity(records.len());
        for record in &records {
            // A decision that its own state refuses, or that can not be written, is a bug.
            let bytes = record.encode().expect("a decided record can be encoded");
            self.state
                .replay(record, self.next_offset)
                .expect("a decided record fits the state");
            self.next_offset = self.next_offset.plus(1);
            encoded.push(EncodedRecord(bytes));
        }
        let last_offset = Offset(self.next_offset.get() - 1);
        let (responder, committed) = WriteResponder::complete_only();
        self.pending.push_back(Pending {
            last_offset,
            committed,
            answers: Vec::new(),
        });
        let mut responder = Some(responder);
        let count = encoded.len();
        for (position, record) in encoded.into_iter().enumerate() {
            let mut write = raft.write(record).with_leader(self.term);
            if position + 1 == count
                && let Some(responder) = responder.take()
            {
                write = write.responder(responder);
            }
            write.await.map_err(|error| {
                tracing::error!(%error, "Raft has stopped");
                LeadershipLost
            })?;
        }
        Ok(())
    }
}
