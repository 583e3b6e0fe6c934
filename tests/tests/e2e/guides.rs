//! The guides in `docs/guides`, followed to the letter: every block in its order, in a home of its own.
//!
//! A block of `sh` is typed, and has to succeed. One of `text` is what the block before it printed, or some of its lines:
//! a number stands for any number, `…` for any text. A comment before a block, which readers do not see, says what is
//! different:
//!
//! - `<!-- file: NAME -->`: it is what is in a file; `<!-- added to: NAME -->`: or at its end.
//! - `<!-- stays -->`: it runs in the foreground until the section ends, beside what follows.
//! - `<!-- ends with: N -->`: its exit code.
//! - `<!-- not run: WHY -->`: it is not typed. Each test says how many of them its guide has.
//! - `<!-- instead: COMMAND -->`: besides, what is typed in its place.
//! - `<!-- only as root -->`: an ordinary user leaves it out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use end_to_end::{
    Desktop, Guarded, HEALTHY_WITHIN, Home, Outcome, PortBlock, Programs, SOON, eventually, installed, path,
};
use nix::sys::signal::Signal;

use crate::programs::postgresql;

const SECTION_ENDS_WITHIN: Duration = Duration::from_secs(30);

/// A test for each guide, with the number of its blocks that are not run; and one that no guide is left out.
macro_rules! guides {
    ($($test:ident: $name:literal, $not_run:literal not run;)*) => {
        $(
            #[test]
            fn $test() {
                follow($name, $not_run);
            }
        )*

        #[test]
        fn every_guide_is_followed() {
            let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            files.sort();
            assert_eq!(files, [$($name),*]);
        }
    };
}

guides! {
    tests_in_ci: "ci.md", 1 not run;
    databases_and_migrations: "databases.md", 2 not run;
    five_minutes: "five-minutes.md", 3 not run;
    worktrees_and_agents: "worktrees.md", 0 not run;
}

/// All its sections in one go, in a folder in which there is a stack.
#[test]
fn the_skill_for_agents() {
    let skill = fs::read_to_string(folder().join("../skills/skinai/SKILL.md")).unwrap();
    let home = Home::new();
    let service = |name, variable| {
        let command = "[\"python3\", \"-m\", \"http.server\", \"{port}\", \"--bind\", \"{host}\"]";
        let port = format!("{{ env = \"{variable}\" }}");
        format!("[service.{name}]\ncommand = {command}\nport = {port}\nhealth = {{ http = \"/\" }}\n")
    };
    let stack = "name = \"Shop\"\n".to_owned() + &service("api", "API_PORT") + &service("web", "WEB_PORT");
    fs::write(home.path().join("skinai.toml"), stack).unwrap();
    // Its port is not the one of the test.
    let asks = "! skinai exec -- sh -c 'skinai ports check \"$WEB_PORT\"'";
    let followed = skill.replace("\n## ", "\n### ").replace("skinai ports check 8000", asks);
    read("SKILL.md", &followed, &home, 0);
    let keys: Vec<_> = skill.lines().take(3).map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(keys, ["---", "name", "description"], "agents look for these");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides")
}

/// A part of a guide that is to be done.
enum Step {
    /// The next section begins.
    Section(String),
    Block(Block),
}

struct Block {
    /// Where it stands, for messages.
    line: usize,
    kind: String,
    text: String,
    /// What the comments before it say.
    marks: Vec<String>,
}

impl Block {
    /// The rest of the comment that begins like this.
    fn mark(&self, begin: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(begin)).map(str::trim)
    }
}

fn steps(guide: &str) -> Vec<Step> {
    let (mut steps, mut marks) = (Vec::new(), Vec::new());
    let mut lines = guide.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = text.map(|line| format!("{line}\n")).collect();
            let (kind, marks) = (kind.to_owned(), std::mem::take(&mut marks));
            steps.push(Step::Block(Block { line: number + 1, kind, text, marks }));
        } else if let Some(mark) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            marks.push(mark.to_owned());
        } else if let Some(title) = line.strip_prefix("## ") {
            steps.push(Step::Section(title.to_owned()));
        }
    }
    assert!(marks.is_empty(), "comments that stand before no block: {marks:?}");
    steps
}

fn follow(name: &str, not_run: usize) {
    read(name, &fs::read_to_string(folder().join(name)).unwrap(), &Home::new(), not_run);
}

fn read(name: &str, guide: &str, home: &Home, not_run: usize) {
    let desktop = guide.contains("skin-ai-assistant").then(|| Desktop::start(home));
    let mut reader = Reader::new(home, desktop.as_ref());
    let mut left_out = 0;
    for step in steps(guide) {
        match step {
            Step::Section(title) => reader.end_section(&title),
            Step::Block(block) => {
                left_out += usize::from(block.mark("not run:").is_some());
                reader.take(&format!("{name}:{}", block.line), block);
            }
        }
    }
    reader.end_section("the end");
    assert_eq!(left_out, not_run, "blocks of {name} that are not run");
}

/// Who follows a guide: in one shell, and in a second one for what stays in the foreground.
struct Reader<'home> {
    home: &'home Home,
    desktop: Option<&'home Desktop<'home>>,
    /// What stays in the foreground, and the name of its log.
    foreground: Option<(Guarded, String)>,
    /// What the last block printed.
    printed: String,
    typed: String,
    _ports: PortBlock,
}

impl<'home> Reader<'home> {
    fn new(home: &'home Home, desktop: Option<&'home Desktop<'home>>) -> Self {
        postgresql::install(home);
        let ports = PortBlock::lock();
        home.write_script("skinai", &on_ports(&ports));
        // What one block leaves to the next: variables, and where it went.
        let shell = format!("export PATH={:?}\ncd\n", path(home));
        fs::write(home.path().join("shell"), shell).unwrap();
        Self { home, desktop, foreground: None, printed: String::new(), typed: String::new(), _ports: ports }
    }

    fn take(&mut self, place: &str, block: Block) {
        let file = block.mark("file:").or(block.mark("added to:"));
        if block.mark("only as root").is_some() && !nix::unistd::geteuid().is_root() {
            return;
        }
        if let Some(command) = block.mark("instead:") {
            self.type_in(place, command, 0);
        } else if block.mark("not run:").is_some() {
        } else if let Some(name) = file {
            self.write(name, &block);
        } else if block.kind == "text" {
            self.printed_this(place, &block.text);
        } else if block.kind == "sh" && block.mark("stays").is_some() {
            self.stay(place, &block.text);
        } else if block.kind == "sh" {
            let code = block.mark("ends with:").map_or(0, |code| code.parse().unwrap());
            self.type_in(place, &block.text, code);
        } else {
            panic!("{place}: what is a block of {:?} to be?", block.kind);
        }
    }

    fn shell(&self, commands: &str) -> Command {
        let mut command = match self.desktop {
            Some(desktop) => desktop.command("bash"),
            None => self.home.command("bash"),
        };
        command.env("SKINAI_TEST_PROGRAMS", installed());
        let state = self.home.path().join("shell");
        let leave = "trap '{ export -p; printf \"cd %q\\n\" \"$PWD\"; } >~/shell' EXIT";
        command.args(["-c", &format!(". '{}'\n{leave}\nset -e\n{commands}", state.display())]);
        command
    }

    fn type_in(&mut self, place: &str, commands: &str, code: i32) {
        let Outcome { code: ended, stdout, stderr } = self.home.run(&mut self.shell(commands));
        self.printed = format!("{stdout}{stderr}");
        self.typed = commands.to_owned();
        assert_eq!(ended, Some(code), "{place}:\n{commands}{}", self.printed);
    }

    fn stay(&mut self, place: &str, command: &str) {
        assert!(self.foreground.is_none(), "{place}: something is in the foreground");
        let log = place.replace(':', "-");
        let process = self.home.spawn(&log, &mut self.shell(&format!("exec {command}")));
        self.foreground = Some((process, log));
        self.type_in(place, "skinai wait --timeout 40s || { skinai status; skinai logs; false; }", 0);
        self.printed.clear();
    }

    fn printed_this(&mut self, place: &str, expected: &str) {
        // A person types it a moment later, when the last lines of what has failed are read.
        if self.typed == "skinai status\n" && !is_like(&self.printed, expected) {
            std::thread::sleep(Duration::from_millis(500));
            self.printed = self.home.run(&mut self.shell("skinai status")).stdout;
        }
        let Some((_, log)) = self.foreground.as_ref().filter(|_| self.printed.is_empty()) else {
            assert!(
                is_like(&self.printed, expected),
                "{place}:\n{expected}is not what it printed:\n{}",
                self.printed
            );
            return;
        };
        eventually(HEALTHY_WITHIN, &format!("{place} is printed"), || {
            is_like(&self.home.log_of(log), expected)
        });
    }

    fn write(&self, name: &str, block: &Block) {
        let here = self.home.run(&mut self.shell("pwd")).stdout;
        let path = Path::new(here.trim()).join(name);
        let before = block.mark("added to:").map(|_| fs::read_to_string(&path).unwrap()).unwrap_or_default();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, before + &block.text).unwrap();
    }

    /// Ends what is in the foreground; what runs in the background, the guide has to have ended.
    fn end_section(&mut self, next: &str) {
        if let Some((mut process, log)) = self.foreground.take() {
            process.signal(Signal::SIGINT);
            let status = process.wait(SECTION_ENDS_WITHIN);
            assert_eq!(status.code(), Some(0), "{}", self.home.log_of(&log));
        }
        let left = self.home.skinai(["status", "--all"]);
        assert_eq!(left.code, Some(3), "before {next:?}: {left:?}");
        if self.desktop.is_none() {
            self.home.assert_nothing_left(SOON);
        }
    }
}

/// Whether the lines of `expected`, and their parts between `…`, stand in the text one after the other, whatever its
/// numbers and spaces.
fn is_like(text: &str, expected: &str) -> bool {
    let plain = |text: &str| {
        let mut plain = String::new();
        for c in text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }) {
            if !(c == '0' && plain.ends_with('0')) {
                plain.push(c);
            }
        }
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = plain(text);
    let mut rest = text.as_str();
    expected.split(['…', '\n']).all(|part| match rest.split_once(plain(part).as_str()) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

/// `skinai` as it is, at ports that no other test touches: by a local stack file, and by variables where there is no stack
/// file.
fn on_ports(ports: &PortBlock) -> String {
    format!(
        r#"case "$1 $2" in
  "serve "*) export PORT={port} ;;
  "run -f") export WEB_PORT={port} ;;
esac
folder=$PWD
until [ "$folder" = / ] || [ -f "$folder/skinai.toml" ]; do folder=$(dirname "$folder"); done
local=$folder/skinai.local.toml
if [ "$folder" != / ] && ! grep -qs ^ports "$local"; then
  others=$(grep -sv ^ports "$local")
  # Two of them may do so at once.
  printf 'ports = "{range}"\n%s\n' "$others" >"$local.$$" && mv "$local.$$" "$local"
fi
exec '{skinai}' "$@""#,
        port = ports.nth(0),
        range = ports.range(),
        skinai = Programs::skinai().display(),
    )
}
