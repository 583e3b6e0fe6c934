//! Which files are a project's own stack files.

use std::path::Path;

use contract::Product;

/// Whether a stack file is a project's own: `PROGRAM.toml`, or a Procfile.
pub fn is_project(file: &Path, product: Product) -> bool {
    file.ends_with(project_file(product)) || is_procfile(file)
}

/// What the stack file of a project is called.
pub fn project_file(product: Product) -> String {
    format!("{}.toml", product.program)
}

/// Whether a file is a Procfile, by its name: `Procfile`, or `Procfile.dev` and the like.
pub fn is_procfile(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == "Procfile" || name.starts_with("Procfile.")
}
