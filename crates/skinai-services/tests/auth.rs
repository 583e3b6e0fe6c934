//! Who may ask: token, Host, Origin, and the headers on every answer.

mod common;

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
        Auth::new(BuiltInService::Ui, token, bound.parse().expect("an address")),
    )
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
    let cookie = format!("other=1; skinai_ui={SECRET}");
    for header in [("authorization", right.as_str()), ("cookie", cookie.as_str())] {
        assert_eq!(status(&app, "GET", &[host, header]).await, StatusCode::OK, "{header:?}");
    }
    let foreign = format!("skinai_admin={SECRET}");
    let longer = format!("Bearer {SECRET}x");
    for header in [
        ("authorization", "Bearer wrong"),
        ("authorization", longer.as_str()),
        ("authorization", SECRET),
        ("cookie", foreign.as_str()),
        ("cookie", "skinai_ui="),
        ("x-nothing", ""),
    ] {
        assert_eq!(status(&app, "GET", &[host, header]).await, StatusCode::UNAUTHORIZED, "{header:?}");
    }
    assert_eq!(get(&app, "/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_token_of_an_address_goes_into_a_cookie_and_out_of_the_address() {
    let app = page(token(SECRET), "127.0.0.1");
    let answer = get(&app, &format!("/?a=1&token={SECRET}&b=x%20y")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/?a=1&b=x+y");
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.starts_with(&format!("skinai_ui={SECRET};")), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let elsewhere = get(&app, &format!("//example.com/?token={SECRET}")).await;
    assert_eq!(elsewhere.header(header::LOCATION), "/example.com/");
    let wrong = get(&app, "/?token=wrong").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.headers.get(header::SET_COOKIE).is_none());
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
async fn a_name_that_is_not_ours_is_turned_away() {
    let app = page(None, "127.0.0.1");
    for host in ["127.0.0.1:8001", "localhost", "LOCALHOST:1", "[::1]:8001", "ui.localhost:8001", "127.8.8.8"]
    {
        assert_eq!(status(&app, "GET", &[("host", host)]).await, StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "169.254.169.254:8001", ""] {
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
        Auth::new(BuiltInService::Ui, None, LOCALHOST),
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
