//! Parses the environment variables of a service.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use axum::http::Uri;

use crate::ServiceError;
use crate::serve::Token;

/// The backend's port where no variable sets it.
const DEFAULT_BACKEND_PORT: u16 = 8000;

/// The environment variables of a service. An empty one counts as unset.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: HashMap<String, OsString>,
    /// Whether the token was found, and not told.
    has_token_of_user: bool,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// The port that a variable asks for.
    pub fn port(&self, variable: &'static str) -> Result<Option<u16>, ServiceError> {
        let Some(text) = self.text(variable) else { return Ok(None) };
        match text.trim().parse() {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(ServiceError::BadVariable { variable, value: text, wanted: "a port from 1 to 65535" }),
        }
    }

    /// `SKINAI_HOST`, the address to listen on.
    pub fn host(&self) -> Result<IpAddr, ServiceError> {
        let variable = "SKINAI_HOST";
        match self.text(variable) {
            None => Ok(Ipv4Addr::LOCALHOST.into()),
            Some(name) if name.eq_ignore_ascii_case("localhost") => Ok(Ipv4Addr::LOCALHOST.into()),
            Some(text) => {
                let wanted = "an IP address of this machine, such as 127.0.0.1 or 0.0.0.0";
                text.parse().map_err(|_| ServiceError::BadVariable { variable, value: text, wanted })
            }
        }
    }

    /// `SKINAI_TOKEN`, the secret that callers must know.
    pub fn token(&self) -> Result<Option<Token>, ServiceError> {
        self.text("SKINAI_TOKEN").map(|text| Token::new(text).ok_or(ServiceError::BadToken)).transpose()
    }

    /// `SKINAI_CODES`, the folder in which the launcher makes the one-time codes for this service.
    pub fn codes(&self) -> Option<PathBuf> {
        self.path("SKINAI_CODES")
    }

    /// `SKINAI_API_URL`, else the backend's port on this machine.
    pub fn api_url(&self) -> Result<Uri, ServiceError> {
        let variable = "SKINAI_API_URL";
        let Some(text) = self.text(variable) else {
            let port = self.port("BACKEND_PORT")?.unwrap_or(DEFAULT_BACKEND_PORT);
            return format!("http://127.0.0.1:{port}").parse().map_err(|_| ServiceError::BadVariable {
                variable: "BACKEND_PORT",
                value: port.to_string(),
                wanted: "a port from 1 to 65535",
            });
        };
        let uri = text.parse::<Uri>().ok();
        uri.filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some() && uri.query().is_none())
            .ok_or(ServiceError::BadVariable {
                variable,
                value: text,
                wanted: "an address such as http://127.0.0.1:8000",
            })
    }

    /// These variables, and the folder of the measurements where `SKINAI_DATA` names none.
    #[must_use]
    pub fn with_data_folder(mut self, usual: PathBuf) -> Self {
        if self.path("SKINAI_DATA").is_none() {
            self.variables.insert("SKINAI_DATA".to_owned(), usual.into());
        }
        self
    }

    /// Whether the secret of this user is to be asked for: no other is told, and the service listens on this machine
    /// alone. For other machines the secret has to be told, since a service there asks for the same one.
    pub fn wants_token_of_user(&self) -> bool {
        self.text("SKINAI_TOKEN").is_none() && self.host().is_ok_and(|host| host.to_canonical().is_loopback())
    }

    /// These variables, and the secret of this user.
    #[must_use]
    pub fn with_token_of_user(mut self, token: String) -> Self {
        self.variables.insert("SKINAI_TOKEN".to_owned(), token.into());
        self.has_token_of_user = true;
        self
    }

    /// Whether the token is the user's, which nobody told the service.
    pub(crate) fn has_token_of_user(&self) -> bool {
        self.has_token_of_user
    }

    /// The folder of the measurements.
    pub fn data_folder(&self) -> Result<PathBuf, ServiceError> {
        self.path("SKINAI_DATA").ok_or(ServiceError::NoDataFolder)
    }

    /// The folder where launchers of this user keep their leases.
    pub fn runtime_folder(&self) -> Option<PathBuf> {
        self.path("XDG_RUNTIME_DIR").map(|folder| folder.join("skinai")).filter(|folder| folder.is_dir())
    }

    fn path(&self, variable: &str) -> Option<PathBuf> {
        self.variables.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    fn text(&self, variable: &str) -> Option<String> {
        self.variables
            .get(variable)
            .map(|value| value.to_string_lossy().into_owned())
            .filter(|text| !text.is_empty())
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, has_token_of_user: false }
    }
}
