//! The photo that tests measure: NASA's portrait of an astronaut, public domain, out of a package.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::{paths, sh};

const PACKAGE: &str = "scikit-image==0.26.0";
const MEMBER: &str = "skimage/data/astronaut.png";
const SHA256: &str = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5";
/// Prints the SHA-256 of a member of a zip file, and writes the member.
const EXTRACT: &str = "\
import hashlib, sys, zipfile
archive, member, out = sys.argv[1:]
data = zipfile.ZipFile(archive).read(member)
open(out, 'wb').write(data)
print(hashlib.sha256(data).hexdigest())
";

/// Where the photo is; fetched and verified the first time.
pub fn path() -> Result<PathBuf> {
    let folder = paths::tools().join("photo");
    let photo = folder.join("astronaut.png");
    if photo.is_file() {
        return Ok(photo);
    }
    std::fs::create_dir_all(&folder)?;
    let mut download = sh::command("python3");
    // The photo is the same in the package for every system: none has to fit this one.
    download.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--implementation=cp",
    ]);
    download.args(["--python-version=3.12", "--platform=manylinux_2_28_x86_64", "--dest"]);
    sh::run(download.arg(&folder).arg(PACKAGE))?;
    let archive = std::fs::read_dir(&folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip left no package behind")?;
    let unverified = folder.join("unverified");
    let mut extract = sh::command("python3");
    extract.args(["-c", EXTRACT]).arg(&archive).arg(MEMBER).arg(&unverified);
    let sum = sh::output(&mut extract).with_context(|| format!("no {MEMBER} in {}", archive.display()))?;
    ensure!(sum == SHA256, "{MEMBER} has SHA-256 {sum}, not {SHA256}");
    std::fs::rename(unverified, &photo)?;
    std::fs::remove_file(archive)?;
    Ok(photo)
}
