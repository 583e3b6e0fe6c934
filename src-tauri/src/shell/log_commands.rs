//! The commands by which pages read logs. `capabilities/logs.json` gives them to the windows with logs too.

use std::collections::{HashMap, HashSet};
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use contract::{ApiError, LogLine};
use engine::LogPart;
use jiff::Zoned;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State, WebviewWindow};

use super::commands::sink;
use crate::controller::{Controller, ControllerHandle, LogEntry, LogMatches, LogPlace, LogQuery, LogService};

/// Lines that a page gets at once, at most.
const LINES_MAX: usize = 5000;
/// Lines that a search tells one by one, at most.
const MATCHES_MAX: usize = 10_000;

/// What pages have under way and have done.
#[derive(Debug, Default)]
pub(super) struct LogWork {
    /// The searches that can be cancelled, by the number that the page has given each.
    searches: Mutex<HashMap<u32, Arc<AtomicBool>>>,
    /// The files that were saved: pages may have these opened, and no others.
    saved: Mutex<HashSet<PathBuf>>,
}

/// The services that have logs.
#[tauri::command]
pub(super) async fn log_services(
    controller: State<'_, ControllerHandle>,
    stack: String,
) -> Result<Vec<LogService>, ApiError> {
    controller.call_later(move |controller, reply| controller.log_services(&stack, reply)).await
}

/// Lines of these services in the order of time, oldest first: those next before a place, or after one, or the newest.
#[tauri::command]
pub(super) async fn log_part(
    controller: State<'_, ControllerHandle>,
    stack: String,
    services: Vec<String>,
    before: Option<LogPlace>,
    after: Option<LogPlace>,
    lines: usize,
) -> Result<Vec<LogEntry>, ApiError> {
    let part = match (before, after) {
        (Some(place), _) => LogPart::Before(place.into()),
        (None, Some(place)) => LogPart::After(place.into()),
        (None, None) => LogPart::End,
    };
    let names = services.clone();
    let reader = controller.try_call(move |controller| controller.log_reader(&stack, services)).await?;
    let lines = reader.part(part, lines.min(LINES_MAX)).await?;
    Ok(lines.into_iter().map(|(index, line)| LogEntry { service: names[index].clone(), line }).collect())
}

/// Looks through all that there is of these services. The number is that by which the search can be cancelled.
#[tauri::command]
pub(super) async fn search_logs(
    controller: State<'_, ControllerHandle>,
    work: State<'_, LogWork>,
    stack: String,
    search: u32,
    services: Vec<String>,
    query: LogQuery,
) -> Result<LogMatches, ApiError> {
    let reader = controller.try_call(move |controller| controller.log_reader(&stack, services)).await?;
    let pattern = reader.pattern(&query)?;
    let cancelled = Arc::<AtomicBool>::default();
    let searches = || work.searches.lock().unwrap_or_else(PoisonError::into_inner);
    searches().insert(search, Arc::clone(&cancelled));
    let found =
        reader.read(usize::MAX, move |history| history.search(&pattern, MATCHES_MAX, &cancelled)).await;
    searches().remove(&search);
    Ok(found?.into())
}

/// Ends the search of that number; what it has found so far is its answer.
#[tauri::command]
pub(super) fn cancel_search(work: State<'_, LogWork>, search: u32) {
    if let Some(cancelled) = work.searches.lock().unwrap_or_else(PoisonError::into_inner).remove(&search) {
        cancelled.store(true, Ordering::Relaxed);
    }
}

/// Writes what the files of these services have, or what of it is looked for, to the user's downloads; answers the path.
#[tauri::command]
pub(super) async fn save_logs(
    app: AppHandle,
    controller: State<'_, ControllerHandle>,
    work: State<'_, LogWork>,
    stack: String,
    services: Vec<String>,
    query: Option<LogQuery>,
) -> Result<String, ApiError> {
    let of = stack.clone();
    let what = if let [service] = services.as_slice() { service.clone() } else { "services".to_owned() };
    let reader = controller.try_call(move |controller| controller.log_reader(&stack, services)).await?;
    let pattern = query.map(|query| reader.pattern(&query)).transpose()?;
    let folder =
        app.path().download_dir().or_else(|_| app.path().home_dir().map(|home| home.join("Downloads")));
    let name = format!("{of}-{what}-{}", Zoned::now().strftime("%Y-%m-%d-%H%M%S"));
    let path = reader
        // The files have it all.
        .read(0, move |history| {
            let folder = folder.map_err(std::io::Error::other)?;
            std::fs::create_dir_all(&folder)?;
            let path = folder.join(format!("{name}.log"));
            // As private as the files that it is from.
            let file = userdirs::private_file().write(true).create(true).truncate(true).open(&path)?;
            history.save(pattern.as_ref(), &mut BufWriter::new(file))?;
            Ok(path)
        })
        .await?;
    let shown = path.display().to_string();
    work.saved.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    Ok(shown)
}

/// Opens a file that was saved.
#[tauri::command]
pub(super) async fn open_saved_log(
    controller: State<'_, ControllerHandle>,
    work: State<'_, LogWork>,
    path: String,
) -> Result<(), ApiError> {
    let saved = work.saved.lock().unwrap_or_else(PoisonError::into_inner).get(&PathBuf::from(path)).cloned();
    let Some(file) = saved else { return Ok(()) };
    controller.open_path(|_| Ok(file)).await
}

/// Pushes a service's lines as they come, and at its end none; answers the id by which that ends.
#[tauri::command]
pub(super) async fn follow_logs(
    window: WebviewWindow,
    controller: State<'_, ControllerHandle>,
    stack: String,
    service: String,
    channel: Channel<Vec<LogLine>>,
) -> Result<u32, ApiError> {
    let (window, sink) = (window.label().to_owned(), sink(channel));
    let follow = move |controller: &mut Controller, reply| {
        controller.follow_logs(window, &stack, service, sink, reply);
    };
    controller.call_later(follow).await
}

/// Pushes no more lines to the follower of that id.
#[tauri::command]
pub(super) async fn unfollow_logs(controller: State<'_, ControllerHandle>, id: u32) -> Result<(), ApiError> {
    controller.call(move |controller| controller.unfollow_logs(id)).await
}
