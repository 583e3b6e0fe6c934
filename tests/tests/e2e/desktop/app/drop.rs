//! Files that another program drops on a window: the source's side of XDND, version 5.

use std::path::Path;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME};

x11rb::atom_manager! {
    /// What the protocol names.
    Atoms: AtomsCookie {
        XdndSelection, XdndEnter, XdndPosition, XdndStatus, XdndDrop, XdndFinished, XdndActionCopy,
        Uris: b"text/uri-list",
    }
}

/// How long the window may take for each step, on a busy machine too.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// How often the pointer moves until the window has said that it takes what it is given.
const MOVE_EVERY: Duration = Duration::from_millis(100);
/// The version of the protocol.
const VERSION: u32 = 5;

/// Drops a file on the middle of a window of that display, as a file manager does it.
pub fn file(display: &str, window: &str, file: &Path) {
    let (x, screen) = x11rb::connect(Some(display)).expect("the X server answers");
    let root = x.setup().roots[screen].root;
    let own = x.generate_id().expect("there are ids");
    let (kind, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
    x.create_window(COPY_DEPTH_FROM_PARENT, own, root, 0, 0, 1, 1, 0, kind, 0, &aux).expect("a window");
    let atoms = Atoms::new(&x).expect("they are asked").reply().expect("they are known");
    x.set_selection_owner(own, atoms.XdndSelection, CURRENT_TIME).expect("it is asked");
    let window: Window = window.parse().expect("a window's number");
    let uris = format!("file://{}\r\n", file.display().to_string().replace(' ', "%20"));
    Source { x, root, own, window, atoms, uris }.drop();
}

struct Source {
    x: RustConnection,
    root: Window,
    /// The window of the source.
    own: Window,
    window: Window,
    atoms: Atoms,
    uris: String,
}

impl Source {
    fn drop(&self) {
        let size = self.x.get_geometry(self.window).expect("it is asked").reply().expect("it is there");
        let (width, height) = (size.width.cast_signed() / 2, size.height.cast_signed() / 2);
        let at = self.x.translate_coordinates(self.window, self.root, width, height);
        let at = at.expect("it is asked").reply().expect("it is there");
        let place = u32::from(at.dst_x.cast_unsigned()) << 16 | u32::from(at.dst_y.cast_unsigned());
        self.send(self.atoms.XdndEnter, [VERSION << 24, self.atoms.Uris, 0, 0]);
        // It takes what it has looked at, which it asks for when the pointer has moved.
        let is_taken = |data: [u32; 5]| data[1] & 1 == 1;
        let mut asked = false;
        self.answered(
            self.atoms.XdndStatus,
            |source| {
                source.send(source.atoms.XdndPosition, [0, place, CURRENT_TIME, source.atoms.XdndActionCopy]);
            },
            |data, uris_asked| {
                asked |= uris_asked;
                is_taken(data) && asked
            },
        );
        self.send(self.atoms.XdndDrop, [0, CURRENT_TIME, 0, 0]);
        self.answered(self.atoms.XdndFinished, |_| (), |_, _| true);
    }

    /// Serves the window until it has answered so.
    fn answered(&self, kind: Atom, again: impl Fn(&Self), mut so: impl FnMut([u32; 5], bool) -> bool) {
        let (until, mut moved, mut uris_asked) = (Instant::now() + ANSWERED_WITHIN, None::<Instant>, false);
        while Instant::now() < until {
            if moved.is_none_or(|at| at.elapsed() > MOVE_EVERY) {
                again(self);
                moved = Some(Instant::now());
            }
            match self.x.poll_for_event().expect("the X server answers") {
                Some(Event::SelectionRequest(request)) => {
                    self.give(&request);
                    uris_asked = true;
                }
                Some(Event::ClientMessage(message))
                    if message.type_ == kind && so(message.data.as_data32(), uris_asked) =>
                {
                    return;
                }
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        panic!("the window does not take the file");
    }

    fn give(&self, request: &SelectionRequestEvent) {
        let (property, kind) = (request.property, request.target);
        self.x
            .change_property8(PropMode::REPLACE, request.requestor, property, kind, self.uris.as_bytes())
            .expect("the X server answers");
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: kind,
            property,
        };
        self.x.send_event(false, request.requestor, EventMask::NO_EVENT, told).expect("it is sent");
        self.x.flush().expect("the X server answers");
    }

    fn send(&self, kind: Atom, [first, second, third, fourth]: [u32; 4]) {
        let message =
            ClientMessageEvent::new(32, self.window, kind, [self.own, first, second, third, fourth]);
        self.x.send_event(false, self.window, EventMask::NO_EVENT, message).expect("it is sent");
        self.x.flush().expect("the X server answers");
    }
}
