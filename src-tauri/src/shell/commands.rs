//! The commands of the panel. Each is declared here and nowhere else: the build makes the handler, the
//! permission that `capabilities/panel.json` gives to the panel alone, and the pages' client
//! (`ui/src/lib/generated/desktop/commands.ts`) from these functions.

use contract::{ApiError, LogLine, Request};
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{State, Wry};

use crate::controller::{ControllerHandle, PanelEvent, Sink};
use crate::settings::{Saved, Settings, SettingsProblem};
use crate::text;

/// Log lines that a page gets at once, at most.
const LOG_LINES_MAX: usize = 5000;

/// Everything that a page can call.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    include!(concat!(env!("OUT_DIR"), "/panel_handler.rs"))
}

/// A channel of the page, as the controller sees it.
fn sink<T: IpcResponse + Send + 'static>(channel: Channel<T>) -> Sink<T> {
    Box::new(move |event| channel.send(event).is_ok())
}

/// Tells the state of that stack (without a name, of the application's own) as it is, which stacks there are, and then
/// whatever changes, in place of an earlier subscriber.
#[tauri::command]
async fn subscribe(
    controller: State<'_, ControllerHandle>,
    stack: String,
    channel: Channel<PanelEvent>,
) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.subscribe(&stack, sink(channel))).await
}

/// Tells nothing until somebody subscribes again.
#[tauri::command]
async fn unsubscribe(controller: State<'_, ControllerHandle>) -> Result<(), ApiError> {
    controller.call(|controller| controller.unsubscribe()).await
}

/// Resolves when the request is carried out.
#[tauri::command]
async fn request(
    controller: State<'_, ControllerHandle>,
    stack: String,
    request: Request,
) -> Result<(), ApiError> {
    controller.call_later(move |controller, reply| controller.request(&stack, request, reply)).await
}

/// Opens a service in the browser.
#[tauri::command]
async fn open_service(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.open(&stack, &service)).await
}

/// Puts a service's address on the clipboard, without its key.
#[tauri::command]
async fn copy_address(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.copy(&stack, &service)).await
}

/// Opens the folder with the logs.
#[tauri::command]
async fn open_log_folder(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.open_log_folder(&stack)).await
}

/// Opens the stack file that keeps everything from being launched.
#[tauri::command]
async fn open_stack_file(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.open_stack_file(&stack)).await
}

/// The newest lines of a service, oldest first.
#[tauri::command]
async fn logs(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
    lines: usize,
) -> Result<Vec<LogLine>, ApiError> {
    controller.try_call(move |controller| controller.logs(&stack, &service, lines.min(LOG_LINES_MAX))).await
}

/// Pushes a service's lines as they come; answers the id by which that ends.
#[tauri::command]
async fn follow_logs(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
    channel: Channel<Vec<LogLine>>,
) -> Result<u32, ApiError> {
    controller.try_call(move |controller| controller.follow_logs(&stack, &service, sink(channel))).await
}

/// Pushes no more lines to the follower of that id.
#[tauri::command]
async fn unfollow_logs(controller: State<'_, ControllerHandle>, id: u32) -> Result<(), ApiError> {
    controller.call(move |controller| controller.unfollow_logs(id)).await
}

/// The newest probe latencies in microseconds, oldest first, at most 60; `null` for a probe that failed.
#[tauri::command]
async fn latencies(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<Vec<Option<u64>>, ApiError> {
    controller.try_call(move |controller| controller.latencies(&stack, &service)).await
}

/// The settings as they are.
#[tauri::command]
async fn settings(controller: State<'_, ControllerHandle>) -> Result<Settings, ApiError> {
    controller.call(|controller| controller.settings_now()).await
}

/// What is wrong with these settings, field by field.
#[tauri::command]
async fn check_settings(
    controller: State<'_, ControllerHandle>,
    settings: Settings,
) -> Result<Vec<SettingsProblem>, ApiError> {
    controller.call(move |controller| controller.problems(&settings)).await
}

/// Applies and saves these settings.
#[tauri::command]
async fn save_settings(
    controller: State<'_, ControllerHandle>,
    settings: Settings,
) -> Result<Saved, ApiError> {
    controller.call_later(|controller, reply| controller.save(settings, reply)).await
}

/// Whether this is the first launch, so that the panel says where the icon lives.
#[tauri::command]
async fn welcome(controller: State<'_, ControllerHandle>) -> Result<bool, ApiError> {
    controller.call_later(|controller, reply| controller.answer_welcome(reply)).await
}

/// The panel says no more where the icon lives.
#[tauri::command]
async fn dismiss_welcome(controller: State<'_, ControllerHandle>) -> Result<(), ApiError> {
    controller.call(|controller| controller.dismiss_welcome()).await
}

/// The system's language, such as `de-DE`.
#[tauri::command]
fn locale() -> String {
    text::system_tag()
}

#[cfg(test)]
mod tests {
    /// Writes the client, so that the next run finds what this one made.
    #[test]
    fn the_pages_client_is_that_of_these_commands() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/lib/generated/desktop/commands.ts");
        let made = include_str!(concat!(env!("OUT_DIR"), "/commands.ts"));
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        if committed != made {
            std::fs::write(file, made).expect("the client can be written");
        }
        assert!(committed == made, "{file} was not the client of these commands and is made anew: commit it");
    }
}
