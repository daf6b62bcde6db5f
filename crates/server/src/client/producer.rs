//! Writing records to one topic.

use std::collections::BTreeMap;

use bytes::Bytes;
use highwater_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use highwater_protocol::messages::{InitProducerIdRequest, ProduceRequest};
use highwater_protocol::record::{BatchBuilder, Compression, Header, add_sequence};
use tokio::time::Instant;

use super::connection::Connection;
use super::partitioner::partition_of_key;
use super::{Client, ClientError, PATIENCE, PAUSE, Topic};

/// Bytes of one batch before it is sent, before compression.
const BATCH_BYTES_MAX: usize = 512 << 10;
/// How long a broker may wait for its replicas.
const TIMEOUT_MS: i32 = 30_000;

/// When a record counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// Nobody says.
    None,
    /// When the leader has it.
    Leader,
    /// When every in-sync replica has it.
    All,
}

/// A record to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// `None` lets the key decide.
    pub partition: Option<i32>,
}

/// Collects records into batches and sends them. With `acks=all` it is idempotent:
/// a batch that is sent twice is written once. KIP-98.
pub struct Producer {
    topic: Topic,
    acks: Acks,
    compression: Compression,
    identity: Option<Identity>,
    /// Batches that are not sent yet.
    pending: BTreeMap<i32, BatchBuilder>,
    /// Sequence numbers of the next records.
    sequences: BTreeMap<i32, i32>,
    /// Where records without a key go until the batch is sent.
    sticky: usize,
}

#[derive(Clone, Copy)]
struct Identity {
    id: i64,
    epoch: i16,
}

impl Producer {
    pub async fn new(
        client: &mut Client,
        topic: &str,
        acks: Acks,
        compression: Compression,
    ) -> Result<Self, ClientError> {
        let topic = client.topic(topic, true).await?;
        let identity = match acks {
            Acks::All => client.producer_identity().await?,
            Acks::None | Acks::Leader => None,
        };
        Ok(Self {
            topic,
            acks,
            compression,
            identity,
            pending: BTreeMap::new(),
            sequences: BTreeMap::new(),
            sticky: 0,
        })
    }

    /// Adds a record, and sends its partition's batch once that is large enough.
    pub async fn send(
        &mut self,
        client: &mut Client,
        record: &Outgoing,
    ) -> Result<(), ClientError> {
        let partition = self.partition_of(record);
        let builder = self.builder(partition);
        builder.append(
            record.timestamp,
            record.key.as_deref(),
            record.value.as_deref(),
            &record.headers,
        )?;
        if builder.uncompressed_size() >= BATCH_BYTES_MAX {
            self.send_batch(client, partition).await?;
        }
        Ok(())
    }

    /// Sends everything and waits until it is written.
    pub async fn flush(&mut self, client: &mut Client) -> Result<(), ClientError> {
        let partitions: Vec<i32> = self.pending.keys().copied().collect();
        for partition in partitions {
            self.send_batch(client, partition).await?;
        }
        Ok(())
    }

    fn partition_of(&self, record: &Outgoing) -> i32 {
        let count = self.topic.partitions.len();
        let position = match (&record.partition, &record.key) {
            (Some(partition), _) => return *partition,
            (None, Some(key)) => partition_of_key(key, count),
            (None, None) => self.sticky % count.max(1),
        };
        i32::try_from(position).unwrap_or_default()
    }

    fn builder(&mut self, partition: i32) -> &mut BatchBuilder {
        let compression = self.compression;
        let identity = self.identity;
        let sequence = self.sequences.get(&partition).copied().unwrap_or_default();
        self.pending.entry(partition).or_insert_with(|| {
            let builder = BatchBuilder::new().compression(compression, None);
            match identity {
                Some(identity) => builder.producer(identity.id, identity.epoch, sequence),
                None => builder,
            }
        })
    }

    async fn send_batch(&mut self, client: &mut Client, partition: i32) -> Result<(), ClientError> {
        let Some(builder) = self.pending.remove(&partition) else {
            return Ok(());
        };
        self.sticky = self.sticky.wrapping_add(1);
        let records = builder.records_count();
        let batch = builder.build()?;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.try_send(client, partition, &batch).await {
            if !error.is_retriable() || Instant::now() >= deadline {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
            // Its leader may be another one by now.
            match client.topic(&self.topic.name, false).await {
                Ok(topic) => self.topic = topic,
                Err(error) if error.is_retriable() => {}
                Err(error) => return Err(error),
            }
        }
        let sequence = self.sequences.entry(partition).or_default();
        *sequence = add_sequence(*sequence, records);
        Ok(())
    }

    async fn try_send(
        &self,
        client: &mut Client,
        partition: i32,
        batch: &Bytes,
    ) -> Result<(), ClientError> {
        let subject = format!("{}-{partition}", self.topic.name);
        let mut partitions = self.topic.partitions.iter();
        let Some(leader) = partitions.find(|each| each.index == partition) else {
            let unknown = highwater_protocol::ErrorCode::UnknownTopicOrPartition;
            return Err(ClientError::refused(&subject, unknown.code(), None));
        };
        let request = ProduceRequest {
            transactional_id: None,
            acks: match self.acks {
                Acks::None => 0,
                Acks::Leader => 1,
                Acks::All => -1,
            },
            timeout_ms: TIMEOUT_MS,
            topic_data: vec![TopicProduceData {
                name: self.topic.name.clone(),
                topic_id: self.topic.id,
                partition_data: vec![PartitionProduceData {
                    index: partition,
                    records: Some(batch.clone()),
                }],
            }],
        };
        if self.acks == Acks::None {
            return client.send_unanswered(leader.leader, &request).await;
        }
        let response = client.ask_node(leader.leader, &request).await?;
        let answers = response.responses.into_iter();
        for answer in answers.flat_map(|topic| topic.partition_responses) {
            ClientError::check(&subject, answer.error_code, answer.error_message)?;
        }
        Ok(())
    }
}

impl Client {
    /// A producer id, or none from a broker that gives none.
    async fn producer_identity(&mut self) -> Result<Option<Identity>, ClientError> {
        let request = InitProducerIdRequest {
            transactional_id: None,
            ..InitProducerIdRequest::default()
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let error = match self.ask(&request).await {
                Err(ClientError::UnsupportedVersion { .. }) => return Ok(None),
                Err(error) => error,
                Ok(response) => {
                    match ClientError::check("InitProducerId", response.error_code, None) {
                        Ok(()) => {
                            return Ok(Some(Identity {
                                id: response.producer_id,
                                epoch: response.producer_epoch,
                            }));
                        }
                        Err(error) => error,
                    }
                }
            };
            if !error.is_retriable() || Instant::now() >= deadline {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn send_unanswered(
        &mut self,
        node: i32,
        request: &ProduceRequest,
    ) -> Result<(), ClientError> {
        let address = self.brokers.get(&node).cloned();
        let address = address.ok_or(ClientError::UnknownNode(node))?;
        let mut connection = match self.connections.remove(&address) {
            Some(connection) => connection,
            None => Connection::open(&*self.network, &address).await?,
        };
        connection.send_only(request).await?;
        self.connections.insert(address, connection);
        Ok(())
    }
}
