//! The commands of the panel. Each is declared here or in `log_commands`, and nowhere else: the build makes the
//! handler, the permission that `capabilities/panel.json` gives to the panel alone, and the pages' client
//! (`ui/src/lib/generated/desktop/commands.ts`) from these functions.

use contract::{ApiError, Happening, Request, Resources};
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{AppHandle, State, WebviewWindow, Wry};

use super::zoom::{self, Zoom};
use super::{log_window, panel, tooltip};
use crate::controller::{About, Command, Controller, ControllerHandle, CopyForm, Copyable, PanelEvent, Sink};
use crate::settings::{Saved, Settings, SettingsProblem};
use crate::text;

/// Everything that a page can call.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    include!(concat!(env!("OUT_DIR"), "/panel_handler.rs"))
}

/// A channel of the page, as the controller sees it.
pub(super) fn sink<T: IpcResponse + Send + 'static>(channel: Channel<T>) -> Sink<T> {
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
    controller.call(move |controller| controller.subscribe(&stack, sink(channel))).await
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
    controller.call_later(move |controller, reply| controller.open(&stack, &service, reply)).await
}

/// Puts on the clipboard where a service is.
#[tauri::command]
async fn copy(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
    form: CopyForm,
) -> Result<(), ApiError> {
    controller.call_later(move |controller, reply| controller.copy(&stack, &service, form, reply)).await
}

/// What can be copied of a service, as it would be.
#[tauri::command]
async fn copyable(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<Vec<Copyable>, ApiError> {
    controller.try_call(move |controller| controller.copyable(&stack, &service)).await
}

/// Puts on the clipboard where all services are, as lines of an env file.
#[tauri::command]
async fn copy_map(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.copy_map(&stack)).await
}

/// What the processes of a service take of the machine; `null` where it does not run, or the system does not tell.
#[tauri::command]
async fn resources(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<Option<Resources>, ApiError> {
    controller.call_later(move |controller, reply| controller.resources(&stack, service, reply)).await
}

/// Opens the folder that a service is started in.
#[tauri::command]
async fn open_service_folder(
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
) -> Result<(), ApiError> {
    controller.open_path(move |controller| controller.service_folder(&stack, &service)).await
}

/// Opens the folder with the logs.
#[tauri::command]
async fn open_log_folder(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.open_path(move |controller| controller.made_log_folder(&stack)).await
}

/// Opens the stack file: that of the stack, or the one that keeps it from being launched.
#[tauri::command]
async fn open_stack_file(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.open_path(move |controller| controller.file_of(&stack)).await
}

/// The newest of what happened, oldest first.
#[tauri::command]
async fn happenings(
    controller: State<'_, ControllerHandle>,
    stack: String,
    lines: usize,
) -> Result<Vec<Happening>, ApiError> {
    controller.call_later(move |controller, reply| controller.happenings(&stack, lines, reply)).await
}

/// Pushes what happens; answers the id by which that ends, as following lines does.
#[tauri::command]
async fn follow_happenings(
    controller: State<'_, ControllerHandle>,
    stack: String,
    channel: Channel<Happening>,
) -> Result<u32, ApiError> {
    controller
        .call_later(move |controller, reply| controller.follow_happenings(&stack, sink(channel), reply))
        .await
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

/// The instance of the stack that the panel is to show.
#[tauri::command]
async fn shown_stack(controller: State<'_, ControllerHandle>) -> Result<String, ApiError> {
    controller.call(|controller| controller.shown_stack()).await
}

/// Shows the stack of that instance in the panel, which is told of it as of every other change.
#[tauri::command]
async fn switch_stack(controller: State<'_, ControllerHandle>, instance: String) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.switch_stack(&instance)).await
}

/// Stops all of the stack, whoever has launched it; one that was not launched leaves the list.
#[tauri::command]
async fn end_stack(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    controller.call_later(move |controller, reply| controller.end_stack(&stack, reply)).await
}

/// Launches the stack with the application when that starts at login, or not.
#[tauri::command]
async fn start_stack_at_login(
    controller: State<'_, ControllerHandle>,
    stack: String,
    on: bool,
) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.start_stack_at_login(&stack, on)).await
}

/// Lets the user choose a stack file, which is then launched and shown.
#[tauri::command]
async fn choose_stack_file(controller: State<'_, ControllerHandle>) -> Result<(), ApiError> {
    controller.call(|controller| controller.choose_stack_file()).await
}

/// Launches the usual stack once more, and shows it.
#[tauri::command]
async fn new_instance(controller: State<'_, ControllerHandle>) -> Result<(), ApiError> {
    controller.call(|controller| controller.new_instance()).await
}

/// Stack files that were opened, newest first.
#[tauri::command]
async fn recent_stacks(controller: State<'_, ControllerHandle>) -> Result<Vec<String>, ApiError> {
    controller.call(|controller| controller.recent_stacks()).await
}

/// Launches one of these again, and shows it.
#[tauri::command]
async fn open_recent(controller: State<'_, ControllerHandle>, file: String) -> Result<(), ApiError> {
    controller.try_call(move |controller| controller.open_recent(file.as_ref())).await
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
    controller.call_later(|controller, reply| controller.check_settings(settings, reply)).await
}

/// Applies and saves these settings.
#[tauri::command]
async fn save_settings(
    controller: State<'_, ControllerHandle>,
    settings: Settings,
) -> Result<Saved, ApiError> {
    controller.call_later(|controller, reply| controller.save(settings, reply)).await
}

/// Whether what was saved of the settings takes effect only at the next launch.
#[tauri::command]
async fn restart_needed(controller: State<'_, ControllerHandle>) -> Result<bool, ApiError> {
    controller.call(|controller| controller.restart_needed()).await
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

/// Whether the desktop shows tray icons, as soon as it is known, and whenever that changes.
#[tauri::command]
async fn follow_tray(
    controller: State<'_, ControllerHandle>,
    channel: Channel<bool>,
) -> Result<(), ApiError> {
    controller.call(|controller| controller.follow_tray(sink(channel))).await
}

/// What the application is, and what it runs.
#[tauri::command]
async fn about(controller: State<'_, ControllerHandle>, stack: String) -> Result<About, ApiError> {
    controller.try_call(move |controller| controller.about(&stack)).await
}

/// Puts on the clipboard what it takes to find out why something is wrong.
#[tauri::command]
async fn copy_diagnostics(controller: State<'_, ControllerHandle>, stack: String) -> Result<(), ApiError> {
    let diagnostics = controller.try_call(move |controller| controller.diagnostics(&stack)).await?;
    let text = diagnostics.text().await;
    controller.try_call(move |controller| controller.copy_text(&text)).await
}

/// Shows the log of a service in a window of its own, or those of all services.
#[tauri::command]
async fn open_log_window(
    app: AppHandle,
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: Option<String>,
) -> Result<(), ApiError> {
    let shown = service.clone();
    let title = move |controller: &mut Controller| controller.log_title(&stack, shown.as_deref());
    let (stack, title) = controller.try_call(title).await?;
    log_window::show(&app, &stack, service.as_deref(), title);
    Ok(())
}

/// Ends the application and its services.
#[tauri::command]
async fn quit(controller: State<'_, ControllerHandle>) -> Result<(), ApiError> {
    controller.send(Command::Quit);
    Ok(())
}

/// The page has something to show, so that its window can be seen.
#[tauri::command]
fn painted(window: WebviewWindow) {
    panel::painted(&window);
}

/// Closes the window.
#[tauri::command]
fn close_panel(window: WebviewWindow) {
    panel::close(&window);
}

/// Makes everything larger or smaller, and keeps it so.
#[tauri::command]
fn zoom_panel(window: WebviewWindow, zoom: Zoom) {
    zoom::step(&window, zoom);
}

/// Takes the window's tooltip away, since what it belonged to is gone.
#[tauri::command]
fn hide_tooltip(window: WebviewWindow) {
    tooltip::hide(&window);
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
