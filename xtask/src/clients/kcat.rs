//! kcat from PATH, or unpacked from Debian's packages without installing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::setup::{Prepared, Setup, works};

/// Packages that every Debian machine has, and that must not be mixed with another
/// release's.
const PRESENT: &[&str] = &["libc6", "libgcc-s1", "libcrypt1", "debconf", "dpkg", "tar"];

/// The program to run.
pub fn prepare(setup: &Setup<'_>) -> Result<Prepared<PathBuf>> {
    if works("kcat", &["-V"]) {
        return Ok(Prepared::Ready("kcat".into()));
    }
    if !works("apt-get", &["--version"]) || !works("dpkg", &["--version"]) {
        return Ok(Prepared::Missing(
            "kcat is not on PATH, and this is no Debian to fetch it from".into(),
        ));
    }
    let folder = setup.once("kcat", "debian", |folder| fetch(setup, folder))?;
    let program = folder.join("kcat");
    anyhow::ensure!(
        Command::new(&program)
            .arg("-V")
            .output()
            .is_ok_and(|output| output.status.success()),
        "{} does not start",
        program.display()
    );
    Ok(Prepared::Ready(program))
}

fn fetch(setup: &Setup<'_>, folder: &Path) -> Result<()> {
    // Refreshing the lists needs root; where that fails, the old ones may do.
    let _ = setup.run(Command::new("apt-get").arg("update"));
    let packages = packages()?;
    setup.run(
        Command::new("sh")
            .args(["-c", "cd \"$0\" && exec apt-get download \"$@\""])
            .arg(folder)
            .args(&packages),
    )?;
    let unpacked = folder.join("unpacked");
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            setup.run(Command::new("dpkg").arg("-x").arg(&path).arg(&unpacked))?;
        }
    }
    write_starter(folder)
}

/// kcat's package and those it depends on.
fn packages() -> Result<Vec<String>> {
    let output = Command::new("apt-cache")
        .args(["depends", "--recurse", "--no-recommends", "--no-suggests"])
        .args([
            "--no-conflicts",
            "--no-breaks",
            "--no-replaces",
            "--no-enhances",
            "kcat",
        ])
        .output()
        .context("apt-cache does not start")?;
    let packages = packages_of(&String::from_utf8_lossy(&output.stdout));
    anyhow::ensure!(!packages.is_empty(), "Debian's lists do not have kcat");
    Ok(packages)
}

/// The names in the first column; others are indented, virtual ones in brackets.
fn packages_of(listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .map(str::trim)
        .filter(|name| !PRESENT.contains(name) && !name.ends_with("-base"))
        .map(str::to_owned)
        .collect()
}

/// A script that starts kcat with the libraries beside it.
fn write_starter(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let starter = folder.join("kcat");
    let text = "#!/bin/sh\n\
        here=$(cd \"$(dirname \"$0\")\" && pwd)\n\
        LD_LIBRARY_PATH=$(ls -d \"$here\"/unpacked/usr/lib/*-linux-gnu* \"$here\"/unpacked/lib/*-linux-gnu* 2>/dev/null | tr '\\n' ':')\n\
        export LD_LIBRARY_PATH\n\
        exec \"$here/unpacked/usr/bin/kcat\" \"$@\"\n";
    fs::write(&starter, text)?;
    fs::set_permissions(&starter, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_stand_in_the_first_column() {
        let listing = "kcat\n  Depends: libc6\n  Depends: librdkafka1\nlibc6\nlibrdkafka1\n\
            gcc-12-base\n<virtual>\n |Depends: x\n";
        assert_eq!(packages_of(listing), ["kcat", "librdkafka1"]);
    }
}
