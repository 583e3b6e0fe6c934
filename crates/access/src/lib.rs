//! What lets a browser into a service, and one service into another: cookies, one-time codes and passes, derived from
//! the user's secret.
//!
//! The secret itself never reaches a browser. The launcher, which has it, makes a *code*: it is good for one service
//! at one port in one launch, once, for a minute. Its way into the browser is a file that only the user can read, which
//! leads to the address. The service, which has the secret too, takes the code and gives a *cookie*, good for
//! that service at that port in that launch.
//!
//! A code is valid while its file exists. Removing a file succeeds once, whoever tries: so a code opens once also
//! where an old and a new process of a service answer beside each other, or one after the other.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How long a code is good for: a browser that has to start first is a matter of seconds.
pub const CODE_LIFE: Duration = Duration::from_secs(60);
/// How long a pass is good for, and how far the clocks of two machines may be apart.
const PASS_LIFE: Duration = Duration::from_secs(60);

const ID_LENGTH: usize = 22;

/// What one service lets in, besides the secret itself.
#[derive(Clone)]
pub struct Door {
    secret: String,
    /// The folder of the codes of this service and launch, else the service's name.
    identity: PathBuf,
    takes_codes: bool,
    port: u16,
}

/// A way into a service that opens once.
#[derive(Debug, Clone)]
pub struct OneTimeEntrance {
    /// The address, with its code.
    pub address: String,
    /// A page that leads there, which only this user can read.
    pub file: PathBuf,
}

impl Door {
    /// The door of a service that was launched. `codes` is a folder for this service and launch alone.
    pub fn of_launch(secret: &str, codes: PathBuf, port: u16) -> Self {
        Self { secret: secret.to_owned(), identity: codes, takes_codes: true, port }
    }

    /// The door of a service that runs without a launcher: nobody makes codes for it.
    pub fn alone(secret: &str, service: &str, port: u16) -> Self {
        Self { secret: secret.to_owned(), identity: service.into(), takes_codes: false, port }
    }

    /// The value of the cookie.
    pub fn cookie(&self) -> String {
        hex(self.mac("cookie", ""))
    }

    /// Whether a browser sent the cookie, compared in constant time.
    pub fn is_cookie(&self, candidate: &str) -> bool {
        is_of(candidate, self.mac("cookie", ""))
    }

    /// Makes a code for an address, and the file that leads there. Removes what nobody took in time. The folder has to
    /// exist, and to be entered by nobody else.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn make_entrance(&self, address: &str) -> io::Result<OneTimeEntrance> {
        self.remove_expired();
        let mut file = tempfile::Builder::new()
            .prefix("")
            .suffix(".html")
            .rand_bytes(ID_LENGTH)
            .tempfile_in(&self.identity)?;
        let id = file.path().file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let signed = format!("{}-{id}", seconds(SystemTime::now()));
        let code = format!("{signed}-{}", hex(self.mac("code", &signed)));
        let address = with_code(address, &code);
        file.write_all(page(&address).as_bytes())?;
        let (_, file) = file.keep()?;
        Ok(OneTimeEntrance { address, file })
    }

    /// Takes a code: whether it was made for this service, port and launch, in time, and not taken before.
    pub fn take(&self, code: &str) -> bool {
        let Some((signed, seal)) = code.rsplit_once('-') else { return false };
        let Some((made, id)) = signed.split_once('-') else { return false };
        let age = made.parse().ok().and_then(|made| seconds(SystemTime::now()).checked_sub(made));
        self.takes_codes
            && is_of(seal, self.mac("code", signed))
            && age.is_some_and(|age| age <= CODE_LIFE.as_secs())
            && std::fs::remove_file(self.identity.join(id).with_extension("html")).is_ok()
    }

    /// Whether it is a [`pass`] of this time, and where the service was launched, for its own port: elsewhere an address
    /// may lead to it by way of another port.
    pub fn is_pass(&self, candidate: &str) -> bool {
        let Some((signed, seal)) = candidate.rsplit_once('-') else { return false };
        let Some((made, port)) = signed.split_once('-') else { return false };
        let age = made.parse().ok().map(|made| seconds(SystemTime::now()).abs_diff(made));
        is_of(seal, mac(&self.secret, &["pass".as_ref(), signed.as_ref()]))
            && age.is_some_and(|age| age <= PASS_LIFE.as_secs())
            && (!self.takes_codes || port == self.port.to_string())
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let port = self.port.to_string();
        mac(&self.secret, &[purpose.as_ref(), self.identity.as_os_str(), port.as_ref(), text.as_ref()])
    }

    fn remove_expired(&self) {
        for entry in std::fs::read_dir(&self.identity).into_iter().flatten().flatten() {
            let written = entry.metadata().and_then(|file| file.modified());
            if written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > CODE_LIFE)) {
                // Somebody else may have been quicker.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door(…)")
    }
}

/// What one of the product's services shows to another at `port`, in place of the secret: whoever listens there instead
/// learns nothing that lasts.
pub fn pass(secret: &str, port: u16) -> String {
    let signed = format!("{}-{port}", seconds(SystemTime::now()));
    let seal = hex(mac(secret, &["pass".as_ref(), signed.as_ref()]));
    format!("{signed}-{seal}")
}

/// A secret for a service of a stack, of which nothing can be learned about the user's.
pub fn secret_of_service(secret: &str, stack: &str, service: &str) -> String {
    hex(mac(secret, &["secret".as_ref(), stack.as_ref(), service.as_ref()]))
}

/// Keyed by the secret, over parts none of which has a NUL.
fn mac(secret: &str, parts: &[&OsStr]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|error| unreachable!("a key may have any length: {error}"));
    for part in parts {
        mac.update(part.as_encoded_bytes());
        mac.update(b"\0");
    }
    mac
}

fn hex(mac: Hmac<Sha256>) -> String {
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares in constant time.
fn is_of(candidate: &str, mac: Hmac<Sha256>) -> bool {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = candidate.as_bytes().chunks(2).map(byte).collect();
    bytes.is_some_and(|bytes| mac.verify_slice(&bytes).is_ok())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The address with the code among its parameters, in front of its fragment.
fn with_code(address: &str, code: &str) -> String {
    let (front, fragment) = address.find('#').map_or((address, ""), |at| address.split_at(at));
    let separator = if front.contains('?') { '&' } else { '?' };
    format!("{front}{separator}code={code}{fragment}")
}

/// A page that leads to an address.
fn page(address: &str) -> String {
    let address = address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\"><title>…</title><a href=\"{address}\">→</a>\n"
    )
}

#[cfg(test)]
mod tests;
