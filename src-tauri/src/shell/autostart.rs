//! Starting when the user logs in, hidden in the tray.
//!
//! On Linux the entry is written here: `auto-launch`'s goes to `~/.config` whatever `XDG_CONFIG_HOME`
//! says, which is where the session looks, and is broken by a space in the program's path.

use std::path::Path;

use crate::instance;

/// The entry's name: that of the program, and of the instance where it is not the default one.
fn entry_name(instance: Option<&str>) -> String {
    match instance.filter(|name| *name != instance::DEFAULT) {
        Some(name) => format!("skin-ai-assistant-{name}"),
        None => "skin-ai-assistant".to_owned(),
    }
}

/// What the program is started with, the stack file that it was launched with among it.
fn arguments(instance: Option<&str>, stack: Option<&Path>, quoted: impl Fn(&str) -> String) -> Vec<String> {
    let mut arguments = vec!["--hidden".to_owned()];
    if let Some(name) = instance.filter(|name| *name != instance::DEFAULT) {
        arguments.extend(["--instance".to_owned(), name.to_owned()]);
    }
    if let Some(file) = stack {
        arguments.extend(["--stack".to_owned(), quoted(&file.to_string_lossy())]);
    }
    arguments
}

#[cfg(target_os = "linux")]
pub use linux::Autostart;
#[cfg(not(target_os = "linux"))]
pub use other::Autostart;

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{arguments, entry_name};
    use crate::environment;
    use crate::text::{Language, TrayWords};

    /// The entry of one instance in the user's autostart folder.
    pub struct Autostart {
        path: PathBuf,
        entry: io::Result<String>,
        language: Language,
    }

    impl Autostart {
        /// The entry of this instance, there or not.
        pub fn new(
            config_home: &Path,
            instance: Option<&str>,
            stack: Option<&Path>,
            language: Language,
        ) -> Self {
            let path = config_home.join("autostart").join(entry_name(instance)).with_extension("desktop");
            let entry =
                environment::program().map(|program| entry(&program, &arguments(instance, stack, quoted)));
            Self { path, entry, language }
        }

        /// Whether the session starts us.
        pub fn is_on(&self) -> bool {
            // A session's own settings turn an entry off by hiding it.
            let hidden = |text: &str| text.lines().any(|line| line.trim() == "Hidden=true");
            let text = userdirs::open_regular(&self.path).and_then(std::io::read_to_string);
            text.is_ok_and(|text| !hidden(&text))
        }

        /// Makes it so, or not.
        ///
        /// # Errors
        /// One sentence, where the entry cannot be written or removed.
        pub fn turn(&self, on: bool) -> Result<(), String> {
            let done = if on { self.write() } else { std::fs::remove_file(&self.path) };
            match done {
                Err(error) if !on && error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done.map_err(|error| {
                    let error = format!("{}: {error}", self.path.display());
                    TrayWords::of(self.language).refused_start_at_login(error)
                }),
            }
        }

        fn write(&self) -> io::Result<()> {
            let entry =
                self.entry.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
            self.path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&self.path, entry)
        }
    }

    /// The text of an entry, after the Desktop Entry Specification.
    fn entry(program: &Path, arguments: &[String]) -> String {
        let program_word = quoted(&program.to_string_lossy());
        let words = std::iter::once(program_word.as_str()).chain(arguments.iter().map(String::as_str));
        // The entry outlives the program: a session passes over one whose program was removed.
        format!(
            "[Desktop Entry]\nType=Application\nName=Skin AI Assistant\nComment=Starts the Skin AI services\n\
             TryExec={}\nExec={}\nIcon=skin-ai-assistant\nTerminal=false\nStartupNotify=false\n",
            program.to_string_lossy().replace('\\', r"\\"),
            words.collect::<Vec<_>>().join(" ")
        )
    }

    /// A word of `Exec`: quoted, what is special in quotes escaped, and every backslash doubled
    /// again because the value is a string; `%` begins a field code.
    fn quoted(word: &str) -> String {
        let mut quoted = String::from("\"");
        for letter in word.chars() {
            match letter {
                '"' | '`' | '$' => quoted.extend(['\\', '\\', letter]),
                '\\' => quoted.push_str(r"\\\\"),
                '%' => quoted.push_str("%%"),
                _ => quoted.push(letter),
            }
        }
        quoted.push('"');
        quoted
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_path_is_quoted_as_the_specification_wants() {
            assert_eq!(quoted("/usr/bin/skin-ai-assistant"), r#""/usr/bin/skin-ai-assistant""#);
            assert_eq!(quoted("/opt/My App/a"), r#""/opt/My App/a""#);
            assert_eq!(quoted(r#"a"$`\%"#), r#""a\\"\\$\\`\\\\%%""#);
        }

        #[test]
        fn an_entry_of_a_removed_program_is_passed_over() {
            let text = entry(Path::new(r"/opt/My \App/a"), &arguments(None, None, quoted));
            assert!(text.contains("\nTryExec=/opt/My \\\\App/a\n"), "{text}");
        }

        #[test]
        fn an_entry_starts_the_instance_hidden() {
            let text = entry(Path::new("/usr/bin/x"), &arguments(Some("b"), None, quoted));
            assert!(text.contains("\nExec=\"/usr/bin/x\" --hidden --instance b\n"), "{text}");
            assert_eq!(arguments(Some("default"), None, quoted), ["--hidden"]);
        }

        #[test]
        fn an_entry_starts_the_stack_that_was_launched() {
            let file = Path::new("/home/me/my shop/skinai.toml");
            let text = entry(Path::new("/usr/bin/x"), &arguments(Some("my-shop"), Some(file), quoted));
            let expected = "\nExec=\"/usr/bin/x\" --hidden --instance my-shop --stack \"/home/me/my shop/skinai.toml\"\n";
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::path::Path;

    use auto_launch::{AutoLaunch, AutoLaunchBuilder, WindowsEnableMode};

    use super::{arguments, entry_name};
    use crate::environment;
    use crate::text::{Language, TrayWords};

    /// The entry of one instance, wherever the system keeps it.
    pub struct Autostart {
        entry: Result<AutoLaunch, String>,
        language: Language,
    }

    impl Autostart {
        /// The entry of this instance, there or not.
        pub fn new(
            _config_home: &Path,
            instance: Option<&str>,
            stack: Option<&Path>,
            language: Language,
        ) -> Self {
            Self { entry: entry(instance, stack), language }
        }

        /// Whether the session starts us.
        pub fn is_on(&self) -> bool {
            self.entry.as_ref().is_ok_and(|entry| entry.is_enabled().unwrap_or(false))
        }

        /// Makes it so, or not.
        ///
        /// # Errors
        /// One sentence, where the system refuses.
        pub fn turn(&self, on: bool) -> Result<(), String> {
            let turn = |entry: &AutoLaunch| if on { entry.enable() } else { entry.disable() };
            let done = self.entry.as_ref().map_err(String::clone);
            done.and_then(|entry| turn(entry).map_err(|error| error.to_string()))
                .map_err(|error| TrayWords::of(self.language).refused_start_at_login(error))
        }
    }

    fn entry(instance: Option<&str>, stack: Option<&Path>) -> Result<AutoLaunch, String> {
        let program = environment::program().map_err(|error| error.to_string())?;
        // The entry is a command line: where a path with a space is not quoted, another program may be started.
        let word = |path: &str| if cfg!(windows) { format!("\"{path}\"") } else { path.to_owned() };
        let program = word(&program.to_string_lossy());
        let mut entry = AutoLaunchBuilder::new();
        entry.set_app_name(&entry_name(instance)).set_app_path(&program);
        entry.set_args(&arguments(instance, stack, word));
        entry.set_windows_enable_mode(WindowsEnableMode::CurrentUser);
        entry.build().map_err(|error| error.to_string())
    }

    #[cfg(all(test, windows))]
    mod tests {
        use std::process::Command;

        use super::*;

        const RUN: &str = r"HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Run";

        #[test]
        fn the_entry_is_quoted_and_goes_when_it_is_turned_off() {
            let name = format!("test-{}", std::process::id());
            let stack = Path::new(r"C:\my shop\skinai.toml");
            let autostart = Autostart::new(Path::new(""), Some(&name), Some(stack), Language::English);
            let entry = || {
                let query = Command::new("reg").args(["query", RUN, "/v", &entry_name(Some(&name))]).output();
                String::from_utf8_lossy(&query.expect("the system has it").stdout).into_owned()
            };
            assert!(!autostart.is_on());
            autostart.turn(true).unwrap();
            assert!(autostart.is_on());
            let program = std::env::current_exe().unwrap();
            let expected = format!(
                "\"{}\" --hidden --instance {name} --stack \"{}\"",
                program.display(),
                stack.display()
            );
            assert!(entry().contains(&expected), "{}", entry());
            autostart.turn(false).unwrap();
            assert!(!autostart.is_on());
            assert!(!entry().contains("--hidden"), "{}", entry());
        }
    }
}
