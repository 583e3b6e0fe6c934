//! What the tests of files of messages look at. The compiler does not find a message that nobody says, since the
//! methods come from a macro of another crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The ids of a file of messages, with the arguments that stand in each: what tests compare.
pub fn outline(ftl: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut ids = BTreeMap::new();
    let mut current = String::new();
    for line in ftl.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|first: char| first.is_ascii_alphabetic())
            && let Some((id, _)) = line.split_once(" =")
        {
            current = id.to_owned();
        }
        let named = |part: &str| part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let arguments = line.split('$').skip(1).map(named);
        if !current.is_empty() {
            ids.entry(current.clone()).or_insert_with(BTreeSet::new).extend(arguments);
        }
    }
    ids
}

/// Those ids that stand in no Rust, TypeScript or Svelte file below these folders, but for one, which declares them.
///
/// # Errors
/// Where a folder or file cannot be read.
pub fn unsaid(
    ids: impl IntoIterator<Item = String>,
    folders: &[&Path],
    but: &str,
) -> std::io::Result<Vec<String>> {
    let mut sources = String::new();
    for folder in folders {
        read_below(folder, but, &mut sources)?;
    }
    let words: BTreeSet<&str> = sources.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    Ok(ids.into_iter().filter(|id| !words.contains(id.as_str())).collect())
}

fn read_below(folder: &Path, but: &str, sources: &mut String) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_source = ["rs", "ts", "svelte"].iter().any(|kind| path.extension() == Some(kind.as_ref()));
        if path.is_dir() {
            read_below(&path, but, sources)?;
        } else if is_source && !path.ends_with(but) {
            sources.push_str(&std::fs::read_to_string(&path)?);
            sources.push(' ');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_every_id_with_its_arguments() {
        let ftl = "# a = { $b }\none = { $c }\n    and { $d }\ntwo = none\n";
        let outline = outline(ftl);
        assert_eq!(outline.keys().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(outline["one"].iter().collect::<Vec<_>>(), ["c", "d"]);
        assert!(outline["two"].is_empty());
    }
}
