//! The schema of the stack file, in the hands of an editor's TOML server.

use std::path::Path;
use std::process::{Command, Output};

use end_to_end::{Home, PortBlock, StackFile};
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What an editor says of a stack file that names the schema beside it.
fn looked_at(folder: &Path, text: &str) -> Output {
    std::fs::write(folder.join("skinai.toml"), format!("#:schema ./skinai.schema.json\n{text}")).unwrap();
    let mut taplo = Command::new(end_to_end::installed().join("venv/bin/taplo"));
    taplo.args(["lint", "--colors", "never", "skinai.toml"]).current_dir(folder).output().expect("taplo")
}

fn folder_with_schema() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("skinai.schema.json"), Home::new().skinai(["schema"]).stdout).unwrap();
    folder
}

/// The stack files in a page of the documentation; what is only a part of one gets a name and a command.
fn examples(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    let examples = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(""));
    let whole = |example: &str| {
        let name = if example.contains("name = ") { "" } else { "name = \"s\"\n" };
        let command = if example.contains("command") { "" } else { "command = [\"true\"]\n" };
        format!("{name}{example}{command}")
    };
    examples.map(whole).collect()
}

#[test]
fn the_schema_in_the_documentation_is_the_one_that_is_printed() {
    let committed = std::fs::read_to_string(Path::new(ROOT).join("docs/stack.schema.json")).unwrap();
    let printed = Home::new().skinai(["schema"]).stdout;
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&committed), read(&printed), "write it: skinai schema >docs/stack.schema.json");
}

#[test]
fn an_editor_finds_nothing_wrong_with_stack_files_that_are_right() {
    let (folder, ports) = (folder_with_schema(), PortBlock::lock());
    let fixtures = StackFile::new(&ports).service("web", &[], "stop_signal = \"INT\"\nneeds = []");
    let mut right = vec![ports.builtin_stack(), fixtures.text().to_owned()];
    right.extend(
        ["README.md", "docs/stack-file.md", "docs/servers.md"].iter().flat_map(|page| examples(page)),
    );
    for name in ["python-skinai/skinai", "python-skinai/launchers", "node/skinai", "django-postgres/skinai"] {
        let path = Path::new(ROOT).join(format!("examples/{name}.toml"));
        right.push(std::fs::read_to_string(path).expect("a stack file of an example"));
    }
    assert!(right.len() >= 8, "{right:?}");
    for text in right {
        let said = looked_at(folder.path(), &text);
        assert!(said.status.success(), "{text}\n{}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn an_editor_finds_the_schema_of_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Procfile"), "web: true\nrelease: true\n").unwrap();
    let home = Home::new();
    let mut init = home.command(end_to_end::Programs::skinai());
    let written = home.run(init.current_dir(folder.path()).arg("init"));
    assert_eq!(written.code, Some(0), "{written:?}");
    let text = std::fs::read_to_string(folder.path().join("skinai.toml")).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(first, "#:schema ./skinai.schema.json");
    for (text, is_right) in [(rest.to_owned(), true), (rest.replace("oneshot", "once"), false)] {
        assert_eq!(looked_at(folder.path(), &text).status.success(), is_right, "{text}");
    }
}

#[test]
fn an_editor_points_at_what_is_wrong() {
    let folder = folder_with_schema();
    let service = "name = \"s\"\n[service.a]\ncommand = [\"true\"]\n";
    assert!(looked_at(folder.path(), service).status.success());
    for (wrong, words) in [
        ("comand = [\"x\"]", "comand"),
        ("stop_grace = 5", "string"),
        ("restart = \"sometimes\"", "sometimes"),
        ("port = { env = \"A_PORT\", falback = \"1-2\" }", "falback"),
        ("[service.b]", "command"),
    ] {
        let said = looked_at(folder.path(), &format!("{service}{wrong}\n"));
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert!(!said.status.success() && stderr.contains(words), "{wrong}: {stderr}");
    }
}
