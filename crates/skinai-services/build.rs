//! Builds the program again when a page was built: an embedded folder is looked at anew only then.

use std::path::Path;

fn main() {
    for page in ["user", "admin"] {
        let folder = Path::new("../../ui/dist").join(page);
        println!("cargo::rerun-if-changed={}", folder.display());
        if !folder.join("index.html").is_file() {
            println!("cargo::warning=ui/dist/{page} is missing: build the pages with `cargo xtask pages`");
        }
    }
}
