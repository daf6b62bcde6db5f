//! From records to what a broker has to do.

use highwater_metadata::config::Overrides;
use highwater_metadata::{MetadataDelta, MetadataImage, MetadataRecord};
use highwater_protocol::messages::metadata_records::{
    ConfigRecord, PartitionChangeRecord, PartitionRecord, RemoveTopicRecord, TopicRecord,
};
use highwater_types::{NodeId, Uuid};

use super::reconciler::{Plan, wanted_replicas};

const OWN: NodeId = NodeId(1);

fn topic(name: &str, id: u8) -> MetadataRecord {
    let topic_id = Uuid([id; 16]);
    TopicRecord {
        name: name.into(),
        topic_id,
    }
    .into()
}

fn partition(id: u8, index: i32, replicas: &[i32]) -> MetadataRecord {
    PartitionRecord {
        partition_id: index,
        topic_id: Uuid([id; 16]),
        replicas: replicas.to_vec(),
        isr: replicas.to_vec(),
        leader: replicas[0],
        leader_epoch: 0,
        partition_epoch: 0,
        ..PartitionRecord::default()
    }
    .into()
}

fn config(resource_type: i8, resource: &str, name: &str, value: &str) -> MetadataRecord {
    ConfigRecord {
        resource_type,
        resource_name: resource.into(),
        name: name.into(),
        value: Some(value.into()),
    }
    .into()
}

fn with(image: &MetadataImage, records: &[MetadataRecord]) -> MetadataImage {
    let mut image = image.clone();
    for record in records {
        image.replay(record).expect("fits");
    }
    image
}

/// The plan between two images in short.
fn plan(before: &MetadataImage, after: &MetadataImage) -> (Plan, String) {
    let delta = MetadataDelta::between(before, after);
    let plan = Plan::of(&delta, OWN, &Overrides::new());
    let mut steps = Vec::new();
    for (partition, id) in &plan.remove {
        steps.push(format!("remove {partition} of {}", id.0.0[0]));
    }
    for assignment in &plan.assign {
        steps.push(format!(
            "assign {} of {} led by {} since {}",
            assignment.partition,
            assignment.topic_id.0.0[0],
            assignment.leader,
            assignment.leader_epoch,
        ));
    }
    for (id, config) in &plan.configure {
        steps.push(format!(
            "configure {} with {}",
            id.0.0[0], config.retention_ms
        ));
    }
    (plan, steps.join(", "))
}

#[test]
fn only_own_replicas_matter() {
    let empty = MetadataImage::empty();
    let records = [
        topic("t", 1),
        partition(1, 0, &[1, 2]),
        partition(1, 1, &[2, 3]),
    ];
    let after = with(&empty, &records);
    assert_eq!(plan(&empty, &after).1, "assign t-0 of 1 led by 1 since 0");
    assert_eq!(plan(&after, &after).1, "");
    let wanted: Vec<_> = wanted_replicas(&after, OWN).into_iter().collect();
    assert_eq!(wanted.len(), 2, "t-0 and the metadata log");
}

#[test]
fn a_new_leader_is_assigned() {
    let before = with(
        &MetadataImage::empty(),
        &[topic("t", 1), partition(1, 0, &[1, 2])],
    );
    let change = PartitionChangeRecord {
        partition_id: 0,
        topic_id: Uuid([1; 16]),
        leader: 2,
        ..PartitionChangeRecord::default()
    };
    let after = with(&before, &[change.into()]);
    assert_eq!(plan(&before, &after).1, "assign t-0 of 1 led by 2 since 1");
}

#[test]
fn a_topic_that_is_replaced_is_removed_first() {
    let before = with(
        &MetadataImage::empty(),
        &[topic("t", 9), partition(9, 0, &[1])],
    );
    let remove = RemoveTopicRecord {
        topic_id: Uuid([9; 16]),
    };
    let records = [remove.into(), topic("t", 1), partition(1, 0, &[1])];
    let after = with(&before, &records);
    assert_eq!(
        plan(&before, &after).1,
        "remove t-0 of 9, assign t-0 of 1 led by 1 since 0"
    );
}

#[test]
fn a_replica_that_moved_away_is_removed() {
    let before = with(
        &MetadataImage::empty(),
        &[topic("t", 1), partition(1, 0, &[1, 2])],
    );
    let change = PartitionChangeRecord {
        partition_id: 0,
        topic_id: Uuid([1; 16]),
        replicas: Some(vec![2]),
        isr: Some(vec![2]),
        leader: 2,
        ..PartitionChangeRecord::default()
    };
    let after = with(&before, &[change.into()]);
    assert_eq!(plan(&before, &after).1, "remove t-0 of 1");
}

#[test]
fn configs_reach_the_topics_they_are_for() {
    let records = [
        topic("a", 1),
        partition(1, 0, &[1]),
        topic("b", 2),
        partition(2, 0, &[1]),
        topic("elsewhere", 3),
        partition(3, 0, &[2]),
    ];
    let before = with(&MetadataImage::empty(), &records);
    let own = with(&before, &[config(2, "a", "retention.ms", "5")]);
    assert_eq!(plan(&before, &own).1, "configure 1 with 5");
    let all = with(&own, &[config(4, "", "log.retention.ms", "7")]);
    assert_eq!(plan(&own, &all).1, "configure 1 with 5, configure 2 with 7");
    let other = with(&all, &[config(4, "2", "log.retention.ms", "8")]);
    assert_eq!(plan(&all, &other).1, "", "another broker's");
    // A topic that is created with configs has them from the start.
    let records = [
        topic("c", 4),
        partition(4, 0, &[1]),
        config(2, "c", "retention.ms", "6"),
    ];
    let created = with(&other, &records);
    assert_eq!(plan(&other, &created).0.assign[0].config.retention_ms, 6);
}
