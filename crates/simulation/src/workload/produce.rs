//! Idempotent producers that keep trying until every value is acknowledged.

use std::time::Duration;

use bytes::Bytes;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::init_producer_id::InitProducerIdRequest;
use highwater_protocol::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData,
};
use highwater_protocol::record::{BatchBuilder, Compression};
use highwater_types::{Offset, Uuid};

use super::BACKOFF;
use crate::client::Client;
use crate::history::{Event, History, Value};
use crate::ports::SimEntropy;

/// What one producer is to write.
#[derive(Clone, Debug)]
pub struct ProducePlan {
    pub producer: u32,
    pub topic_id: Uuid,
    pub partitions: i32,
    /// Values to write over all partitions.
    pub values: u32,
    /// The largest number of values in one batch.
    pub batch_values_max: u32,
    /// The largest number of bytes that pad a value.
    pub padding_bytes_max: u32,
    /// The longest pause between two batches.
    pub pause_max: Duration,
}

struct Producer<'a> {
    plan: &'a ProducePlan,
    address: &'a str,
    history: &'a History,
    entropy: &'a SimEntropy,
    client: Option<Client>,
    id: i64,
    epoch: i16,
    sequences: Vec<i32>,
}

/// Writes all values of the plan, in batches of random size to random partitions,
/// and records each acknowledgement. A batch whose fate is unknown is sent again
/// with the same sequence numbers, so it must end up in the log once.
pub async fn run_producer(
    address: &str,
    plan: &ProducePlan,
    history: &History,
    entropy: &SimEntropy,
) {
    let mut producer = Producer {
        plan,
        address,
        history,
        entropy,
        client: None,
        id: -1,
        epoch: -1,
        sequences: vec![0; plan.partitions as usize],
    };
    producer.obtain_id().await;
    let mut number = 0;
    while number < plan.values {
        let count = 1 + entropy.in_range(0..u64::from(plan.batch_values_max)) as u32;
        let count = count.min(plan.values - number);
        let partition = entropy.in_range(0..plan.partitions as u64) as i32;
        producer.write(partition, number, count).await;
        number += count;
        let pause_us = entropy.in_range(0..plan.pause_max.as_micros() as u64 + 1);
        tokio::time::sleep(Duration::from_micros(pause_us)).await;
    }
}

impl Producer<'_> {
    async fn client(&mut self) -> &mut Client {
        loop {
            if self.client.is_some() {
                break;
            }
            match Client::connect(self.address).await {
                Ok(client) => self.client = Some(client),
                Err(_) => tokio::time::sleep(BACKOFF).await,
            }
        }
        self.client.as_mut().expect("connected just above")
    }

    async fn obtain_id(&mut self) {
        loop {
            let request = InitProducerIdRequest {
                transactional_id: None,
                ..InitProducerIdRequest::default()
            };
            match self.client().await.call(5, &request).await {
                Ok(response) if response.error_code == ErrorCode::None.code() => {
                    self.id = response.producer_id;
                    self.epoch = response.producer_epoch;
                    return;
                }
                Ok(response) => tracing::debug!(response.error_code, "no producer id"),
                Err(_) => self.client = None,
            }
            tokio::time::sleep(BACKOFF).await;
        }
    }

    /// Sends one batch until it is acknowledged or refused for certain.
    async fn write(&mut self, partition: i32, first: u32, count: u32) {
        let sequence = self.sequences[partition as usize];
        let records = self.batch(first, count, sequence);
        loop {
            let request = self.request(partition, records.clone());
            let answer = match self.client().await.call(13, &request).await {
                Ok(response) => response
                    .responses
                    .into_iter()
                    .flat_map(|topic| topic.partition_responses)
                    .next(),
                Err(_) => {
                    self.client = None;
                    None
                }
            };
            if let Some(answer) = answer
                && self.settle(partition, first, count, &answer)
            {
                self.sequences[partition as usize] = sequence + count as i32;
                return;
            }
            tokio::time::sleep(BACKOFF).await;
        }
    }

    /// Records what an answer says; false if the batch must be sent again.
    fn settle(
        &self,
        partition: i32,
        first: u32,
        count: u32,
        answer: &PartitionProduceResponse,
    ) -> bool {
        let error = ErrorCode::from_code(answer.error_code);
        tracing::debug!(partition, first, count, ?error, "produce answered");
        if error == ErrorCode::None {
            for index in 0..count {
                let value = self.value(first + index);
                let offset = Offset(answer.base_offset + i64::from(index));
                self.history
                    .record(partition, Event::Acknowledged { value, offset });
            }
            return true;
        }
        if error.is_retriable() {
            return false;
        }
        // Nothing in this workload is a reason to refuse a batch for good. A gap in
        // the sequence, above all, means that what came before it was lost.
        let value = self.value(first);
        let what = format!("{value}, a valid value, was refused with {error:?}");
        self.history.record(partition, Event::Impossible { what });
        true
    }

    fn value(&self, number: u32) -> Value {
        Value {
            producer: self.plan.producer,
            number,
        }
    }

    fn batch(&self, first: u32, count: u32, sequence: i32) -> Bytes {
        let compression = [Compression::None, Compression::Lz4, Compression::Zstd]
            [self.entropy.in_range(0..3) as usize];
        let mut builder = BatchBuilder::new()
            .compression(compression, None)
            .producer(self.id, self.epoch, sequence);
        for number in first..first + count {
            let padding = self
                .entropy
                .in_range(0..u64::from(self.plan.padding_bytes_max) + 1);
            let text = format!("{} {}", self.value(number), "x".repeat(padding as usize));
            builder
                .append(i64::from(number), None, Some(text.as_bytes()), &[])
                .expect("a small record fits");
        }
        builder.build().expect("a small batch can be built")
    }

    fn request(&self, partition: i32, records: Bytes) -> ProduceRequest {
        ProduceRequest {
            acks: -1,
            timeout_ms: 2000,
            topic_data: vec![TopicProduceData {
                topic_id: self.plan.topic_id,
                partition_data: vec![PartitionProduceData {
                    index: partition,
                    records: Some(records),
                }],
                ..TopicProduceData::default()
            }],
            ..ProduceRequest::default()
        }
    }
}
