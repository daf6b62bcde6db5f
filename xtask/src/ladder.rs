//! The crate graph is the architecture: which crate may use which.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace;

const PREFIX: &str = "highwater-";

/// Every crate with the crates it may use in its normal and build dependencies.
/// Tests may use more. A new edge here needs a decision in `docs/decisions`.
const EDGES: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("protocol-derive", &[]),
    ("protocol", &["types", "protocol-derive"]),
    ("storage", &["protocol", "types"]),
    ("replication", &["types"]),
    ("metadata", &["protocol", "types"]),
    ("coordinator", &["metadata", "protocol", "types"]),
    ("platform", &["types"]),
    ("rpc", &["platform", "types"]),
    (
        "controller",
        &[
            "rpc", "platform", "metadata", "storage", "protocol", "types",
        ],
    ),
    (
        "broker",
        &[
            "rpc",
            "platform",
            "coordinator",
            "replication",
            "storage",
            "metadata",
            "protocol",
            "types",
        ],
    ),
    (
        "server",
        &[
            "broker",
            "controller",
            "rpc",
            "platform",
            "storage",
            "metadata",
            "protocol",
            "types",
        ],
    ),
    (
        "simulation",
        &[
            "broker",
            "controller",
            "rpc",
            "platform",
            "storage",
            "metadata",
            "protocol",
            "types",
        ],
    ),
];

/// Crates that know nothing of an async runtime.
const BELOW_THE_LINE: &[&str] = &[
    "types",
    "protocol-derive",
    "protocol",
    "storage",
    "replication",
    "metadata",
    "coordinator",
];

/// Outside crates that only some of ours may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("openraft", &["controller"]),
    // The simulation seeds the quorum's randomness.
    ("openraft-rt", &["controller", "simulation"]),
    ("openraft-rt-tokio", &["controller"]),
];

/// One package of the dependency graph.
#[derive(Debug)]
struct Package {
    name: String,
    /// Ids of its normal and build dependencies.
    dependencies: Vec<String>,
}

type Graph = BTreeMap<String, Package>;

pub fn run() -> Result<()> {
    let graph = read_graph(&workspace::metadata(&[])?)?;
    let problems = check(&graph);
    for problem in &problems {
        println!("{problem}");
    }
    anyhow::ensure!(
        problems.is_empty(),
        "{} edges break the ladder",
        problems.len()
    );
    Ok(())
}

fn read_graph(metadata: &Value) -> Result<Graph> {
    let names: BTreeMap<&str, &str> = array(metadata, "packages")?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let mut graph = Graph::new();
    for node in array(&metadata["resolve"], "nodes")? {
        let id = node["id"].as_str().context("a node without an id")?;
        let dependencies = array(node, "deps")?
            .iter()
            .filter(|dependency| is_not_only_for_tests(dependency))
            .filter_map(|dependency| dependency["pkg"].as_str())
            .map(str::to_owned)
            .collect();
        let name = (*names.get(id).context("a node without a package")?).to_owned();
        graph.insert(id.to_owned(), Package { name, dependencies });
    }
    Ok(graph)
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key]
        .as_array()
        .with_context(|| format!("cargo metadata has no {key}"))
}

/// A dependency's kind is null for normal, "build" or "dev"; it can have several.
fn is_not_only_for_tests(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().is_some_and(|kinds| {
        kinds
            .iter()
            .any(|kind| kind["kind"].as_str() != Some("dev"))
    })
}

fn check(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, package) in graph {
        let Some(short) = package.name.strip_prefix(PREFIX) else {
            continue;
        };
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == short) else {
            problems.push(format!("{short}: this crate has no place on the ladder"));
            continue;
        };
        for dependency in package.dependencies.iter().filter_map(|id| graph.get(id)) {
            if let Some(used) = dependency.name.strip_prefix(PREFIX)
                && !allowed.contains(&used)
            {
                problems.push(format!("{short} must not use {used}"));
            }
            if let Some((outside, owners)) =
                ONLY_IN.iter().find(|(name, _)| *name == dependency.name)
                && !owners.contains(&short)
            {
                let owners = owners.join(" and ");
                problems.push(format!("{short} must not use {outside}: only {owners} may"));
            }
        }
        if BELOW_THE_LINE.contains(&short)
            && let Some(path) = path_to(graph, id, "tokio")
        {
            problems.push(format!(
                "{short} is below the line and must not reach tokio: {}",
                path.join(" -> ")
            ));
        }
    }
    problems
}

/// The names on a way from `from` to a package called `name`.
fn path_to(graph: &Graph, from: &str, name: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut paths = vec![vec![from.to_owned()]];
    while let Some(path) = paths.pop() {
        let package = graph.get(path.last()?)?;
        if package.name == name {
            let name_of = |id: &String| graph.get(id).map(|package| package.name.clone());
            return path.iter().map(name_of).collect();
        }
        for next in &package.dependencies {
            if seen.insert(next.clone()) {
                paths.push([path.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        edges
            .iter()
            .map(|(name, dependencies)| {
                let package = Package {
                    name: (*name).to_owned(),
                    dependencies: dependencies.iter().map(|id| (*id).to_owned()).collect(),
                };
                ((*name).to_owned(), package)
            })
            .collect()
    }

    #[test]
    fn allowed_edges_pass() {
        let graph = graph(&[
            ("highwater-types", &[]),
            ("highwater-protocol", &["highwater-types", "bytes"]),
            ("bytes", &[]),
        ]);
        assert_eq!(check(&graph), Vec::<String>::new());
    }

    #[test]
    fn an_upward_edge_is_found() {
        let graph = graph(&[
            ("highwater-types", &["highwater-protocol"]),
            ("highwater-protocol", &[]),
        ]);
        assert_eq!(check(&graph), ["types must not use protocol"]);
    }

    #[test]
    fn tokio_below_the_line_is_found_behind_other_crates() {
        let graph = graph(&[
            ("highwater-storage", &["helper"]),
            ("helper", &["tokio"]),
            ("tokio", &[]),
        ]);
        assert_eq!(
            check(&graph),
            ["storage is below the line and must not reach tokio: \
              highwater-storage -> helper -> tokio"]
        );
    }

    #[test]
    fn openraft_outside_the_controller_and_unknown_crates_are_found() {
        let graph = graph(&[
            ("highwater-broker", &["openraft"]),
            ("highwater-new", &[]),
            ("openraft", &[]),
        ]);
        assert_eq!(
            check(&graph),
            [
                "broker must not use openraft: only controller may",
                "new: this crate has no place on the ladder"
            ]
        );
    }

    #[test]
    fn the_repository_keeps_to_the_ladder() -> Result<()> {
        let graph = read_graph(&workspace::metadata(&[])?)?;
        assert_eq!(check(&graph), Vec::<String>::new());
        Ok(())
    }
}
