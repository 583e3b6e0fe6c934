//! The command line, of this launch and of a second one that was handed over to us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;
use contract::InstanceName;

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
    /// With the name that `--new-instance` asks for, or else that of the folder whose project's stack file is named. An
    /// instance that takes the name in this very moment is found as any other one of the same name: its panel comes
    /// forward.
    pub fn with_name(mut self) -> Self {
        if std::mem::take(&mut self.new_instance)
            && let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build()
        {
            let running = runtime.block_on(client::instances(&userdirs::Dirs::from_env(product::SKINAI)));
            self.instance = Some(crate::instance::next_free(&running));
        } else if self.instance.is_none()
            && let Some(file) =
                self.stack.as_deref().filter(|file| stackfile::is_project(file, product::SKINAI))
            && let Ok(file) = std::path::absolute(file)
        {
            let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
            self.instance = Some(InstanceName::after(&folder.to_string_lossy()).to_string());
        }
        self
    }
}

/// What a second launch wants of the instance that already runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarded {
    /// It was an ordinary launch: the panel comes forward.
    ShowPanel,
    /// The User UI is opened.
    OpenUserUi,
    /// Everything ends.
    Quit,
    /// It came from the login of the session and asks for nothing.
    Nothing,
}

impl Forwarded {
    /// Reads the arguments (program name first) of a second launch. What cannot be read is an
    /// ordinary launch: somebody wants to see the application.
    pub fn from_arguments<I, T>(arguments: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        match Args::try_parse_from(arguments) {
            Ok(Args { quit: true, .. }) => Self::Quit,
            Ok(Args { open_user_ui: true, .. }) => Self::OpenUserUi,
            Ok(Args { hidden: true, .. }) => Self::Nothing,
            Ok(_) | Err(_) => Self::ShowPanel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_launch_says_what_it_wants() {
        let read = |arguments: &[&str]| Forwarded::from_arguments(arguments.iter().copied());
        assert_eq!(read(&["app"]), Forwarded::ShowPanel);
        assert_eq!(read(&["app", "--instance", "b"]), Forwarded::ShowPanel);
        assert_eq!(read(&["app", "--quit"]), Forwarded::Quit);
        assert_eq!(read(&["app", "--open-user-ui"]), Forwarded::OpenUserUi);
        assert_eq!(read(&["app", "--hidden"]), Forwarded::Nothing);
    }

    #[test]
    fn a_second_launch_that_cannot_be_read_shows_the_panel() {
        assert_eq!(Forwarded::from_arguments(["app", "--no-such-thing"]), Forwarded::ShowPanel);
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
