//! What the desktop says of how the panel's window looks: light or dark, how large, and where.

/// The colour of a window whose page is not painted yet: that of the page.
pub use platform::background;
/// Where a window of that width and height stands beside the tray. The tray itself does not say where it is, but the
/// screen is smaller by the panel that it lies in; `None` where nothing is known.
pub use platform::beside_the_tray;
/// The size of a window that is wished to be so wide and high, at most what the screen has beside its panels.
pub use platform::fitting;
/// How much larger than usual the desktop's text is. The webview enlarges its whole page with it.
pub use platform::text_scale;

#[cfg(target_os = "linux")]
mod platform {
    use gtk::gdk;
    use gtk::glib::prelude::ObjectExt as _;
    use gtk::prelude::MonitorExt as _;
    use tauri::window::Color;

    /// `--grey-0` of `ui/src/lib/tokens.css`.
    const LIGHT: Color = Color(252, 250, 248, 255);
    const DARK: Color = Color(25, 23, 20, 255);
    /// Between the window's frame and the edges of the screen, in logical pixels.
    const MARGIN: f64 = 12.0;
    /// The title bar that the window manager puts on top.
    const TITLE_BAR: f64 = 28.0;

    pub fn background() -> Option<Color> {
        let settings = gtk::Settings::default()?;
        let theme: Option<String> = settings.property("gtk-theme-name");
        // As WebKit decides it.
        let dark = settings.property::<bool>("gtk-application-prefer-dark-theme")
            || theme.is_some_and(|name| name.to_ascii_lowercase().ends_with("dark"));
        Some(if dark { DARK } else { LIGHT })
    }

    fn monitor() -> Option<gdk::Monitor> {
        let display = gdk::Display::default()?;
        display.primary_monitor().or_else(|| display.monitor(0))
    }

    /// A window manager may put a larger one partly outside of the screen.
    pub fn fitting(width: f64, height: f64) -> (f64, f64) {
        let Some(free) = monitor().map(|monitor| monitor.workarea()) else { return (width, height) };
        let most = (f64::from(free.width()) - MARGIN, f64::from(free.height()) - TITLE_BAR - MARGIN);
        (width.min(most.0), height.min(most.1))
    }

    pub fn beside_the_tray(width: f64, height: f64) -> Option<(f64, f64)> {
        let monitor = monitor()?;
        let (whole, free) = (monitor.geometry(), monitor.workarea());
        let end = |from: i32, length: i32| from + length;
        let x = f64::from(end(free.x(), free.width())) - width - MARGIN;
        let below = end(whole.y(), whole.height()) - end(free.y(), free.height());
        let y = if below > free.y() - whole.y() {
            f64::from(end(free.y(), free.height())) - height - TITLE_BAR - MARGIN
        } else {
            f64::from(free.y()) + MARGIN
        };
        Some((x.max(free.x().into()), y.max(free.y().into())))
    }

    pub fn text_scale() -> f64 {
        // In dots per inch; below 0 where nothing is set. `GDK_DPI_SCALE` is part of it.
        let dpi = gdk::Screen::default().map_or(-1.0, |screen| screen.resolution());
        if dpi > 0.0 { (dpi / 96.0).clamp(1.0, 2.0) } else { 1.0 }
    }
}

/// The other systems paint windows in the page's own colour, enlarge them along with their text, and place them.
#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn background() -> Option<tauri::window::Color> {
        None
    }

    pub fn fitting(width: f64, height: f64) -> (f64, f64) {
        (width, height)
    }

    pub fn beside_the_tray(_width: f64, _height: f64) -> Option<(f64, f64)> {
        None
    }

    pub fn text_scale() -> f64 {
        1.0
    }
}
