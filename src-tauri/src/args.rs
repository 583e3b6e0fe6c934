//! The command line, of this launch and of a second one that was handed over to us.

use std::path::{Path, PathBuf};

use clap::Parser;

/// Starts the Skin AI services and shows where they are, in the tray.
#[derive(Debug, Clone, Default, PartialEq, Eq, Parser)]
#[command(name = "skin-ai-assistant", version)]
pub struct Args {
    /// Runs beside other instances, under this name, with ports of its own
    #[arg(long, value_name = "NAME", value_parser = crate::instance::parse)]
    pub instance: Option<String>,
    /// Runs beside other instances, under the next free name
    #[arg(long, conflicts_with = "instance")]
    pub new_instance: bool,
    /// Starts without showing the panel
    #[arg(long)]
    pub hidden: bool,
    /// The stack file to launch
    #[arg(long, value_name = "FILE")]
    pub stack: Option<PathBuf>,
    /// Ends the running instance, its services included
    #[arg(long, conflicts_with = "open_user_ui")]
    pub quit: bool,
    /// Opens the User UI of the running instance, or of this one as soon as it is healthy
    #[arg(long)]
    pub open_user_ui: bool,
}

impl Args {
    /// What a launch in that folder says with these arguments (program name first). What cannot be read is an ordinary
    /// launch: somebody wants to see the application.
    pub fn of_launch_in(folder: &Path, arguments: impl IntoIterator<Item = String>) -> Self {
        let args = Self::try_parse_from(arguments).unwrap_or_default();
        Self { stack: args.stack.map(|file| folder.join(file)), ..args }
    }

    /// With the name that `--new-instance` asks for, or else that of the folder whose project's stack file is named. An
    /// instance that takes the name in this very moment is found as any other one of the same name.
    pub fn with_name(mut self) -> Self {
        if std::mem::take(&mut self.new_instance)
            && let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build()
        {
            let running = runtime.block_on(client::instances(&userdirs::Dirs::from_env(product::SKINAI)));
            self.instance = Some(crate::instance::next_free(&running));
        } else if self.instance.is_none()
            && let Some(file) =
                self.stack.as_deref().filter(|file| stackfile::is_project(file, product::SKINAI))
        {
            self.instance = Some(stackfile::instance_name(file, product::SKINAI).to_string());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Args {
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        Args::of_launch_in(Path::new("/home/me"), arguments)
    }

    #[test]
    fn a_second_launch_names_files_from_its_own_folder() {
        assert_eq!(
            read(&["app", "--stack", "shop/skinai.toml"]).stack,
            Some("/home/me/shop/skinai.toml".into())
        );
        assert_eq!(read(&["app", "--stack", "/b/skinai.toml"]).stack, Some("/b/skinai.toml".into()));
    }

    #[test]
    fn a_second_launch_that_cannot_be_read_is_an_ordinary_one() {
        assert_eq!(read(&["app", "--no-such-thing"]), Args::default());
    }

    #[test]
    fn an_instance_is_called_after_the_folder_of_its_project() {
        let name = |arguments: &[&str]| Args::try_parse_from(arguments).unwrap().with_name().instance;
        assert_eq!(name(&["app", "--stack", "/home/me/my shop/skinai.toml"]).as_deref(), Some("my-shop"));
        assert_eq!(
            name(&["app", "--stack", "/home/me/skinai.toml", "--instance", "b"]).as_deref(),
            Some("b")
        );
        assert_eq!(name(&["app", "--stack", "/home/me/other.toml"]), None);
    }

    #[test]
    fn a_name_that_could_leave_its_folder_is_refused() {
        assert!(Args::try_parse_from(["app", "--instance", "../b"]).is_err());
        assert!(Args::try_parse_from(["app", "--instance", ""]).is_err());
    }
}
