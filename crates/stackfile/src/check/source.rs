//! The texts of which a stack is read: its file, and one beside it that is merged over it.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::Fault;

/// A text, and the file in which it stands, as it was named.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) text: &'a str,
    pub(crate) path: Option<&'a Path>,
}

/// The text of a stack file, and that of the file which is merged over it. Places in the second are counted on from
/// behind the first.
pub(crate) struct Source<'a> {
    main: Text<'a>,
    local: Option<Text<'a>>,
    /// The second text, with as many characters before it as the first has.
    padded: String,
}

impl<'a> Source<'a> {
    pub(crate) fn new(main: Text<'a>, local: Option<Text<'a>>) -> Self {
        let padded = local.map(|local| "\n".repeat(main.text.len() + 1) + local.text);
        Self { main, local, padded: padded.unwrap_or_default() }
    }

    /// The path of the first.
    pub(super) fn path(&self) -> Option<&'a Path> {
        self.main.path
    }

    /// The path of the second.
    pub(super) fn local(&self) -> Option<&'a Path> {
        self.local?.path
    }

    /// Both.
    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'a>> {
        std::iter::once(self.main).chain(self.local)
    }

    /// What stands in them. Tables are merged key by key, everything else is replaced.
    pub(super) fn parsed(&self) -> Result<Spanned<DeValue<'_>>, Error> {
        let table = DeTable::parse(self.main.text)?;
        let (span, mut table) = (table.span(), table.into_inner());
        if self.local.is_some() {
            merge(&mut table, DeTable::parse(&self.padded)?.into_inner());
        }
        Ok(Spanned::new(span, DeValue::Table(table)))
    }

    /// A fault, and in which of the texts it is.
    pub(super) fn fault(&self, span: Range<usize>, message: impl Into<String>) -> (usize, Fault) {
        let behind = self.main.text.len() + 1;
        match self.local {
            Some(local) if span.start >= behind => {
                let span = span.start - behind..span.end.max(behind) - behind;
                (1, Fault::at(local.text, span, message))
            }
            _ => (0, Fault::at(self.main.text, span, message)),
        }
    }
}

fn merge<'a>(under: &mut DeTable<'a>, over: DeTable<'a>) {
    for (key, mut value) in over {
        let Some(old) = under.get_mut(&key) else {
            under.insert(key, value);
            continue;
        };
        match (old.get_mut(), value.get_mut()) {
            (DeValue::Table(old), DeValue::Table(new)) => merge(old, std::mem::take(new)),
            _ => *old = value,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::{Stack, StackFileError};

    const MAIN: &str = "name = \"s\"\nports = \"8000-9000\"\n[service.a]\ncommand = [\"x\", \"y\"]\n\
                        port = { env = \"A_PORT\" }\nenv = { A = \"1\", B = \"2\" }\n";

    fn read(local: &str) -> (Result<Stack, StackFileError>, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skinai.toml");
        std::fs::write(&path, MAIN).unwrap();
        let beside = folder.path().join("skinai.local.toml");
        std::fs::write(&beside, local).unwrap();
        (Stack::read(&path, userdirs::trust::named), beside)
    }

    #[test]
    fn the_file_beside_is_merged_over_it_key_by_key() {
        let (stack, path) = read(
            "ports = \"7000-7100\"\n[service.a]\ncommand = [\"z\"]\nport.fallback = \"1024-1025\"\nenv.B = \"3\"\n\
             [service.b]\ncommand = [\"x\"]\nneeds = [\"a\"]\n",
        );
        let stack = stack.unwrap();
        assert_eq!(stack.local, Some(path));
        assert_eq!((stack.name.as_str(), stack.ports.to_string().as_str()), ("s", "7000-7100"));
        let a = &stack.services["a"];
        assert_eq!(a.command.iter().map(|part| part.as_literal().unwrap()).collect::<Vec<_>>(), ["z"]);
        assert_eq!(a.env.values().map(|value| value.as_literal().unwrap()).collect::<Vec<_>>(), ["1", "3"]);
        let port = a.port.as_ref().unwrap();
        assert_eq!((port.env.as_deref(), port.fallback.is_some()), (Some("A_PORT"), true));
        assert_eq!(stack.services.keys().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_fault_is_told_with_the_file_in_which_it_stands() {
        for (local, place, expected) in [
            ("\n[service.a]\nrestart = \"sometimes\"\n", "skinai.local.toml:3:11: ", "sometimes"),
            ("ports = \"90-80\"\n", "skinai.local.toml:1:9: ", "(found `\"90-80\"`)"),
            ("[service.a]\nenv = 5\n", "skinai.local.toml:2:7: ", "map"),
            ("ports = \n", "skinai.local.toml:1:9: ", ""),
            ("[service.a]\ncommnad = []\n", "skinai.local.toml:2:1: ", "commnad"),
            ("service.a.port.env = \"A B\"\n", "skinai.local.toml:1:22: ", "letters, digits"),
            (
                "[service.a]\nneeds = [\"b\"]\n[service.b]\ncommand = []\n",
                "skinai.local.toml:4:11: ",
                "a program",
            ),
            (
                "[service.a.port]\nfallback = \"1-2\"\n[service.a.health]\nhttp = \"x\"\n",
                "skinai.local.toml:4:8: ",
                "`/`",
            ),
        ] {
            let error = read(local).0.unwrap_err().to_string();
            assert!(error.contains(place) && error.contains(expected), "{local}: {error}");
        }
    }

    #[test]
    fn all_faults_are_told_each_with_its_file() {
        let (wrong, _) = read(
            "ports = \"90-80\"\n[service.b]\n[service.a]\nenv.C = \"{c.url}\"\ncommand = [\"{d.url}\"]\n\
             needs = [1]\nenv.A = \"\\u0000\"\nservice = 1\n",
        );
        let wrong = wrong.unwrap_err().to_string();
        let places: Vec<_> = wrong.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert!(places.iter().all(|place| place.contains("skinai.local.toml:")), "{wrong}");
        assert!(places.len() > 2, "{wrong}");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skinai.toml");
        std::fs::write(&path, MAIN.replace("\"x\", \"y\"", "\"{c.url}\"")).unwrap();
        std::fs::write(folder.path().join("skinai.local.toml"), "ports = \"90-80\"\n").unwrap();
        let wrong = Stack::read(&path, userdirs::trust::named).unwrap_err().to_string();
        let lines: Vec<_> = wrong.lines().collect();
        assert_eq!(lines.len(), 2, "{wrong}");
        assert!(
            lines[0].contains("skinai.toml:4:12: ") && lines[1].contains("skinai.local.toml:1:9: "),
            "{wrong}"
        );
    }
}
