//! No two files import each other, directly or over others: each can be read with what stands below it alone. Files that
//! stand for a folder or a crate (`mod.rs`, `lib.rs`, `main.rs`) name what is in it, and are left out.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use syn::visit::Visit;
use syn::{Item, ItemMod, UseTree};
use walkdir::WalkDir;

/// What each file imports.
type Imports = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files below a folder that end in one of these, but for what is generated.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let all =
        WalkDir::new(folder).sort_by_file_name().into_iter().flatten().map(walkdir::DirEntry::into_path);
    let is_meant = |path: &PathBuf| {
        let written = !path.components().any(|part| part.as_os_str() == "generated");
        written && path.extension().is_some_and(|end| endings.contains(&end.to_str().unwrap()))
    };
    all.filter(is_meant).collect()
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

/// That there is none, and that imports were found at all.
fn assert_no_circle(imports: &Imports, imports_min: usize) {
    let shown = |path: &&PathBuf| path.strip_prefix(root()).unwrap_or(path).display().to_string();
    if let Some(circle) = circle(imports) {
        let names: Vec<_> = circle.iter().map(shown).collect();
        panic!("these files import each other in a circle:\n  {}", names.join("\n  imports "));
    }
    let count = imports.values().map(BTreeSet::len).sum::<usize>();
    assert!(count >= imports_min, "only {count} imports were found");
}

/// A module, by its names from the root of its target on.
type Module = Vec<String>;

/// What a file that stands for a folder hands on.
#[derive(Default)]
struct HandedOn {
    named: BTreeMap<String, Vec<String>>,
    all_of: Vec<Vec<String>>,
}

/// The source of a library or a program.
#[derive(Default)]
struct Source {
    files: BTreeMap<Module, Vec<(PathBuf, syn::File)>>,
    handed_on: BTreeMap<Module, HandedOn>,
}

impl Source {
    fn read(folder: &Path) -> Self {
        let mut source = Self::default();
        for path in files(folder, &["rs"]) {
            let relative = path.strip_prefix(folder).unwrap().with_extension("");
            let mut module: Module =
                relative.components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
            // Programs of their own beside the library.
            if module[0] == "bin" {
                continue;
            }
            if is_face(&path) {
                module.pop();
            }
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let handed_on = source.handed_on.entry(module.clone()).or_default();
            for item in &file.items {
                let Item::Use(item) = item else { continue };
                for (name, path) in leaves(&item.tree) {
                    match name {
                        Some(name) => drop(handed_on.named.insert(name, path)),
                        None => handed_on.all_of.push(path),
                    }
                }
            }
            source.files.entry(module).or_default().push((path, file));
        }
        source
    }

    /// The file that a path means which stands in a module.
    fn file_of(&self, module: &[String], path: &[String], depth: usize) -> Option<&PathBuf> {
        let mut at = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()?),
            "self" => {}
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
        let face = self.files.get(&at)?.iter().map(|(path, _)| path).find(|path| is_face(path));
        let Some((face, name)) = face.zip(rest.first()) else { return Some(&self.files[&at][0].0) };
        if depth == 8 {
            return None;
        }
        let handed_on = &self.handed_on[&at];
        if let Some(path) = handed_on.named.get(name) {
            return self.file_of(&at, path, depth + 1);
        }
        let mut every = handed_on.all_of.iter();
        every
            .find_map(|all_of| {
                let path = [all_of.as_slice(), std::slice::from_ref(name)].concat();
                self.file_of(&at, &path, depth + 1).filter(|found| !is_face(found))
            })
            .or(Some(face))
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        let all = self.files.iter().flat_map(|(module, files)| files.iter().map(move |file| (module, file)));
        for (module, (path, file)) in all.filter(|(_, (path, _))| !is_face(path)) {
            let mut paths = Paths::default();
            paths.visit_file(file);
            let found = paths.found.iter().filter_map(|path| self.file_of(module, path, 0));
            imports.insert(
                path.clone(),
                found.filter(|other| *other != path && !is_face(other)).cloned().collect(),
            );
        }
        imports
    }
}

/// Whether a file stands for a folder, or for all of its target.
fn is_face(path: &Path) -> bool {
    ["mod", "lib", "main"].map(Some).contains(&path.file_stem().unwrap().to_str())
}

/// The names that a `use` brings, each with its path; of all names of a module its path alone.
fn leaves(tree: &UseTree) -> Vec<(Option<String>, Vec<String>)> {
    let name = |ident: &syn::Ident| Some(ident.to_string());
    match tree {
        UseTree::Path(path) => {
            let mut below = leaves(&path.tree);
            below.iter_mut().for_each(|(_, rest)| rest.insert(0, path.ident.to_string()));
            below
        }
        UseTree::Name(leaf) if leaf.ident == "self" => vec![(None, Vec::new())],
        UseTree::Name(leaf) => vec![(name(&leaf.ident), vec![leaf.ident.to_string()])],
        UseTree::Rename(leaf) => vec![(name(&leaf.rename), vec![leaf.ident.to_string()])],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Glob(_) => vec![(None, Vec::new())],
    }
}

/// A path in the words of a macro.
static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:crate|super)(?:::\w+)+").unwrap());

/// The paths in a file that lead out of it.
#[derive(Default)]
struct Paths {
    found: Vec<Vec<String>>,
    /// In how many modules of the file it stands.
    depth: usize,
}

impl Paths {
    fn keep(&mut self, mut path: Vec<String>) {
        let supers = path.iter().take_while(|name| *name == "super").count();
        if path.first().is_some_and(|first| first == "crate") {
            self.found.push(path);
        } else if supers > self.depth {
            path.drain(..self.depth);
            self.found.push(path);
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        let is_for_tests = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|of| of.is_ident("test"))
        };
        // Those may use what they like.
        if module.content.is_some() && !module.attrs.iter().any(is_for_tests) {
            self.depth += 1;
            syn::visit::visit_item_mod(self, module);
            self.depth -= 1;
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        leaves(&item.tree).into_iter().for_each(|(_, path)| self.keep(path));
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.keep(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        let words = call.tokens.to_string().replace(' ', "");
        for found in PATH.find_iter(&words) {
            self.keep(found.as_str().split("::").map(str::to_owned).collect());
        }
        syn::visit::visit_macro(self, call);
    }
}

#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let root = root();
    // Each folder with the source of a library, a program or a test.
    let crates = std::fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let others =
        ["src-tauri", "tests", "tests/empty-tray", "tests/fixture", "xtask"].map(|name| root.join(name));
    let mut targets = Vec::new();
    for package in crates.chain(others) {
        targets.push(package.join("src"));
        for folder in ["src/bin", "tests"].map(|name| package.join(name)) {
            let inner = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
            targets.extend(inner.filter(|path| path.join("main.rs").is_file()));
        }
    }
    let mut all = Imports::new();
    for target in targets {
        all.extend(Source::read(&target).imports());
    }
    assert_no_circle(&all, 900);
}

#[test]
fn no_two_files_of_the_pages_import_each_other() {
    let import = Regex::new(r#"(?:from|import)\s*\(?\s*['"](\.[^'"]*)['"]"#).unwrap();
    let mut imports = Imports::new();
    for path in files(&root().join("ui/src"), &["ts", "svelte"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut named = BTreeSet::new();
        for found in import.captures_iter(&text) {
            let name = normal(&path.parent().unwrap().join(&found[1])).to_str().unwrap().to_owned();
            let written = [name.clone(), format!("{name}.ts"), name.replace(".js", ".ts")].map(PathBuf::from);
            match written.into_iter().find(|path| path.is_file()) {
                Some(file) => drop(named.insert(file)),
                // What is not there is made by a build, or taken as text.
                None => assert!(
                    name.contains("/generated/") || name.contains('?'),
                    "{}: no {name}",
                    path.display()
                ),
            }
        }
        imports.insert(path, named);
    }
    assert_no_circle(&imports, 100);
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
    let of = |a: &str, b: &str, c: &str| {
        let folder = tempfile::tempdir().unwrap();
        let lib = "mod a; mod b; mod c; pub use a::A; pub use c::*;";
        for (name, text) in [("lib.rs", lib), ("a.rs", a), ("b.rs", b), ("c.rs", c)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        circle(&Source::read(folder.path()).imports()).map(|found| found.len())
    };
    assert_eq!(of("use crate::b::B;", "", "use super::{A, b};"), None);
    assert_eq!(of("use super::b::B as X;", "fn b(_: crate::A) {}", ""), Some(2));
    // By what the crate hands on, in the middle of the code, in a macro, and in a module of the file.
    assert_eq!(
        of("use crate::b::B;", "use crate::b::C; fn b() { x!(super::c::c()) }", "fn c() { super::a::a() }"),
        Some(3)
    );
    assert_eq!(of("mod x { use super::super::b::B; }", "use super::A;", ""), Some(2));
    // Tests may.
    assert_eq!(of("#[cfg(test)] mod x { use crate::b::B; }", "use super::A;", ""), None);
}
