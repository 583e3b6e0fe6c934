//! `skinai init`: writes the stack file of a folder.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use scaffold::{NothingFound, draft_of_file, draft_of_folder};
use stackfile::{Draft, Stack};

use crate::arguments::Init;
use crate::launch_options::launch_options;
use crate::output::{note, print_line};
use crate::{BAD_INPUT, FAILED, Failure, Outcome};

/// What the stack file names for editors, beside it.
const SCHEMA: &str = "skinai.schema.json";

impl From<NothingFound> for Failure {
    fn from(error: NothingFound) -> Self {
        match error {
            NothingFound::Procfile(error) => error.into(),
            NothingFound::InFile { .. } => Self::new(BAD_INPUT, error),
            NothingFound::InFolder { .. } => {
                Self::new(FAILED, format!("{error}; `skinai serve -- CMD` runs one command"))
            }
        }
    }
}

pub(crate) fn init(arguments: &Init) -> Outcome {
    let folder = arguments.from.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let path = folder.join(stackfile::project_file(product::SKINAI));
    let cannot = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let path = path.display();
            Failure::new(
                FAILED,
                format!("{path} is there already: edit it, or move it away and say this again"),
            )
        }
        _ => Failure::new(FAILED, format!("cannot write {}: {error}", path.display())),
    };
    if path.exists() {
        return Err(cannot(ErrorKind::AlreadyExists.into()));
    }
    let draft = match &arguments.from {
        Some(file) => draft_of_file(file)?,
        None => draft_of_folder(Path::new("."), product::SKINAI.program)?,
    };
    let text = format!("#:schema ./{SCHEMA}\n\n{}", draft.to_toml());
    // An older one may be there: it belongs to this program.
    std::fs::write(folder.join(SCHEMA), crate::schema::schema_text()?).map_err(cannot)?;
    let mut file = File::options().write(true).create_new(true).open(&path).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    say(&draft, &path)?;
    let checked = Stack::parse(&text, Some(&path)).map_err(Failure::from).and_then(|stack| {
        let options = launch_options(stack)?;
        options.check().map_err(Failure::from)
    });
    // The file is right but for what is not installed yet, or what an env file says.
    let failures = checked.err().map(|failure| failure.message);
    let steps: Vec<String> = draft.steps.iter().cloned().chain(failures).collect();
    if steps.is_empty() {
        print_line("`skinai run` launches it.")?;
    } else {
        print_line(format_args!("Before `skinai run` launches it:\n  {}", steps.join("\n  ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(draft: &Draft, path: &Path) -> Result<(), Failure> {
    let width = draft.services.iter().map(|service| service.name.len()).max().unwrap_or_default();
    print_line(format_args!("{} is written, with:", path.display()))?;
    for service in &draft.services {
        let words = service.get("command").and_then(|command| command.as_array());
        let words: Vec<_> = words.into_iter().flatten().filter_map(|word| word.as_str()).collect();
        print_line(format_args!("  {:width$}  {}", service.name, words.join(" ")))?;
    }
    print_line(format_args!("{SCHEMA} tells editors what may stand in it."))?;
    for left_out in &draft.left_out {
        let mut lines = left_out.lines();
        let what = lines.next().unwrap_or_default();
        match lines.next() {
            Some(_) => {
                note(format_args!("left out: {what}; {} shows how Docker would run it", path.display()))
            }
            None => note(format_args!("left out: {what}")),
        }
    }
    Ok(())
}
