//! Authorises requests: by the token, a cookie or a one-time code, and by the headers that show a page of another
//! origin.
//!
//! A page of another site can make a browser send requests to this machine. With a name of its own that resolves to
//! this machine (DNS rebinding) it can even read the answers; the `Host` header shows it. Otherwise `Origin` and
//! `Sec-Fetch-Site` do. Cookies alone do not: they ignore ports, so a page of any other local service counts as the
//! same site.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use access::Door;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use subtle::ConstantTimeEq;

use super::BuiltInService;
use super::notice::{self, WayIn};
use crate::wire::{Problem, ProblemCode};

/// The secret that callers must know.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token; `None` where it could not be sent in a cookie or an address as it is.
    pub fn new(text: String) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (!text.is_empty() && text.len() <= 512 && text.bytes().all(fits)).then_some(Self(text))
    }

    /// The `Authorization` header of a request to the service at a port, in which the token itself does not stand.
    pub fn pass(&self, port: u16) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", access::pass(&self.0, port))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Compares in constant time.
    fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What the answer to an authorised request carries, for the server itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authorised;

/// Which requests a service answers.
#[derive(Debug, Clone)]
pub struct Auth {
    cookie: String,
    key: Option<(Token, Door)>,
    /// How a person gets in.
    way_in: WayIn,
    bound: IpAddr,
}

impl Auth {
    /// The rules of a service that listens on `address`. `codes`: where the launcher puts the one-time codes for it.
    pub fn new(
        service: BuiltInService,
        token: Option<Token>,
        address: SocketAddr,
        codes: Option<PathBuf>,
    ) -> Self {
        let (name, port) = (service.name(), address.port());
        let way_in = if codes.is_some() { WayIn::Launcher(name) } else { WayIn::Token(address) };
        let key = token.map(|token| {
            let door = match codes {
                Some(codes) => Door::of_launch(&token.0, codes, port),
                None => Door::alone(&token.0, name, port),
            };
            (token, door)
        });
        Self { cookie: format!("skinai_{name}_{port}"), key, way_in, bound: address.ip().to_canonical() }
    }
}

/// Passes an authorised request on and refuses any other. A code in the address, or the token, gives a cookie.
pub async fn check(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    if !auth.is_own_host(request.uri(), headers) {
        return forbidden(
            "this service does not answer to that name; use the address that the port map shows",
        );
    }
    if is_cross_origin(method, request.uri(), headers) {
        return forbidden("this request comes from another page");
    }
    let pass_on = async |request| {
        let mut response: Response = next.run(request).await;
        response.extensions_mut().insert(Authorised);
        response
    };
    let Some((token, door)) = &auth.key else { return pass_on(request).await };
    let has_cookie = || {
        CookieJar::from_headers(headers)
            .get(&auth.cookie)
            .is_some_and(|cookie| door.is_cookie(cookie.value()))
    };
    if let Some(key) = Key::of(request.uri()).filter(|_| method == Method::GET) {
        let opens = match &key {
            Key::Code(code) => door.take(code),
            Key::Token(candidate) => token.is(candidate),
        };
        // Who is in already stays in, also with a code that is used up.
        return if opens || has_cookie() {
            auth.move_to_cookie(door, request.uri())
        } else {
            auth.unauthorized(&request)
        };
    }
    let has_bearer = bearer(headers).is_some_and(|candidate| token.is(candidate) || door.is_pass(candidate));
    let known = has_bearer || has_cookie();
    if known { pass_on(request).await } else { auth.unauthorized(&request) }
}

/// What in an address opens a service.
enum Key {
    /// Made by the launcher for one time.
    Code(String),
    /// Written by a person, where no launcher makes codes.
    Token(String),
}

impl Key {
    fn of(uri: &Uri) -> Option<Self> {
        form_urlencoded::parse(uri.query()?.as_bytes()).find_map(|(name, value)| match &*name {
            "code" => Some(Self::Code(value.into_owned())),
            "token" => Some(Self::Token(value.into_owned())),
            _ => None,
        })
    }
}

impl Auth {
    /// Whether `Host` names loopback or the address that the service listens on. A service that listens on all
    /// addresses is reached by names that only its operator knows: there the token alone decides, which a page with a
    /// rebound name does not have.
    fn is_own_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        if self.bound.is_unspecified() {
            return true;
        }
        let Some(authority) = authority(uri, headers).filter(is_host_and_port) else { return false };
        let host = authority.host().to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        if host == "localhost" || host.ends_with(".localhost") {
            return true;
        }
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let address = match in_brackets {
            Some(address) => address.parse().map(IpAddr::V6),
            None => host.parse().map(IpAddr::V4),
        };
        address.is_ok_and(|ip| ip.to_canonical().is_loopback() || ip.to_canonical() == self.bound)
    }

    /// Redirects to the same address without code and token, and gives the cookie.
    fn move_to_cookie(&self, door: &Door, uri: &Uri) -> Response {
        let rest: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                    .filter(|(name, _)| name != "code" && name != "token"),
            )
            .finish();
        // A path with two slashes in front would be another site's address, and browsers read `\` as a slash.
        let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
        let target = if rest.is_empty() { path } else { format!("{path}?{rest}") };
        // `Strict` would keep the cookie from a page that is reached from a file.
        let cookie = Cookie::build((self.cookie.clone(), door.cookie()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax);
        (CookieJar::new().add(cookie), Redirect::to(&target)).into_response()
    }

    /// Answers the API with a `Problem` and a browser with a page.
    fn unauthorized(&self, request: &Request) -> Response {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        let path = request.uri().path();
        if path.starts_with("/v1/") || path == "/openapi.json" {
            let message =
                format!("the key is missing, or of an earlier launch; for the page: {}", self.way_in.said());
            return (challenge, Problem::new(ProblemCode::Unauthorized, message)).into_response();
        }
        let page = notice::key_needed(request.headers(), &self.way_in);
        (StatusCode::UNAUTHORIZED, challenge, page).into_response()
    }
}

/// Whether an authority is a host, with or without a port: no user, and nothing else behind the host.
fn is_host_and_port(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| {
        let number = port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok());
        port.is_empty() || number.is_some_and(|number| port == format!(":{number}"))
    })
}

fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok()?.parse().ok(),
        (None, _) => uri.authority().cloned(),
        _ => None,
    }
}

/// Whether a browser sends the request for a page of another origin. A link to one of our pages is allowed.
fn is_cross_origin(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && headers.contains_key(header::ORIGIN) {
        let origin = text(header::ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
        let (origin, ours) = (origin.and_then(|origin| origin.authority().cloned()), authority(uri, headers));
        return origin.is_none() || origin != ours;
    }
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    !safe && matches!(site, Some("cross-site" | "same-site"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn forbidden(message: &str) -> Response {
    Problem::new(ProblemCode::Forbidden, message).into_response()
}
