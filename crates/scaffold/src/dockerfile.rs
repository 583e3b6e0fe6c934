//! The command of a Dockerfile.

use stackfile::{literal, shell};

/// Program and arguments that the last stage of a Dockerfile runs, if it says.
pub(crate) fn command(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let begins_stage = |line: &str| instruction_of(line, "FROM").is_some();
    let stage =
        text.lines().enumerate().filter(|(_, line)| begins_stage(line)).last().map_or(0, |(at, _)| at);
    let last = |instruction: &str| {
        let lines = text.lines().skip(stage).filter_map(|line| instruction_of(line, instruction));
        lines.last().map(|arguments| exec_form(arguments).map_err(|()| arguments))
    };
    match (last("ENTRYPOINT"), last("CMD")) {
        (Some(Ok(mut words)), Some(Ok(arguments))) => {
            words.extend(arguments);
            Some(words)
        }
        (Some(Ok(words)), _) | (None, Some(Ok(words))) => Some(words),
        (Some(Err(line)), _) | (None, Some(Err(line))) => Some(shell::command(line)),
        (None, None) => None,
    }
}

fn instruction_of<'a>(line: &'a str, instruction: &str) -> Option<&'a str> {
    let (word, rest) = line.trim().split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case(instruction).then(|| rest.trim())
}

fn exec_form(arguments: &str) -> Result<Vec<String>, ()> {
    let words: Vec<String> = serde_json::from_str(arguments).map_err(|_| ())?;
    Ok(words.iter().map(|word| literal(word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_says_what_runs() {
        let text =
            "FROM a AS build\nCMD [\"no\"]\nFROM b\nENTRYPOINT [\"python\"]\nCMD [\"-m\", \\\n  \"{web}\"]\n";
        assert_eq!(command(text).unwrap(), ["python", "-m", "{{web}}"]);
        assert_eq!(
            command("FROM a\ncmd gunicorn -b :$PORT app").unwrap(),
            ["gunicorn", "-b", ":{port}", "app"]
        );
        assert_eq!(command("FROM a\n"), None);
    }
}
