//! Jars from Maven Central: the Java client, and Apache Kafka's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::setup::{Prepared, Setup, works};

/// What is needed of the jars.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Clients,
    Tools,
}

/// The class path of the compiled Java suite.
pub fn prepare_suite(setup: &Setup<'_>) -> Result<Prepared<String>> {
    let jars = match prepare(setup, Set::Clients)? {
        Prepared::Ready(jars) => jars,
        Prepared::Missing(why) => return Ok(Prepared::Missing(why)),
    };
    // Compiled each time: it takes two seconds, and the sources change.
    let classes = setup.folder("java-classes");
    if classes.exists() {
        fs::remove_dir_all(&classes)?;
    }
    let mut sources: Vec<PathBuf> = fs::read_dir(setup.sources().join("java"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    sources.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "java")
    });
    sources.sort();
    setup.run(
        Command::new("javac")
            .args(["-Xlint:all", "-cp", &format!("{}/*", jars.display()), "-d"])
            .arg(&classes)
            .args(&sources),
    )?;
    let path = format!("{}:{}/*", classes.display(), jars.display());
    Ok(Prepared::Ready(path))
}

/// The folder with Kafka's tools and all that they need.
pub fn prepare_tools(setup: &Setup<'_>) -> Result<Prepared<PathBuf>> {
    prepare(setup, Set::Tools)
}

fn prepare(setup: &Setup<'_>, set: Set) -> Result<Prepared<PathBuf>> {
    for program in ["java", "javac", "mvn"] {
        if !works(program, &["--version"]) {
            return Ok(Prepared::Missing(format!("{program} is missing")));
        }
    }
    let pom = setup.sources().join("java/pom.xml");
    let fingerprint = fs::read_to_string(&pom)?;
    let (name, profile) = match set {
        Set::Clients => ("java-clients", None),
        Set::Tools => ("java-tools", Some("-Ptools")),
    };
    let folder = setup.once(name, &fingerprint, |folder| {
        setup.run(&mut copy_dependencies(&pom, profile, folder))
    })?;
    Ok(Prepared::Ready(folder))
}

fn copy_dependencies(pom: &Path, profile: Option<&str>, to: &Path) -> Command {
    let mut command = Command::new("mvn");
    command
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(pom)
        .args(profile)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", to.display()));
    command
}
