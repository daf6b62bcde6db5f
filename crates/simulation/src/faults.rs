//! What goes wrong in a run: the power of the node fails, and now and then it is
//! asked to stop in order just before.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use highwater_storage::testing::SimulatedDisk;
use tokio::sync::Notify;
use turmoil::Sim;

use crate::cluster;
use crate::ports::SimEntropy;

/// How often the node went down in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stops {
    /// The power failed.
    pub crashes: u32,
    /// The node stopped in order, and the power failed right after.
    pub in_order: u32,
}

/// The switches of the node.
pub(crate) struct Power {
    pub(crate) disk: SimulatedDisk,
    pub(crate) stop: Arc<Notify>,
}

/// What the node is doing, and until when.
enum Phase {
    Up { until: Duration },
    Stopping { until: Duration },
    Down { until: Duration },
}

/// The longest an orderly stop may take before the power fails anyway.
const STOP_MAX: Duration = Duration::from_secs(20);

/// Lets the simulation go on to its end, and the node stop now and then, in order or
/// not, until the clients say that it was enough.
pub(crate) fn step_with_faults(
    sim: &mut Sim<'_>,
    power: &Power,
    entropy: &SimEntropy,
    faults_over: &Cell<bool>,
) -> Result<Stops, String> {
    let pause = |range| Duration::from_millis(entropy.in_range(range));
    let stops_max = entropy.in_range(1..12) as u32;
    let mut stops = Stops::default();
    let mut phase = Phase::Up {
        until: pause(100..1500),
    };
    while !sim.step().map_err(|error| error.to_string())? {
        let now = sim.elapsed();
        phase = match phase {
            Phase::Up { until }
                if now >= until
                    && stops.crashes + stops.in_order < stops_max
                    && !faults_over.get() =>
            {
                if entropy.one_in(4) {
                    power.stop.notify_one();
                    Phase::Stopping {
                        until: now + STOP_MAX,
                    }
                } else {
                    stops.crashes += 1;
                    power.fail(sim);
                    Phase::Down {
                        until: now + pause(1..500),
                    }
                }
            }
            Phase::Stopping { until } if now >= until || !sim.is_host_running(cluster::HOST) => {
                if now >= until {
                    return Err("the node did not stop in order".into());
                }
                stops.in_order += 1;
                power.fail(sim);
                Phase::Down {
                    until: now + pause(1..500),
                }
            }
            Phase::Down { until } if now >= until => {
                sim.bounce(cluster::HOST);
                Phase::Up {
                    until: now + pause(200..2000),
                }
            }
            unchanged => unchanged,
        };
    }
    Ok(stops)
}

impl Power {
    /// The disk goes first, so that nothing that is torn down can still write.
    fn fail(&self, sim: &mut Sim<'_>) {
        self.disk.crash();
        sim.crash(cluster::HOST);
    }
}
