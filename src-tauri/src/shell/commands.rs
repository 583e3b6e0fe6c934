//! The commands of the panel. Each asks the controller and passes on what it answers.
//!
//! `build.rs` lists them, and `capabilities/panel.json` opens them to the panel and to nothing else.

use contract::{ApiError, LogLine, Request};
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{State, Wry};

use crate::controller::{Ask, Asker, PanelEvent, Sink};
use crate::settings::{Saved, Settings, SettingsProblem};
use crate::text;

/// Log lines that a page gets at once, at most.
const LOG_LINES_MAX: usize = 5000;

type Controller<'a> = State<'a, Asker>;

/// Everything that a page can call.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        subscribe,
        unsubscribe,
        request,
        open_service,
        copy_address,
        open_log_folder,
        open_stack_file,
        logs,
        follow_logs,
        unfollow_logs,
        latencies,
        settings,
        check_settings,
        save_settings,
        welcome,
        dismiss_welcome,
        locale,
    ]
}

/// A channel of the page, as the controller sees it.
fn sink<T: IpcResponse + Send + 'static>(channel: Channel<T>) -> Sink<T> {
    Box::new(move |event| channel.send(event).is_ok())
}

#[tauri::command]
async fn subscribe(controller: Controller<'_>, channel: Channel<PanelEvent>) -> Result<(), ApiError> {
    controller.ask(|reply| Ask::Subscribe(sink(channel), reply)).await
}

#[tauri::command]
async fn unsubscribe(controller: Controller<'_>) -> Result<(), ApiError> {
    controller.tell(Ask::Unsubscribe);
    Ok(())
}

#[tauri::command]
async fn request(controller: Controller<'_>, request: Request) -> Result<(), ApiError> {
    controller.ask(|reply| Ask::Request(request, reply)).await
}

#[tauri::command]
async fn open_service(controller: Controller<'_>, service: String) -> Result<(), ApiError> {
    controller.ask(|reply| Ask::Open(service, reply)).await
}

#[tauri::command]
async fn copy_address(controller: Controller<'_>, service: String) -> Result<(), ApiError> {
    controller.ask(|reply| Ask::Copy(service, reply)).await
}

#[tauri::command]
async fn open_log_folder(controller: Controller<'_>) -> Result<(), ApiError> {
    controller.ask(Ask::OpenLogFolder).await
}

#[tauri::command]
async fn open_stack_file(controller: Controller<'_>) -> Result<(), ApiError> {
    controller.ask(Ask::OpenStackFile).await
}

#[tauri::command]
async fn logs(controller: Controller<'_>, service: String, lines: usize) -> Result<Vec<LogLine>, ApiError> {
    controller.ask(|reply| Ask::Logs(service, lines.min(LOG_LINES_MAX), reply)).await
}

#[tauri::command]
async fn follow_logs(
    controller: Controller<'_>,
    service: String,
    channel: Channel<Vec<LogLine>>,
) -> Result<u32, ApiError> {
    controller.ask(|reply| Ask::Follow(service, sink(channel), reply)).await
}

#[tauri::command]
async fn unfollow_logs(controller: Controller<'_>, id: u32) -> Result<(), ApiError> {
    controller.tell(Ask::Unfollow(id));
    Ok(())
}

#[tauri::command]
async fn latencies(controller: Controller<'_>, service: String) -> Result<Vec<Option<u64>>, ApiError> {
    controller.ask(|reply| Ask::Latencies(service, reply)).await
}

#[tauri::command]
async fn settings(controller: Controller<'_>) -> Result<Settings, ApiError> {
    controller.ask(Ask::Settings).await
}

#[tauri::command]
async fn check_settings(
    controller: Controller<'_>,
    settings: Settings,
) -> Result<Vec<SettingsProblem>, ApiError> {
    controller.ask(|reply| Ask::CheckSettings(settings, reply)).await
}

#[tauri::command]
async fn save_settings(controller: Controller<'_>, settings: Settings) -> Result<Saved, ApiError> {
    controller.ask(|reply| Ask::SaveSettings(settings, reply)).await
}

#[tauri::command]
async fn welcome(controller: Controller<'_>) -> Result<bool, ApiError> {
    controller.ask(Ask::Welcome).await
}

#[tauri::command]
async fn dismiss_welcome(controller: Controller<'_>) -> Result<(), ApiError> {
    controller.ask(Ask::DismissWelcome).await
}

#[tauri::command]
fn locale() -> String {
    text::system_tag()
}
