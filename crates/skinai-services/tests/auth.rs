//! Who may ask: token, Host, Origin, and the headers on every answer.

mod common;

use std::net::IpAddr;

use access::Door;
use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use common::http::*;
use rust_embed::RustEmbed;
use skinai_services::pages;
use skinai_services::serve::{Auth, BuiltInService, Token, Upstream, guarded, page_service};
use skinai_services::wire::ProblemCode;

const SECRET: &str = "s3cret-Token_1.x~";

#[derive(RustEmbed)]
#[folder = "tests/page"]
struct Files;

#[derive(RustEmbed)]
#[folder = "tests/no-such-page"]
#[allow_missing = true]
struct NoFiles;

fn page(token: Option<Token>, bound: &str) -> Router {
    guarded(
        BuiltInService::Ui,
        page_service::<Files>(),
        Auth::new(
            BuiltInService::Ui,
            token,
            (bound.parse::<IpAddr>().expect("an address"), 8001).into(),
            None,
        ),
    )
}

/// The page of a service that was launched, its codes, and the same service after a restart.
fn launched(port: u16) -> (Router, Door, Router, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let codes = folder.path().to_owned();
    let page = || {
        let address = (LOCALHOST.ip(), port).into();
        let auth = Auth::new(BuiltInService::Ui, token(SECRET), address, Some(codes.clone()));
        guarded(BuiltInService::Ui, page_service::<Files>(), auth)
    };
    let (app, again) = (page(), page());
    (app, Door::of_launch(SECRET, codes, port), again, folder)
}

/// What of an address is after the host.
fn path(address: &str) -> &str {
    address.split_once("8001").expect("a port").1
}

async fn status(app: &Router, method: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = axum::http::Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(app, request.body(Body::empty()).expect("a request")).await.status
}

#[tokio::test]
async fn only_who_knows_the_token_is_answered() {
    let app = page(token(SECRET), "127.0.0.1");
    let host = ("host", "127.0.0.1:8001");
    let right = format!("Bearer {SECRET}");
    let value = Door::alone(SECRET, "ui", 8001).cookie();
    let cookie = format!("other=1; skinai_ui_8001={value}");
    for header in [("authorization", right.as_str()), ("cookie", cookie.as_str())] {
        assert_eq!(status(&app, "GET", &[host, header]).await, StatusCode::OK, "{header:?}");
    }
    let foreign = format!("skinai_admin_8001={value}");
    let old = format!("skinai_ui={SECRET}; skinai_ui_8001={SECRET}");
    let longer = format!("Bearer {SECRET}x");
    for header in [
        ("authorization", "Bearer wrong"),
        ("authorization", longer.as_str()),
        ("authorization", SECRET),
        ("cookie", foreign.as_str()),
        ("cookie", old.as_str()),
        ("cookie", "skinai_ui_8001="),
        ("x-nothing", ""),
    ] {
        assert_eq!(status(&app, "GET", &[host, header]).await, StatusCode::UNAUTHORIZED, "{header:?}");
    }
    assert_eq!(get(&app, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_token_of_an_address_gives_a_cookie_and_leaves_the_address() {
    let app = page(token(SECRET), "127.0.0.1");
    let answer = get(&app, &format!("/?a=1&token={SECRET}&b=x%20y")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/?a=1&b=x+y");
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.starts_with("skinai_ui_8001=") && !cookie.contains(SECRET), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Domain"), "for this host alone: {cookie}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let elsewhere = get(&app, &format!("//example.com/?token={SECRET}")).await;
    assert_eq!(elsewhere.header(header::LOCATION), "/example.com/");
    let backslash = get(&app, &format!("/\\/example.com/?token={SECRET}")).await;
    assert_eq!(backslash.header(header::LOCATION), "/example.com/");
    let wrong = get(&app, "/?token=wrong").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.headers.get(header::SET_COOKIE).is_none());
}

#[tokio::test]
async fn a_code_opens_once_and_gives_a_cookie_that_outlives_the_service_but_not_the_launch() {
    let (app, door, again, _folder) = launched(8001);
    let entrance = door.make_entrance("http://127.0.0.1:8001/?a=1").expect("a code");
    let answer = get(&app, path(&entrance.address)).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/?a=1"));
    let cookie = answer.header(header::SET_COOKIE).split(';').next().expect("a cookie").to_owned();
    let with = |cookie: &str, path: &str| {
        let request = request("GET", path).header(header::COOKIE, cookie);
        request.body(Body::empty()).expect("a request")
    };
    for app in [&app, &again] {
        assert_eq!(get(app, path(&entrance.address)).await.status, StatusCode::UNAUTHORIZED, "it is used up");
        assert_eq!(ask(app, with(&cookie, "/")).await.status, StatusCode::OK);
        // As by a button that goes back.
        assert_eq!(ask(app, with(&cookie, path(&entrance.address))).await.status, StatusCode::SEE_OTHER);
    }
    let (of_another_launch, ..) = launched(8001);
    let answer = ask(&of_another_launch, with(&cookie, "/")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text().contains("skinai open ui"), "{}", answer.text());
    let (at_another_port, ..) = launched(8002);
    assert_eq!(ask(&at_another_port, with(&cookie, "/")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_api_refuses_in_json_and_a_page_in_words() {
    let app = page(token(SECRET), "127.0.0.1");
    get(&app, "/v1/measurements").await.refused(ProblemCode::Unauthorized);
    let answer = get(&app, "/").await;
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"));
    assert!(!answer.text().contains(SECRET));
}

#[tokio::test]
async fn who_has_no_key_is_told_in_the_browsers_language_how_to_get_in() {
    let (launched, ..) = launched(8001);
    let alone = page(token(SECRET), "127.0.0.1");
    for (accepted, language, title) in [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Schlüssel nötig"),
        ("en-GB,en;q=0.9,de;q=0.8", "en", "Key needed"),
        ("fr,de;q=0.5", "de", "Schlüssel nötig"),
        ("fr", "en", "Key needed"),
    ] {
        for (app, way_in) in [(&launched, "skinai open ui"), (&alone, "skinai token")] {
            let request = request("GET", "/").header(header::ACCEPT_LANGUAGE, accepted);
            let text = ask(app, request.body(Body::empty()).expect("a request")).await.text();
            let says = |part: &str| assert!(text.contains(part), "{accepted}: {part} is not in {text}");
            says(&format!("<html lang=\"{language}\">"));
            says(&format!("<h1>{title}</h1>"));
            says(&format!("<code>{way_in}</code>"));
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
    let style = get(&launched, "/notice.css").await;
    assert_eq!(
        (style.status, style.header(header::CONTENT_TYPE)),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(style.text().contains("light-dark("), "it is light and dark as the pages are");
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_turned_away() {
    let app = page(None, "127.0.0.1");
    for host in ["127.0.0.1:8001", "localhost", "LOCALHOST:1", "[::1]:8001", "ui.localhost:8001", "127.8.8.8"]
    {
        assert_eq!(status(&app, "GET", &[("host", host)]).await, StatusCode::OK, "{host}");
    }
    let others = ["evil.example", "localhost.evil.example", "10.0.0.1", "169.254.169.254:8001", ""];
    let malformed = [
        "localhost:8001.evil.example",
        "evil.example@localhost:8001",
        "@localhost",
        "localhost:8001,evil.example",
        "localhost:08001",
        "localhost:+8001",
        "localhost:65536",
        "localhost:",
        "localhost..",
        "[localhost]",
        "[127.0.0.1]",
        "[::1]evil.example",
    ];
    for host in others.into_iter().chain(malformed) {
        assert_eq!(status(&app, "GET", &[("host", host)]).await, StatusCode::FORBIDDEN, "{host}");
    }
    assert_eq!(status(&app, "GET", &[]).await, StatusCode::FORBIDDEN);
    let bound = page(token(SECRET), "192.0.2.7");
    let bearer = format!("Bearer {SECRET}");
    let with = |host: &'static str| [("host", host), ("authorization", bearer.as_str())];
    assert_eq!(status(&bound, "GET", &with("192.0.2.7:8001")).await, StatusCode::OK);
    assert_eq!(status(&bound, "GET", &with("192.0.2.8:8001")).await, StatusCode::FORBIDDEN);
    let everywhere = page(token(SECRET), "0.0.0.0");
    assert_eq!(status(&everywhere, "GET", &with("skin.example")).await, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = backend(None).0;
    let host = ("host", "127.0.0.1:8000");
    for foreign in [
        ("origin", "http://evil.example"),
        ("origin", "http://127.0.0.1:3000"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(status(&app, "POST", &[host, foreign]).await, StatusCode::FORBIDDEN, "{foreign:?}");
        assert_eq!(status(&app, "DELETE", &[host, foreign]).await, StatusCode::FORBIDDEN, "{foreign:?}");
        assert_eq!(status(&app, "GET", &[host, foreign]).await, StatusCode::NOT_FOUND, "{foreign:?}");
    }
    for own in [("origin", "http://127.0.0.1:8000"), ("sec-fetch-site", "same-origin"), ("x-nothing", "")] {
        assert_ne!(status(&app, "POST", &[host, own]).await, StatusCode::FORBIDDEN, "{own:?}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_safe_headers() {
    let app = page(token(SECRET), "127.0.0.1");
    for path in ["/health", "/", "/v1/nothing"] {
        let answer = get(&app, path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
    }
}

#[tokio::test]
async fn files_of_a_page_are_served_with_their_types() {
    let app = page(None, "127.0.0.1");
    let index = get(&app, "/").await;
    assert_eq!(index.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(index.header(header::CACHE_CONTROL), "no-cache");
    let script = get(&app, "/assets/index-1a.js").await;
    assert_eq!(script.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert!(script.header(header::CACHE_CONTROL).contains("immutable"));
    for path in ["/nothing", "/assets/", "/../Cargo.toml", "/assets/%2e%2e/index.html"] {
        assert_eq!(get(&app, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let without = guarded(
        BuiltInService::Ui,
        page_service::<NoFiles>(),
        Auth::new(BuiltInService::Ui, None, LOCALHOST, None),
    );
    let answer = get(&without, "/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("cargo xtask pages"));
}

#[test]
fn a_token_is_never_printed() {
    assert!(!format!("{:?}", token(SECRET)).contains(SECRET));
    let upstream = Upstream::new("http://127.0.0.1:1".parse().expect("an address"), token(SECRET));
    assert!(!format!("{upstream:?}").contains(SECRET));
    drop(pages::ui(upstream));
    for text in ["", "a b", "a;b", "a\"b", "ä"] {
        assert!(Token::new(text.to_owned()).is_none(), "{text}");
    }
}
