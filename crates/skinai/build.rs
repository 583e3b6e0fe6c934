//! Puts the built pages into the program. Without them it still builds, and says so when asked for one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../ui/dist");
    let mut code = String::new();
    for (name, folder) in [("USER", "user"), ("ADMIN", "admin")] {
        let page = dist.join(folder);
        println!("cargo::rerun-if-changed={}", page.display());
        if !page.join("index.html").is_file() {
            println!("cargo::warning=ui/dist/{folder} is missing: build the pages with `cargo xtask pages`");
        }
        let mut files = Vec::new();
        collect(&page, &mut files)?;
        files.sort();
        writeln!(code, "/// `ui/dist/{folder}`.\npub const {name}: Pages = Pages(&[")?;
        for file in files {
            let path = file.strip_prefix(&page)?.to_string_lossy().replace('\\', "/");
            let file = fs::canonicalize(&file)?;
            writeln!(
                code,
                "    Asset {{ path: {path:?}, bytes: include_bytes!({:?}) }},",
                file.display().to_string()
            )?;
        }
        writeln!(code, "]);")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pages.rs"), code)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "map") {
            files.push(path);
        }
    }
    Ok(())
}
