//! Builds the application, and runs it until it is quit.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use tauri::{App, AppHandle, DragDropEvent, Manager as _, RunEvent, WindowEvent};
use userdirs::Dirs;

use super::autostart::Autostart;
use super::desktop::TauriDesktop;
use super::{
    clipboard, commands, display_lost, log_commands, log_window, notifications, panel, second_launch,
    shutdown_triggers, sidecar, tray, webview_drawing, zoom,
};
use crate::args::Args;
use crate::controller::{self, Command, CommandReceiver, ControllerHandle, EngineLauncher, Startup};
use crate::environment;
use crate::settings::SettingsFile;
use crate::text::{self, Language, TrayWords};

/// What a script can tell from the exit code of `--quit`: nothing ran. The same as `skinai status`.
const NOTHING_RUNS: u8 = 3;
const NOTHING_TO_QUIT: &str = "nothing runs that could be quit";

/// Prepares this process for what it will show. To be called first of all, while there is one thread.
pub fn prepare() {
    webview_drawing::without_compositor();
}

/// Runs the application until it is quit. To be called from the main thread.
pub fn run() -> ExitCode {
    let args = Args::parse().with_name();
    writing::log_to_stderr("SKINAI_LOG");
    if let Err(why) = display() {
        return fail(why, 1);
    }
    if args.quit && !may_run(args.instance.as_deref()) {
        return fail(NOTHING_TO_QUIT, NOTHING_RUNS);
    }
    let language = Language::of_tag(&text::system_tag());
    // Who typed it reads it there; the application shows it too, the one that runs already as well.
    if let Some(file) = args.stack.as_deref().filter(|file| !file.exists()) {
        complain(&TrayWords::of(language).refused_no_file_there(file.display().to_string()));
    }
    let (controller, commands) = ControllerHandle::channel(language);
    let app = match build(&args, &controller) {
        Ok(app) => app,
        Err(error) => return fail(&format!("the application cannot start: {error}"), 1),
    };
    if args.quit {
        app.cleanup_before_exit();
        return fail(NOTHING_TO_QUIT, NOTHING_RUNS);
    }
    let mut start = Some((args, controller.clone(), commands));
    app.run(move |app, event| match event {
        RunEvent::Ready => {
            if let Some((args, controller, commands)) = start.take() {
                begin(app, args, &controller, commands);
            }
        }
        RunEvent::WindowEvent { label, event, .. } if label == panel::LABEL => match event {
            WindowEvent::CloseRequested { .. } => panel::remember_place(app),
            WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
                controller.send(Command::Dropped(paths));
            }
            WindowEvent::Destroyed => {
                panel::closed(app);
                controller.send(Command::PanelClosed);
            }
            _ => {}
        },
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } if log_window::is_one(&label) => {
            panel::closed(app);
            controller.send(Command::LogWindowClosed(label));
        }
        // Without a code it is the last window that was closed; the tray goes on.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        // Where the system ends the event loop, the process ends as soon as this returns. Whoever quit has waited, and so
        // has who logs off from Windows.
        #[cfg(not(windows))]
        RunEvent::Exit => tauri::async_runtime::block_on(controller.end_session(engine::KILLED_WITHIN)),
        _ => {}
    });
    ExitCode::SUCCESS
}

/// Whether there may be an instance of that name: the application shows every instance, so that its answer is none
/// about a single one.
fn may_run(instance: Option<&str>) -> bool {
    let dirs = Dirs::from_env(product::SKINAI);
    let runs = |name: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Services of the application's own instance may have been stopped.
        tray::folder(&dirs, Some(name)).exists()
            || runtime.is_ok_and(|runtime| {
                runtime.block_on(client::instances(&dirs)).iter().any(|running| running == name)
            })
    };
    instance.is_none_or(runs)
}

/// GTK ends the program without a word to the user where there is no display.
fn display() -> Result<(), &'static str> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        return Err("there is no display; `skinai run` launches the same services in a terminal");
    }
    #[cfg(target_os = "linux")]
    if gtk::init().is_err() {
        return Err("the display does not answer; `skinai run` launches the same services in a terminal");
    }
    Ok(())
}

fn fail(why: &str, code: u8) -> ExitCode {
    complain(why);
    ExitCode::from(code)
}

/// Says what is wrong on stderr.
fn complain(why: &str) {
    // Nobody reads it where there is no terminal, and that is no reason to fail otherwise.
    let _ = writeln!(std::io::stderr(), "skin-ai-assistant: {}", contract::plain(why));
}

/// Everything that must be in place before the event loop. A second launch does not come back from
/// here: it has handed its arguments to the first and is over.
fn build(args: &Args, controller: &ControllerHandle) -> tauri::Result<App> {
    let context = tauri::generate_context!();
    let second_launch = controller.clone();
    let single = tauri_plugin_single_instance::Builder::new()
        .callback(move |_, arguments, folder| {
            second_launch.send(Command::SecondLaunch(Args::of_launch_in(Path::new(&folder), arguments)));
        })
        .build();
    let builder = second_launch::bounded(tauri::Builder::default(), single, complain)
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(panel::window_state(args.instance.as_deref()))
        .manage(controller.clone())
        .manage(log_commands::LogWork::default())
        .invoke_handler(commands::handler());
    notifications::add(clipboard::prepare(builder)).build(context)
}

fn begin(app: &AppHandle, args: Args, controller: &ControllerHandle, commands: CommandReceiver) {
    let dirs = Dirs::from_env(product::SKINAI);
    let language = Language::of_tag(&text::system_tag());
    app.manage(zoom::ZoomFile(dirs.state.join("zoom")));
    let settings_file = SettingsFile::in_folder(&dirs.config);
    let loaded = settings_file.load(language);
    let instance = args.instance.as_deref();
    let config_home = dirs.config.parent().unwrap_or(&dirs.config);
    let stack_flag = args.stack.map(|path| std::path::absolute(&path).unwrap_or(path));
    let autostart = Autostart::new(config_home, instance, stack_flag.as_deref(), language);
    let desktop = TauriDesktop::new(app.clone(), tray::folder(&dirs, instance), autostart);
    notifications::prepare(app, controller, language);
    shutdown_triggers::listen(controller);
    display_lost::listen(controller, &tray::folder(&dirs, instance));
    if let Some(notice) = loaded.notice {
        tracing::warn!("{notice}");
        controller::Desktop::notify(&desktop, &controller::Notification::refused(notice));
    }
    let startup = Startup {
        launcher: EngineLauncher {
            stack_flag,
            is_usual: true,
            instance: args.instance,
            skinai: sidecar::skinai(app),
            environment: environment::own(),
            dirs: dirs.clone(),
        },
        settings_file,
        settings: loaded.settings,
        first_launch: !args.hidden && first_launch(&dirs),
        hidden: args.hidden,
        open_user_ui: args.open_user_ui,
        language,
    };
    tauri::async_runtime::spawn(controller::run(desktop, startup, commands));
}

/// Whether the application was never launched by hand before; asking makes it so.
fn first_launch(dirs: &Dirs) -> bool {
    let mark = dirs.state.join("launched");
    let made = std::fs::create_dir_all(&dirs.state)
        .and_then(|()| std::fs::OpenOptions::new().write(true).create_new(true).open(mark));
    made.is_ok()
}
