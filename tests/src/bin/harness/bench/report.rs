//! The table that a benchmark prints.

use std::time::Duration;

/// One figure: what was promised of it, and what it was.
#[derive(Debug)]
pub struct Row {
    what: String,
    measured: String,
    beside: String,
    ratio: String,
    promised: String,
    kept: Option<bool>,
}

impl Row {
    /// A figure that nothing was promised of.
    pub fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            beside: String::new(),
            ratio: String::new(),
            promised: String::new(),
            kept: None,
        }
    }

    /// What it is to be compared with.
    pub fn beside(mut self, beside: impl Into<String>) -> Self {
        self.beside = beside.into();
        self
    }

    /// How it compares.
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// What was promised, and whether it was kept.
    pub fn promised(mut self, promised: impl Into<String>, kept: bool) -> Self {
        self.promised = promised.into();
        self.kept = Some(kept);
        self
    }

    fn cells(&self) -> [&str; 6] {
        let verdict = match self.kept {
            Some(true) => "ok",
            Some(false) => "over",
            None => "",
        };
        [&self.what, &self.measured, &self.beside, &self.ratio, &self.promised, verdict]
    }
}

/// Prints all rows and how busy the machine has been; whether every promise is kept.
#[expect(clippy::print_stdout, reason = "a program of the tests")]
pub fn finish(rows: &[Row]) -> bool {
    println!("{}\n{}", table(rows), machine());
    rows.iter().all(|row| row.kept != Some(false))
}

/// All rows under their headings, as Markdown.
fn table(rows: &[Row]) -> String {
    const HEAD: [&str; 6] = ["what", "measured", "beside", "ratio", "promised", ""];
    let lines: Vec<[&str; 6]> = std::iter::once(HEAD).chain(rows.iter().map(Row::cells)).collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
    });
    let line = |cells: &[&str; 6]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}|\n", widths.map(|width| "-".repeat(width + 2)).join("|"));
    format!("{}{rule}{}", line(&lines[0]), lines[1..].iter().map(line).collect::<String>())
}

/// The machine, and how busy it is.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split_whitespace().take(2).collect();
    format!("{cores} cores, Linux {}, load average {}", read("/proc/sys/kernel/osrelease"), load.join(" "))
}

/// How often one is in the other.
pub fn ratio(of: Duration, to: Duration) -> f64 {
    of.as_secs_f64() / to.as_secs_f64().max(1e-9)
}

/// In milliseconds, with as many digits as mean something.
pub fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.1} ms") }
}
