//! Drafts the stack file of a folder from what is in it: a Procfile, the scripts of a `package.json`, a Python project,
//! a Compose file. Nothing is run and nothing is written here. What a draft cannot carry over, it lists.

mod compose;
mod dockerfile;
mod files;
mod fixed_port;
mod folder;
mod package_json;
mod python;
#[cfg(test)]
mod tests;

pub use folder::{NothingFound, draft_of_file, draft_of_folder};
