//! The clipboard as another program of the session reads it (ICCCM, section 2).

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, WindowClass};
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE};

/// The text on the clipboard of that display; `None` where there is none.
pub fn text(display: &str) -> Option<String> {
    let (x, screen) = x11rb::connect(Some(display)).ok()?;
    let atom = |name: &[u8]| Some(x.intern_atom(false, name).ok()?.reply().ok()?.atom);
    let (clipboard, utf8, here) = (atom(b"CLIPBOARD")?, atom(b"UTF8_STRING")?, atom(b"SKINAI_TEST")?);
    let (root, window) = (x.setup().roots.get(screen)?.root, x.generate_id().ok()?);
    let kind = WindowClass::INPUT_ONLY;
    x.create_window(COPY_DEPTH_FROM_PARENT, window, root, 0, 0, 1, 1, 0, kind, 0, &CreateWindowAux::new())
        .ok()?;
    x.delete_property(window, here).ok()?;
    x.convert_selection(window, clipboard, utf8, here, CURRENT_TIME).ok()?;
    x.flush().ok()?;
    loop {
        // The server itself answers for a clipboard that nobody has.
        if let Event::SelectionNotify(answer) = x.wait_for_event().ok()? {
            if answer.property == NONE {
                return None;
            }
            let value = x.get_property(true, window, here, AtomEnum::ANY, 0, 1 << 16).ok()?.reply().ok()?;
            return String::from_utf8(value.value).ok();
        }
    }
}
