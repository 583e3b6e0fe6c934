//! The settings on disk: read without losing anything, written whole or not at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Settings;
use crate::text::{Language, TrayWords};

/// The settings file of one user.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
}

/// What reading gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings; the usual ones where there were none, or where they could not be understood.
    pub settings: Settings,
    /// One sentence for the user, where the file could not be used as it was.
    pub notice: Option<String>,
}

impl SettingsFile {
    /// The file `settings.toml` in `folder`; neither need exist.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("settings.toml") }
    }

    /// Reads the settings. A file that cannot be understood is kept beside as `settings.toml.bad`.
    pub fn load(&self, language: Language) -> Loaded {
        if let Err(error) = userdirs::trust::found(&self.path) {
            // Left where it is: it may be somebody else's.
            let notice = TrayWords::of(language).settings_untrusted(error.said(language));
            return Loaded { settings: Settings::default(), notice: Some(notice) };
        }
        let content = match userdirs::open_regular(&self.path).and_then(io::read_to_string) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Loaded { settings: Settings::default(), notice: None };
            }
            Err(error) => return self.set_aside(error.to_string(), language),
        };
        match toml::from_str(&content) {
            Ok(settings) => Loaded { settings, notice: None },
            Err(error) => self.set_aside(told(&content, &error, language), language),
        }
    }

    /// Writes the settings: whole or not at all, whatever happens meanwhile.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, settings: &Settings) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(folder)?;
        let text = toml::to_string_pretty(settings).map_err(io::Error::other)?;
        let mut file = tempfile::Builder::new().prefix(".settings-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    fn set_aside(&self, why: String, language: Language) -> Loaded {
        let (words, path) = (TrayWords::of(language), self.path.to_string_lossy());
        let kept = self.path.with_extension("toml.bad");
        let notice = match std::fs::rename(&self.path, &kept) {
            Ok(()) => words.settings_kept(path, why, kept.to_string_lossy()),
            Err(error) => words.settings_not_kept(path, why, error.to_string()),
        };
        Loaded { settings: Settings::default(), notice: Some(notice) }
    }
}

/// The line and what is wrong in it, on one line.
fn told(text: &str, error: &toml::de::Error, language: Language) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let message = error.message().replace('\n', " ");
    match line {
        Some(line) => TrayWords::of(language).settings_line(line, message),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::super::WhenTaken;
    use super::*;

    fn some() -> Settings {
        Settings {
            range: "8100-8200".to_owned(),
            on_conflict: WhenTaken::Move,
            start_at_login: true,
            open_on_launch: true,
            trouble_first: true,
            stack_file: Some("/home/u/stack.toml".into()),
            fixed_ports: [("ui".to_owned(), 8150)].into(),
            recent_stacks: vec!["/home/u/shop/skinai.toml".into()],
            stacks_at_login: vec!["/home/u/shop/skinai.toml".into()],
        }
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::in_folder(&folder.path().join("not/yet/there"));
        file.save(&some()).unwrap();
        assert_eq!(file.load(Language::English), Loaded { settings: some(), notice: None });
        file.save(&Settings::default()).unwrap();
        assert_eq!(file.load(Language::English).settings, Settings::default());
    }

    #[test]
    fn nothing_but_the_file_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        SettingsFile::in_folder(folder.path()).save(&some()).unwrap();
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["settings.toml"]);
    }

    #[test]
    fn without_a_file_the_usual_settings_apply_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = SettingsFile::in_folder(folder.path()).load(Language::English);
        assert_eq!(loaded, Loaded { settings: Settings::default(), notice: None });
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_its_place_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let loaded = SettingsFile::in_folder(folder.path()).load(Language::English);
        assert!(loaded.notice.is_some_and(|notice| notice.contains("settings.toml.bad")));
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_kept_and_named() {
        for bad in
            ["range = \"8000-9000\"\ncolour = 1\n", "range = ", "on_conflict = \"perhaps\"", "range = 7"]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("settings.toml");
            std::fs::write(&path, bad).unwrap();
            let loaded = SettingsFile::in_folder(folder.path()).load(Language::English);
            assert_eq!(loaded.settings, Settings::default());
            let notice = loaded.notice.unwrap();
            assert!(notice.contains("settings.toml.bad") && notice.contains("line "), "{notice}");
            assert!(!notice.contains('\n'), "{notice}");
            assert_eq!(std::fs::read_to_string(folder.path().join("settings.toml.bad")).unwrap(), bad);
            std::fs::write(&path, bad).unwrap();
            let german = SettingsFile::in_folder(folder.path()).load(Language::German).notice.unwrap();
            assert!(german.contains("settings.toml.bad") && german.contains("Zeile "), "{german}");
            assert!(!path.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_write_is_neither_used_nor_moved() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, path) = (SettingsFile::in_folder(folder.path()), folder.path().join("settings.toml"));
        file.save(&some()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let loaded = file.load(Language::English);
        assert_eq!(loaded.settings, Settings::default());
        assert!(loaded.notice.unwrap().contains("everybody may write"));
        assert!(path.exists());
    }

    #[test]
    fn a_file_that_is_not_text_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.toml"), [0xff, 0xfe, 0x00]).unwrap();
        assert!(SettingsFile::in_folder(folder.path()).load(Language::English).notice.is_some());
        assert!(folder.path().join("settings.toml.bad").exists());
    }
}
