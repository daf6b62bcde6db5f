//! Where the replicas of new partitions go.
//!
//! Striped placement, as Kafka places: racks take turns, and within a rack brokers
//! take turns, so that leaders and followers spread evenly and replicas of one
//! partition lie in different racks as far as there are racks. Each next partition
//! starts one rack and one broker further on. Fenced brokers are used only when a
//! rack has nothing else, and never for the first replica, which is to lead.

use highwater_types::NodeId;

/// A broker that may get replicas: registered and not about to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerToUse {
    pub id: NodeId,
    pub rack: Option<String>,
    pub fenced: bool,
}

/// Why replicas can not be placed. Kafka: `INVALID_REPLICATION_FACTOR`, with this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    #[error("Invalid replication factor {0}: the replication factor must be positive.")]
    NotPositive(i16),
    #[error("All brokers are currently fenced.")]
    AllFenced,
    #[error(
        "The target replication factor of {wanted} cannot be reached because only {there} \
         broker(s) are registered."
    )]
    TooFewBrokers { wanted: i16, there: usize },
}

/// Chooses the replicas of `partitions` partitions, the preferred leader first.
/// `random` gives any number each time it is asked.
///
/// # Errors
/// When that many replicas can not be had.
pub fn place(
    partitions: usize,
    replication_factor: i16,
    brokers: &[BrokerToUse],
    random: &mut dyn FnMut() -> u64,
) -> Result<Vec<Vec<NodeId>>, PlacementError> {
    let replicas = match usize::try_from(replication_factor) {
        Ok(replicas) if replicas > 0 => replicas,
        _ => return Err(PlacementError::NotPositive(replication_factor)),
    };
    if brokers.iter().all(|broker| broker.fenced) {
        return Err(PlacementError::AllFenced);
    }
    if replicas > brokers.len() {
        return Err(PlacementError::TooFewBrokers {
            wanted: replication_factor,
            there: brokers.len(),
        });
    }
    let mut stripes = Stripes::new(brokers, random);
    Ok((0..partitions)
        .map(|_| stripes.next_partition(replicas, random))
        .collect())
}

/// Brokers that take turns: one round per partition, each starting one further on.
#[derive(Debug, Default)]
struct Ring {
    brokers: Vec<NodeId>,
    /// Where this round starts.
    start: usize,
    /// How many were taken in this round.
    taken: usize,
}

#[derive(Debug, Default)]
struct Rack {
    unfenced: Ring,
    fenced: Ring,
}

struct Stripes {
    racks: Vec<Rack>,
    /// The rack that the next partition starts at.
    first_rack: usize,
    unfenced_count: usize,
    /// Partitions placed since the last shuffle.
    round: usize,
}

impl Ring {
    fn begin_round(&mut self) {
        self.taken = 0;
        if !self.brokers.is_empty() {
            self.start = (self.start + 1) % self.brokers.len();
        }
    }

    fn take(&mut self) -> Option<NodeId> {
        if self.taken == self.brokers.len() {
            return None;
        }
        let broker = self.brokers[(self.start + self.taken) % self.brokers.len()];
        self.taken += 1;
        Some(broker)
    }
}

impl Rack {
    fn take(&mut self) -> Option<NodeId> {
        self.unfenced.take().or_else(|| self.fenced.take())
    }
}

impl Stripes {
    fn new(brokers: &[BrokerToUse], random: &mut dyn FnMut() -> u64) -> Self {
        let mut by_rack = std::collections::BTreeMap::<Option<&str>, Rack>::new();
        for broker in brokers {
            let rack = by_rack.entry(broker.rack.as_deref()).or_default();
            let ring = if broker.fenced {
                &mut rack.fenced
            } else {
                &mut rack.unfenced
            };
            ring.brokers.push(broker.id);
        }
        let mut racks: Vec<Rack> = by_rack.into_values().collect();
        for ring in racks
            .iter_mut()
            .flat_map(|r| [&mut r.unfenced, &mut r.fenced])
        {
            ring.brokers.sort_unstable();
            ring.start = below(ring.brokers.len(), random);
        }
        Self {
            first_rack: below(racks.len(), random),
            unfenced_count: brokers.iter().filter(|broker| !broker.fenced).count(),
            racks,
            round: 0,
        }
    }

    /// Precondition, checked by [`place`]: there are `replicas` brokers, one of them unfenced.
    fn next_partition(&mut self, replicas: usize, random: &mut dyn FnMut() -> u64) -> Vec<NodeId> {
        // After as many partitions as brokers the same assignments would come
        // again; in another order they make other neighbours.
        if self.round == self.unfenced_count && self.unfenced_count > 1 {
            self.shuffle(random);
            self.round = 0;
        }
        for rack in &mut self.racks {
            rack.unfenced.begin_round();
            rack.fenced.begin_round();
        }
        let count = self.racks.len();
        let mut chosen = Vec::with_capacity(replicas);
        let mut leader_rack = self.first_rack;
        while chosen.is_empty() {
            match self.racks[leader_rack].unfenced.take() {
                Some(leader) => chosen.push(leader),
                None => leader_rack = (leader_rack + 1) % count,
            }
        }
        // The leader's rack had its turn in the first pass over the racks.
        let mut skip_leader_rack = true;
        let mut rack = self.first_rack;
        while chosen.len() < replicas {
            if skip_leader_rack && rack == leader_rack {
                skip_leader_rack = false;
            } else if let Some(broker) = self.racks[rack].take() {
                chosen.push(broker);
            }
            rack = (rack + 1) % count;
        }
        self.first_rack = (self.first_rack + 1) % count;
        self.round += 1;
        chosen
    }

    fn shuffle(&mut self, random: &mut dyn FnMut() -> u64) {
        shuffle(&mut self.racks, random);
        for rack in &mut self.racks {
            shuffle(&mut rack.unfenced.brokers, random);
            shuffle(&mut rack.fenced.brokers, random);
        }
    }
}

/// A number below `limit`; 0 for a limit of 0.
fn below(limit: usize, random: &mut dyn FnMut() -> u64) -> usize {
    match limit as u64 {
        0 => 0,
        limit => (random() % limit) as usize,
    }
}

fn shuffle<T>(items: &mut [T], random: &mut dyn FnMut() -> u64) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, random));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    fn broker(id: i32, rack: Option<&str>, fenced: bool) -> BrokerToUse {
        BrokerToUse {
            id: NodeId(id),
            rack: rack.map(str::to_owned),
            fenced,
        }
    }

    /// Numbers that look random and are the same each time.
    fn numbers(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        }
    }

    #[test]
    fn what_can_not_be_had_is_refused() {
        let some = [broker(1, None, false), broker(2, None, true)];
        let mut zero = || 0;
        assert_eq!(
            place(1, 0, &some, &mut zero),
            Err(PlacementError::NotPositive(0))
        );
        assert_eq!(
            place(1, 3, &some, &mut zero),
            Err(PlacementError::TooFewBrokers {
                wanted: 3,
                there: 2
            })
        );
        assert_eq!(
            place(1, 1, &some[1..], &mut zero),
            Err(PlacementError::AllFenced)
        );
        assert_eq!(place(1, 1, &[], &mut zero), Err(PlacementError::AllFenced));
    }

    #[test]
    fn leaders_and_racks_take_turns() {
        let brokers: Vec<_> = (0..9)
            .map(|id| broker(id, Some(["a", "b", "c"][id as usize / 3]), false))
            .collect();
        let placed = place(9, 3, &brokers, &mut || 0).unwrap();
        for rack in 0..3 {
            let leading = placed
                .iter()
                .filter(|replicas| replicas[0].get() / 3 == rack);
            assert_eq!(leading.count(), 3, "{placed:?}");
        }
        for replicas in placed {
            let racks: BTreeSet<_> = replicas.iter().map(|id| id.get() / 3).collect();
            assert_eq!(racks.len(), 3, "{replicas:?}");
        }
    }

    #[test]
    fn one_broker_gets_everything() {
        let placed = place(100, 1, &[broker(7, None, false)], &mut || 5).unwrap();
        assert!(placed.iter().all(|replicas| replicas == &[NodeId(7)]));
    }

    proptest! {
        #[test]
        fn replicas_are_distinct_spread_and_led_by_an_unfenced_broker(
            racks in prop::collection::vec((0usize..4, any::<bool>()), 1..12),
            partitions in 1usize..40,
            factor in 1i16..5,
            seed in any::<u64>(),
        ) {
            let names = [None, Some("a"), Some("b"), Some("c")];
            let brokers: Vec<_> = racks
                .iter()
                .enumerate()
                .map(|(id, (rack, fenced))| broker(id as i32, names[*rack], *fenced))
                .collect();
            let Ok(placed) = place(partitions, factor, &brokers, &mut numbers(seed)) else {
                prop_assume!(false);
                return Ok(());
            };
            let by_id: BTreeMap<_, _> = brokers.iter().map(|b| (b.id, b)).collect();
            let rack_count = brokers.iter().map(|b| &b.rack).collect::<BTreeSet<_>>().len();
            prop_assert_eq!(placed.len(), partitions);
            for replicas in placed {
                let distinct: BTreeSet<_> = replicas.iter().collect();
                prop_assert_eq!(replicas.len(), factor as usize);
                prop_assert_eq!(distinct.len(), replicas.len());
                prop_assert!(!by_id[&replicas[0]].fenced);
                let used: BTreeSet<_> = replicas.iter().map(|id| &by_id[id].rack).collect();
                prop_assert_eq!(used.len(), rack_count.min(factor as usize));
            }
        }
    }
}
