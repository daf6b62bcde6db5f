//! The leader alone, event by event.

use super::*;

const EPOCH: LeaderEpoch = LeaderEpoch(3);
const LIFE: BrokerEpoch = BrokerEpoch(70);
const LAG_MAX: Duration = Duration::from_secs(10);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn isr(replicas: &[i32], in_sync: &[i32]) -> IsrSet {
    let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect::<Vec<_>>();
    IsrSet::new(NodeId(1), &nodes(replicas), &nodes(in_sync)).unwrap()
}

fn settings() -> LeaderSettings {
    LeaderSettings {
        lag_max: LAG_MAX,
        ..LeaderSettings::default()
    }
}

/// A leader and what it asked for.
struct Rig {
    leader: PartitionLeader,
    effects: Vec<Effect>,
    now: Duration,
}

impl Rig {
    fn new(replicas: IsrSet, settings: LeaderSettings) -> Self {
        Self::with_log(replicas, settings, 0, 0)
    }

    fn with_log(replicas: IsrSet, settings: LeaderSettings, log_end: i64, known: i64) -> Self {
        let info = LeaderInfo {
            local: NodeId(1),
            leader_epoch: EPOCH,
            partition_epoch: PartitionEpoch(0),
            replicas,
            progress: Progress::new(Offset(log_end), Offset(log_end)),
            high_watermark: Offset(known),
            settings,
            now: at(0),
        };
        let mut effects = Vec::new();
        let mut leader = PartitionLeader::new(info, &mut effects);
        leader.on_brokers_change(|_| Some(LIFE), at(0), &mut effects);
        Self {
            leader,
            effects,
            now: at(0),
        }
    }

    fn append(&mut self, end: i64) {
        let (leader, effects) = (&mut self.leader, &mut self.effects);
        leader.on_local_append(Offset(end), self.now, effects);
        leader.on_local_flushed(Offset(end), self.now, effects);
        leader.check_invariants();
    }

    fn report(&mut self, node: i32, log_end: i64, flushed: i64) {
        let report = report(log_end, flushed);
        self.leader
            .on_follower_report(NodeId(node), &report, self.now, &mut self.effects)
            .unwrap();
        self.leader.check_invariants();
    }

    fn commit_isr(&mut self, partition_epoch: i32, in_sync: &[i32]) {
        let isr = isr(&[1, 2, 3], in_sync);
        let (epoch, effects) = (PartitionEpoch(partition_epoch), &mut self.effects);
        self.leader.on_isr_change(epoch, isr, self.now, effects);
    }

    fn tick(&mut self, seconds: u64) {
        self.now = at(seconds);
        self.leader.on_tick(self.now, &mut self.effects);
    }

    fn hw(&self) -> i64 {
        self.leader.high_watermark().0
    }

    /// The proposed sets since the last call.
    fn proposals(&mut self) -> Vec<Vec<i32>> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let proposals = effects.filter_map(|effect| match effect {
            Effect::ProposeIsr(proposal) => {
                Some(proposal.in_sync.iter().map(|(n, _)| n.0).collect())
            }
            Effect::AdvanceHighWatermark(_) => None,
        });
        proposals.collect()
    }
}

fn report(log_end: i64, flushed: i64) -> FollowerReport {
    FollowerReport {
        leader_epoch: EPOCH,
        broker_epoch: LIFE,
        progress: Progress::new(Offset(log_end), Offset(flushed)),
        log_start: Offset(0),
    }
}

#[test]
fn a_lone_leader_commits_what_it_flushed() {
    let mut rig = Rig::new(isr(&[1], &[1]), settings());
    rig.leader
        .on_local_append(Offset(10), at(0), &mut rig.effects);
    assert_eq!(rig.effects, []);
    rig.leader
        .on_local_flushed(Offset(7), at(0), &mut rig.effects);
    assert_eq!(rig.effects, [Effect::AdvanceHighWatermark(Offset(7))]);
    rig.effects.clear();
    rig.leader
        .on_local_flushed(Offset(7), at(0), &mut rig.effects);
    assert_eq!(rig.effects, [], "no news, no effect");
}

#[test]
fn with_write_caching_an_append_commits() {
    let relaxed = LeaderSettings {
        commit_rule: CommitRule::Appended,
        ..settings()
    };
    let mut rig = Rig::new(isr(&[1], &[1]), relaxed);
    rig.leader
        .on_local_append(Offset(10), at(0), &mut rig.effects);
    assert_eq!(rig.effects, [Effect::AdvanceHighWatermark(Offset(10))]);
    rig.leader
        .on_settings_change(settings(), at(0), &mut rig.effects);
    assert_eq!(rig.hw(), 10, "never goes back");
}

#[test]
fn the_slowest_in_sync_replica_decides() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), settings());
    rig.append(10);
    assert_eq!(rig.hw(), 0);
    rig.report(2, 8, 5);
    assert_eq!(rig.hw(), 5, "flushed, not appended");
    rig.commit_isr(1, &[1]);
    assert_eq!(rig.hw(), 5, "the follower that left still keeps up");
    assert_eq!(rig.proposals(), [[1, 2]]);
}

#[test]
fn a_follower_that_hangs_is_not_taken_back() {
    let two = LeaderSettings {
        min_in_sync: 2,
        ..settings()
    };
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), two);
    rig.append(10);
    rig.tick(10);
    assert_eq!(rig.proposals(), [[1]]);
    rig.commit_isr(1, &[1]);
    rig.tick(11);
    // Everything that is committed it has, since nothing can be now.
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    rig.report(2, 10, 10);
    assert_eq!(rig.proposals(), [[1, 2]]);
}

#[test]
fn below_min_in_sync_nothing_is_committed() {
    let two = LeaderSettings {
        min_in_sync: 2,
        ..settings()
    };
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1]), two);
    rig.append(10);
    assert!(!rig.leader.has_enough_in_sync());
    assert_eq!(rig.hw(), 0);
    rig.report(2, 10, 10);
    assert_eq!(rig.proposals(), [[1, 2]]);
    assert_eq!(rig.hw(), 0);
    rig.commit_isr(1, &[1, 2]);
    assert_eq!(rig.hw(), 10);
}

#[test]
fn more_in_sync_replicas_than_there_are_can_not_be_asked_for() {
    let two = LeaderSettings {
        min_in_sync: 2,
        ..settings()
    };
    assert!(Rig::new(isr(&[1], &[1]), two).leader.has_enough_in_sync());
}

#[test]
fn reports_that_can_not_be_true_are_refused() {
    let mut rig = Rig::new(isr(&[1, 2], &[1, 2]), settings());
    let mut refuse = |node, report: FollowerReport| {
        let (leader, effects) = (&mut rig.leader, &mut rig.effects);
        leader
            .on_follower_report(NodeId(node), &report, at(0), effects)
            .unwrap_err()
    };
    let mut old = report(0, 0);
    old.leader_epoch = LeaderEpoch(2);
    let expected = EPOCH;
    assert_eq!(refuse(2, old), ProgressError::WrongEpoch { expected });
    assert_eq!(refuse(9, report(0, 0)), ProgressError::NotAReplica);
    assert_eq!(refuse(1, report(0, 0)), ProgressError::NotAReplica);
    assert_eq!(refuse(2, report(1, 1)), ProgressError::BeyondLogEnd);
    rig.append(1);
    rig.report(2, 1, 1);
    let mut stale = report(1, 1);
    stale.broker_epoch = BrokerEpoch(69);
    let (leader, effects) = (&mut rig.leader, &mut rig.effects);
    assert_eq!(
        leader.on_follower_report(NodeId(2), &stale, at(0), effects),
        Err(ProgressError::StaleBroker)
    );
}

#[test]
fn a_new_life_of_a_follower_may_have_less() {
    let mut rig = Rig::new(isr(&[1, 2], &[1, 2]), settings());
    rig.append(10);
    rig.report(2, 10, 4);
    rig.report(2, 8, 3);
    assert_eq!(rig.hw(), 4, "an overtaken report changes nothing");
    let mut reborn = report(3, 3);
    reborn.broker_epoch = BrokerEpoch(71);
    let (leader, effects) = (&mut rig.leader, &mut rig.effects);
    leader
        .on_follower_report(NodeId(2), &reborn, at(0), effects)
        .unwrap();
    assert_eq!(rig.hw(), 4, "what is committed stays");
    rig.leader
        .on_follower_report(
            NodeId(2),
            &FollowerReport {
                progress: Progress::new(Offset(10), Offset(5)),
                ..reborn
            },
            at(0),
            &mut rig.effects,
        )
        .unwrap();
    assert_eq!(rig.hw(), 5);
}

#[test]
fn a_follower_joins_with_everything_that_may_be_committed() {
    // Ten records are here, of which five are known to be committed.
    let mut rig = Rig::with_log(isr(&[1, 2, 3], &[1, 3]), settings(), 10, 5);
    rig.report(2, 9, 9);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    rig.report(2, 10, 9);
    assert_eq!(
        rig.proposals(),
        Vec::<Vec<i32>>::new(),
        "flushed, not appended"
    );
    rig.report(2, 10, 10);
    assert_eq!(rig.proposals(), [[1, 2, 3]]);
}

#[test]
fn while_a_proposal_is_pending_both_sets_must_have_it() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), settings());
    rig.append(10);
    rig.report(3, 0, 0);
    assert_eq!(rig.proposals(), [[1, 2, 3]]);
    rig.report(2, 10, 10);
    assert_eq!(rig.hw(), 0, "the third may be in the set by now");
    // It can not be said whether it is, even when the follower is gone.
    let base = PartitionEpoch(0);
    rig.leader
        .on_isr_refused(base, IsrRefusal::Unknown, at(1), &mut rig.effects);
    rig.leader
        .on_brokers_change(|_| None, at(60), &mut rig.effects);
    assert_eq!(rig.hw(), 0);
    rig.tick(60);
    assert_eq!(rig.proposals(), [[1, 2, 3]], "the same one again");
    let doubt = IsrRefusal::Ineligible { in_doubt: true };
    rig.leader
        .on_isr_refused(base, doubt, at(60), &mut rig.effects);
    assert_eq!(rig.hw(), 0);
    // After the last sending was lost for long, an answer can be believed.
    let sure = IsrRefusal::Ineligible { in_doubt: false };
    rig.leader
        .on_isr_refused(base, sure, at(71), &mut rig.effects);
    assert_eq!(rig.hw(), 10);
}

#[test]
fn an_outdated_proposal_waits_for_the_metadata() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), settings());
    rig.append(10);
    rig.report(3, 0, 0);
    rig.proposals();
    rig.report(2, 10, 10);
    let outdated = IsrRefusal::Outdated;
    rig.leader
        .on_isr_refused(PartitionEpoch(0), outdated, at(0), &mut rig.effects);
    rig.report(3, 1, 1);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    assert_eq!(rig.hw(), 1);
    rig.commit_isr(1, &[1, 2]);
    assert_eq!(rig.leader.partition_epoch(), PartitionEpoch(1));
    rig.commit_isr(0, &[1]);
    assert_eq!(rig.leader.isr().in_sync().len(), 2, "late, ignored");
}

#[test]
fn who_does_not_keep_up_leaves() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2, 3]), settings());
    rig.tick(100);
    assert_eq!(
        rig.proposals(),
        Vec::<Vec<i32>>::new(),
        "nothing to keep up with"
    );
    assert_eq!(rig.leader.next_deadline(rig.now), None);
    rig.append(10);
    rig.report(2, 10, 10);
    assert_eq!(rig.leader.next_deadline(rig.now), Some(at(110)));
    rig.tick(109);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    rig.tick(110);
    assert_eq!(rig.proposals(), [[1, 2]]);
    assert_eq!(rig.hw(), 0, "not yet committed");
    rig.commit_isr(1, &[1, 2]);
    assert_eq!(rig.hw(), 10);
}

#[test]
fn a_follower_that_is_always_a_little_behind_keeps_up() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), settings());
    for second in 1..60 {
        rig.tick(second);
        rig.append(i64::try_from(second).unwrap() * 10);
        let end = i64::try_from(second).unwrap() * 10 - 15;
        rig.report(2, end.max(0), end.max(0));
    }
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    rig.tick(72);
    assert_eq!(rig.proposals(), [[1]]);
}

#[test]
fn refused_followers_are_proposed_again_later() {
    let mut rig = Rig::new(isr(&[1, 2], &[1]), settings());
    rig.leader
        .on_brokers_change(|_| None, at(0), &mut rig.effects);
    rig.report(2, 0, 0);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new(), "fenced");
    rig.leader
        .on_brokers_change(|_| Some(BrokerEpoch(71)), at(0), &mut rig.effects);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new(), "another life");
    rig.leader
        .on_brokers_change(|_| Some(LIFE), at(0), &mut rig.effects);
    assert_eq!(rig.proposals(), [[1, 2]]);
    let refusal = IsrRefusal::Ineligible { in_doubt: false };
    rig.leader
        .on_isr_refused(PartitionEpoch(0), refusal, at(0), &mut rig.effects);
    rig.report(2, 0, 0);
    assert_eq!(rig.proposals(), Vec::<Vec<i32>>::new());
    let deadline = rig.leader.next_deadline(at(0));
    assert_eq!(deadline, Some(REFUSED_MIN));
    rig.tick(1);
    assert_eq!(rig.proposals(), [[1, 2]]);
}

#[test]
fn a_checkpoint_beyond_the_log_is_cut() {
    let rig = Rig::with_log(isr(&[1, 2], &[1, 2]), settings(), 5, 9);
    assert_eq!(rig.hw(), 5);
}

#[test]
fn records_are_deleted_everywhere_once_every_live_follower_did() {
    let mut rig = Rig::new(isr(&[1, 2, 3], &[1, 2]), settings());
    rig.append(10);
    let low = |rig: &Rig| rig.leader.low_watermark(Offset(8)).0;
    assert_eq!(low(&rig), 0);
    for (node, log_start) in [(2, 7), (3, 9)] {
        let mut report = report(10, 10);
        report.log_start = Offset(log_start);
        let (leader, effects) = (&mut rig.leader, &mut rig.effects);
        leader
            .on_follower_report(NodeId(node), &report, at(0), effects)
            .unwrap();
    }
    assert_eq!(low(&rig), 7);
    let only_third = |node| (node == NodeId(3)).then_some(LIFE);
    rig.leader
        .on_brokers_change(only_third, at(0), &mut rig.effects);
    assert_eq!(low(&rig), 8);
}
