//! Authorises requests: by the token, and by the headers that show a page of another origin.
//!
//! A page of another site can make a browser send requests to this machine. With a name of its own that resolves to
//! this machine (DNS rebinding) it can even read the answers; the `Host` header shows it. Otherwise `Origin` and
//! `Sec-Fetch-Site` do. Cookies alone do not: they ignore ports, so a page of any other local service counts as the
//! same site.

use std::fmt;
use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use subtle::ConstantTimeEq;

use super::{BuiltInService, page};
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

    /// The `Authorization` header of a request to the backend.
    pub fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
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

/// Which requests a service answers.
#[derive(Debug, Clone)]
pub struct Auth {
    cookie: String,
    token: Option<Token>,
    bound: IpAddr,
}

impl Auth {
    /// The rules of a service that listens on `bound`.
    pub fn new(service: BuiltInService, token: Option<Token>, bound: IpAddr) -> Self {
        Self { cookie: format!("skinai_{}", service.name()), token, bound: bound.to_canonical() }
    }
}

/// Passes an authorised request on and refuses any other. A token in the address moves into a cookie.
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
    let Some(token) = &auth.token else { return next.run(request).await };
    if let Some(candidate) = token_in(request.uri()).filter(|_| method == Method::GET) {
        if token.is(&candidate) {
            return auth.move_to_cookie(token, request.uri());
        }
        return unauthorized(request.uri());
    }
    let known = bearer(headers).is_some_and(|candidate| token.is(candidate))
        || CookieJar::from_headers(headers).get(&auth.cookie).is_some_and(|cookie| token.is(cookie.value()));
    if known { next.run(request).await } else { unauthorized(request.uri()) }
}

impl Auth {
    /// Whether `Host` names loopback or the address that the service listens on. A service that listens on all
    /// addresses is reached by names that only its operator knows: there the token alone decides, which a page with a
    /// rebound name does not have.
    fn is_own_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        if self.bound.is_unspecified() {
            return true;
        }
        let host = authority(uri, headers).map(|authority| authority.host().to_ascii_lowercase());
        let Some(host) = host else { return false };
        let host = host.trim_end_matches('.');
        if host == "localhost" || host.ends_with(".localhost") {
            return true;
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok_and(|ip| ip.to_canonical().is_loopback() || ip.to_canonical() == self.bound)
    }

    /// Redirects to the same address without the token, which a cookie keeps.
    fn move_to_cookie(&self, token: &Token, uri: &Uri) -> Response {
        let rest: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(is_no_token),
            )
            .finish();
        // A path with two slashes in front would be another site's address.
        let path = format!("/{}", uri.path().trim_start_matches('/'));
        let target = if rest.is_empty() { path } else { format!("{path}?{rest}") };
        let cookie = Cookie::build((self.cookie.clone(), token.0.clone()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .permanent();
        (CookieJar::new().add(cookie), Redirect::to(&target)).into_response()
    }
}

fn is_no_token(pair: &(std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> bool {
    pair.0 != "token"
}

fn token_in(uri: &Uri) -> Option<String> {
    form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|pair| !is_no_token(pair))
        .map(|(_, value)| value.into_owned())
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

/// Answers the API with a `Problem` and a browser with a page.
fn unauthorized(uri: &Uri) -> Response {
    if uri.path().starts_with("/v1/") || uri.path() == "/openapi.json" {
        let message = "the key is missing or wrong; open the page from the tray or with `skinai open`";
        return ([(header::WWW_AUTHENTICATE, "Bearer")], Problem::new(ProblemCode::Unauthorized, message))
            .into_response();
    }
    let text = "This page needs its key. Open it from the tray icon or with the command skinai open.";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], page::plain("Key needed", text))
        .into_response()
}
