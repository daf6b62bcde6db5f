//! One run: a node, its clients, the faults, the checks.

use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use highwater_platform::Entropy;
use highwater_storage::Disk;
use highwater_storage::testing::SimulatedDisk;
use tokio::sync::Notify;
use turmoil::Sim;

use crate::checker::{self, Violation};
use crate::cluster::{self, Knobs, Mistake, Node};
use crate::faults::{Power, Stops, step_with_faults};
use crate::history::{Digest, History};
use crate::ports::SimEntropy;
use crate::workload::{self, ProducePlan};

const TOPIC: &str = "numbers";

/// The simulated time after which a run that has not finished has failed.
const RUN_MAX: Duration = Duration::from_secs(600);

/// What the clocks of a simulation show at its start.
const EPOCH: Duration = Duration::from_secs(1_800_000_000);

/// What came of a run. Equal seeds give equal reports, to the last bit.
#[derive(Debug)]
pub struct Report {
    pub seed: u64,
    pub stops: Stops,
    pub events: usize,
    pub simulated: Duration,
    /// Of everything the clients did and saw.
    pub history_digest: u64,
    /// Of everything on the node's disk at the end.
    pub disk_digest: u64,
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.violations.is_empty() {
            "ok"
        } else {
            "FAIL"
        };
        write!(
            f,
            "{verdict} seed {} crashes {} restarts {} events {} simulated {} ms history {:016x} disk {:016x}",
            self.seed,
            self.stops.crashes,
            self.stops.in_order,
            self.events,
            self.simulated.as_millis(),
            self.history_digest,
            self.disk_digest,
        )?;
        for violation in &self.violations {
            write!(f, "\n  {violation}")?;
        }
        Ok(())
    }
}

/// Runs one seed. A process should run one only: some libraries keep state of
/// their own between runs.
///
/// # Errors
/// When the node could not start, or the clients did not get done in time.
pub fn run(seed: u64, mistake: Option<Mistake>) -> Result<Report, String> {
    let entropy = SimEntropy::new(seed);
    let history = History::default();
    let disk = data_disk(entropy.next_u64())?;
    let faults_over = Rc::new(Cell::new(false));
    let done = Rc::new(Cell::new(false));

    let mut sim = turmoil::Builder::new()
        .rng_seed(entropy.next_u64())
        // Not the time of day, which would be written into the records.
        .epoch(std::time::UNIX_EPOCH + EPOCH)
        .simulation_duration(RUN_MAX)
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_micros(100))
        .max_message_latency(Duration::from_millis(entropy.in_range(1..20)))
        .tcp_capacity(4096)
        .build();
    let node = Node {
        host: cluster::HOST.to_string(),
        disk: disk.clone(),
        knobs: knobs(&entropy, mistake),
        stop: Arc::new(Notify::new()),
    };
    let power = Power {
        disk: disk.clone(),
        stop: node.stop.clone(),
    };
    start_host(&mut sim, node, &entropy);
    start_clients(&mut sim, &entropy, &history, &faults_over, &done);

    let stops = step_with_faults(&mut sim, &power, &entropy, &faults_over)?;
    let mut disk_digest = Digest::default();
    for (path, content) in disk.contents() {
        disk_digest.write(path.to_string_lossy().as_bytes());
        disk_digest.write(&content);
    }
    let mut violations = checker::check(&history);
    if !done.get() {
        return Err(format!("seed {seed}: the clients did not get done"));
    }
    violations.truncate(20);
    Ok(Report {
        seed,
        stops,
        events: history.len(),
        simulated: sim.elapsed(),
        history_digest: history.digest(),
        disk_digest: disk_digest.finish(),
        violations,
    })
}

/// A disk with the empty folder that an operator has made for the data.
fn data_disk(seed: u64) -> Result<SimulatedDisk, String> {
    let disk = SimulatedDisk::new(seed);
    let made = disk.create_dir_all(Path::new(cluster::DATA_DIR));
    made.and_then(|()| disk.sync_dir(Path::new("/")))
        .map_err(|error| error.to_string())?;
    Ok(disk)
}

/// Settings at random, small ones more often than large ones.
fn knobs(entropy: &SimEntropy, mistake: Option<Mistake>) -> Knobs {
    let segment_bytes = 1024 << entropy.in_range(0..10);
    let index_interval = [1, 64, 4096][entropy.in_range(0..3) as usize];
    Knobs {
        sync_latency_max: Duration::from_millis(entropy.in_range(1..30)),
        snapshot_record_bytes: [1 << 10, 1 << 14, 20 << 20][entropy.in_range(0..3) as usize],
        clock_skew_ms: entropy.in_range(0..2000) as i64 - 1000,
        properties: [
            ("log.segment.bytes", segment_bytes.to_string()),
            ("log.index.interval.bytes", index_interval.to_string()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .to_vec(),
        mistake,
    }
}

fn start_host(sim: &mut Sim<'_>, node: Node, entropy: &SimEntropy) {
    let seed = entropy.next_u64();
    let lives = Cell::new(0);
    sim.host(cluster::HOST, move || {
        let life = lives.get();
        lives.set(life + 1);
        let node = node.clone();
        async move {
            cluster::run_node(node, seed.wrapping_add(life))
                .await
                .map_err(Into::into)
        }
    });
}

fn start_clients(
    sim: &mut Sim<'_>,
    entropy: &SimEntropy,
    history: &History,
    faults_over: &Rc<Cell<bool>>,
    done: &Rc<Cell<bool>>,
) {
    let partitions = entropy.in_range(1..4) as i32;
    let producers = entropy.in_range(1..4) as u32;
    let plan = ProducePlan {
        producer: 0,
        topic_id: highwater_types::Uuid::ZERO,
        partitions,
        values: entropy.in_range(200..3000) as u32,
        batch_values_max: entropy.in_range(1..30) as u32,
        padding_bytes_max: entropy.in_range(0..400) as u32,
        pause_max: Duration::from_millis(entropy.in_range(0..20)),
    };
    let seed = entropy.next_u64();
    let (history, faults_over, done) = (history.clone(), faults_over.clone(), done.clone());
    sim.client("clients", async move {
        let address = &format!("{}:{}", cluster::HOST, cluster::PORT);
        let topic_id = workload::create_topic(address, TOPIC, partitions).await;
        let produce = futures::future::join_all((0..producers).map(|producer| {
            let plan = ProducePlan {
                producer,
                topic_id,
                ..plan.clone()
            };
            let history = &history;
            async move {
                let entropy = SimEntropy::new(seed.wrapping_add(u64::from(producer)));
                workload::run_producer(address, &plan, history, &entropy).await;
            }
        }));
        let produced = Cell::new(false);
        let read = workload::run_reader(address, 0, topic_id, partitions, &history, &produced);
        let write = async {
            produce.await;
            produced.set(true);
        };
        futures::future::join(write, read).await;
        faults_over.set(true);
        workload::read_all(address, topic_id, partitions, &history).await;
        done.set(true);
        Ok(())
    });
}
