//! No two files import each other, directly or over others: each can be read with what stands below it alone.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use regex::Regex;
use syn::visit::Visit;
use syn::{Item, ItemMod, UseTree};
use walkdir::WalkDir;

/// What each file imports.
type Imports = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files below a folder that end in one of these.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let all = WalkDir::new(folder).into_iter().flatten().map(walkdir::DirEntry::into_path);
    let is_meant =
        |path: &PathBuf| path.extension().is_some_and(|end| endings.contains(&end.to_str().unwrap()));
    all.filter(is_meant)
        .filter(|path| !path.components().any(|part| part.as_os_str() == "generated"))
        .collect()
}

/// The first circle that is found, as its files in their order.
fn circle(imports: &Imports) -> Option<Vec<&PathBuf>> {
    fn walk<'a>(
        file: &'a PathBuf,
        imports: &'a Imports,
        way: &mut Vec<&'a PathBuf>,
        done: &mut BTreeSet<&'a PathBuf>,
    ) -> Option<Vec<&'a PathBuf>> {
        if let Some(at) = way.iter().position(|before| *before == file) {
            return Some(way[at..].to_vec());
        }
        if !done.insert(file) {
            return None;
        }
        way.push(file);
        let found = imports.get(file).into_iter().flatten().find_map(|other| walk(other, imports, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|file| walk(file, imports, &mut Vec::new(), &mut done))
}

fn assert_no_circle(imports: &Imports) {
    let shown = |circle: Vec<&PathBuf>| {
        let names = circle.iter().map(|path| path.strip_prefix(root()).unwrap_or(path).display().to_string());
        names.collect::<Vec<_>>().join("\n  imports ")
    };
    if let Some(circle) = circle(imports) {
        panic!("these files import each other in a circle:\n  {}", shown(circle));
    }
}

/// A module, by its names from the root of its crate on.
type Module = Vec<String>;

/// The source of one crate.
#[derive(Default)]
struct Source {
    files: BTreeMap<Module, (PathBuf, syn::File)>,
    /// What a file that stands for a folder hands on: the name, and what it stands for.
    handed_on: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

impl Source {
    fn read(folder: &Path) -> Self {
        let mut source = Self::default();
        for path in files(folder, &["rs"]) {
            let relative = path.strip_prefix(folder).unwrap().with_extension("");
            let mut module: Module =
                relative.components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
            if ["mod", "lib", "main"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mut handed_on = BTreeMap::new();
            for item in &file.items {
                if let Item::Use(item) = item
                    && !matches!(item.vis, syn::Visibility::Inherited)
                {
                    for (name, path) in leaves(&item.tree) {
                        handed_on.insert(name, path);
                    }
                }
            }
            source.handed_on.insert(module.clone(), handed_on);
            source.files.insert(module, (path, file));
        }
        source
    }

    /// The file that a path means which stands in a module.
    fn file_of(&self, module: &Module, path: &[String], depth: usize) -> Option<&PathBuf> {
        let mut at = module.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()?),
            "self" => {}
            // A child of a folder's file.
            child => {
                at.push(child.to_owned());
                if !self.files.contains_key(&at) {
                    return None;
                }
            }
        }
        rest = &rest[1..];
        while let [first, more @ ..] = rest {
            if first == "super" {
                at.pop()?;
            } else {
                at.push(first.clone());
                if !self.files.contains_key(&at) {
                    at.pop();
                    break;
                }
            }
            rest = more;
        }
        let handed = rest.first().and_then(|name| self.handed_on.get(&at)?.get(name));
        match handed {
            Some(path) if depth < 8 => self.file_of(&at, path, depth + 1),
            _ => self.files.get(&at).map(|(path, _)| path),
        }
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (module, (path, file)) in &self.files {
            let mut paths = Paths::default();
            paths.visit_file(file);
            let found = paths.0.iter().filter_map(|path| self.file_of(module, path, 0));
            // What stands for a folder names what is in it, and is named there for what it hands on.
            let is_face =
                |path: &Path| ["mod", "lib", "main"].map(Some).contains(&path.file_stem().unwrap().to_str());
            let others = found.filter(|other| *other != path && !is_face(other)).cloned();
            if !is_face(path) {
                imports.insert(path.clone(), others.collect());
            }
        }
        imports
    }
}

/// The names that a `use` brings, each with its path.
fn leaves(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            let with_first = |(name, mut rest): (String, Vec<String>)| {
                rest.insert(0, first.clone());
                (name, rest)
            };
            leaves(&path.tree).into_iter().map(with_first).collect()
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), vec![name.ident.to_string()])],
        UseTree::Rename(name) => vec![(name.rename.to_string(), vec![name.ident.to_string()])],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Glob(_) => vec![(String::new(), Vec::new())],
    }
}

/// The paths in a file that begin at its crate or its neighbours.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Visit<'_> for Paths {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        // Tests in a file may use what they like, and name the file by `super`.
        if module.content.is_none() {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.0.extend(leaves(&item.tree).into_iter().map(|(_, path)| path).filter(|path| begins_here(path)));
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if begins_here(&names) {
            self.0.push(names);
        }
        syn::visit::visit_path(self, path);
    }
}

fn begins_here(path: &[String]) -> bool {
    path.first().is_some_and(|first| ["crate", "super"].contains(&first.as_str()))
}

#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let root = root();
    let crates = std::fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for package in crates.chain(["src-tauri", "tests", "xtask"].map(|name| root.join(name))) {
        let source = Source::read(&package.join("src"));
        assert!(!source.files.is_empty(), "{}", package.display());
        assert_no_circle(&source.imports());
    }
}

#[test]
fn no_two_files_of_the_pages_import_each_other() {
    let import = Regex::new(r#"(?:from|import)\s*\(?\s*'(\.[^']*)'"#).unwrap();
    let mut imports = Imports::new();
    for path in files(&root().join("ui/src"), &["ts", "svelte"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let named = import.captures_iter(&text).map(|found| normal(&path.parent().unwrap().join(&found[1])));
        let with_ending = |path: PathBuf| {
            let name = path.to_str().unwrap();
            let written = [name.to_owned(), format!("{name}.ts"), name.replace(".js", ".ts")];
            written.map(PathBuf::from).into_iter().find(|path| path.is_file())
        };
        let named = named.filter_map(with_ending).collect();
        imports.insert(path, named);
    }
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 100, "hardly any import was found");
    assert_no_circle(&imports);
}

/// Without `..` in it.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn a_circle_is_found() {
    let of = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let imports = Source::read(folder.path()).imports();
        circle(&imports).map(|found| found.len())
    };
    let lib = ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use c::C;");
    assert_eq!(of(&[lib, ("a.rs", "use crate::b::B;"), ("b.rs", ""), ("c.rs", "use super::{A, b};")]), None);
    // By what the crate hands on, and in the middle of the code.
    assert_eq!(
        of(&[
            lib,
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::C;"),
            ("c.rs", "fn c() { super::a::a() }")
        ]),
        Some(3)
    );
    assert_eq!(
        of(&[lib, ("a.rs", "use super::b::B as X;"), ("b.rs", "fn b(_: crate::A) {}"), ("c.rs", "")]),
        Some(2)
    );
}
