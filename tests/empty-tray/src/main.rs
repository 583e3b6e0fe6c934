//! An icon in the tray, a menu with one line, and nothing else: what an application costs that Tauri
//! makes, before it does anything.
#![cfg_attr(windows, windows_subsystem = "windows")]

use tauri::image::Image;
use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{App, RunEvent};

const QUIT: &str = "quit";

fn main() -> tauri::Result<()> {
    let app = tauri::Builder::default().setup(|app| Ok(show_icon(app)?)).build(tauri::generate_context!())?;
    app.run(|_, event| {
        // There is no window whose closing could end it.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}

fn show_icon(app: &App) -> tauri::Result<()> {
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    TrayIconBuilder::new()
        .icon(Image::from_bytes(include_bytes!("../../../icons/tray/healthy-64.png"))?)
        .menu(&Menu::with_items(app, &[&quit])?)
        .on_menu_event(|app, event| {
            if event.id().as_ref() == QUIT {
                app.exit(0);
            }
        })
        .build(app)?;
    Ok(())
}
