//! The pages' services in front of the backend.

mod common;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::any;
use common::http::*;
use common::*;
use skinai_services::pages;
use skinai_services::serve::{Auth, BuiltInService, PHOTO_BYTES_MAX, Upstream, guarded};
use skinai_services::wire::{Measurement, MeasurementPage, ProblemCode, Stats};

const SECRET: &str = "between-us";

fn upstream(url: &str, secret: Option<&str>) -> Upstream {
    Upstream::new(url.parse().expect("an address"), secret.and_then(token))
}

fn user_page(url: &str) -> Router {
    let routes = pages::ui(upstream(url, Some(SECRET)));
    guarded(BuiltInService::Ui, routes, Auth::new(BuiltInService::Ui, None, LOCALHOST, None))
}

#[tokio::test]
async fn a_photo_is_measured_through_the_page_s_own_service_with_the_backend_s_token() {
    let (backend, _folder) = backend(token(SECRET));
    let address = listen(backend).await;
    let app = user_page(&format!("http://{address}"));
    let answer = post(&app, &real_photo(), &only(region(195, 128, 15, 12))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let measurement: Measurement = answer.json();
    let page: MeasurementPage = get(&app, "/v1/measurements?limit=1").await.json();
    assert_eq!(page.measurements, std::slice::from_ref(&measurement));
    let picture = get(&app, &format!("/v1/measurements/{}/thumbnail", measurement.id)).await;
    assert_eq!(picture.header(header::CONTENT_TYPE), "image/jpeg");
    post(&app, b"no photo", &only(region(0, 0, 9, 9))).await.refused(ProblemCode::NotAPhoto);
    assert_eq!(
        delete(&app, &format!("/v1/measurements/{}", measurement.id)).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn photos_of_every_size_go_through_the_page_s_own_service() {
    let (backend, _folder) = backend(token(SECRET));
    let app = user_page(&format!("http://{}", listen(backend).await));
    let picture = flat(120, 120, [200, 150, 120]);
    let mark = only(region(5, 5, 40, 40));
    for size in [2_000_000, 2 << 20, 4_000_000, 12_000_000, 40_000_000, PHOTO_BYTES_MAX] {
        let answer = post(&app, &jpeg_of_length(size, &picture), &mark).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{size}: {}", answer.text());
    }
    for size in [PHOTO_BYTES_MAX + 1, 2 * PHOTO_BYTES_MAX] {
        post(&app, &jpeg_of_length(size, &picture), &mark).await.refused(ProblemCode::TooLarge);
    }
}

#[tokio::test]
async fn the_dashboard_sees_the_figures_and_nothing_else() {
    let (backend, _folder) = backend(token(SECRET));
    let address = listen(backend).await;
    let routes = pages::admin(upstream(&format!("http://{address}"), Some(SECRET)));
    let app = guarded(BuiltInService::Admin, routes, Auth::new(BuiltInService::Admin, None, LOCALHOST, None));
    assert_eq!(get(&app, "/v1/stats").await.json::<Stats>().requests.total, 0);
    get(&app, "/v1/measurements").await.refused(ProblemCode::NotFound);
}

#[tokio::test]
async fn a_backend_that_is_down_is_told_in_words() {
    let closed =
        std::net::TcpListener::bind((LOCALHOST.ip(), 0)).expect("a port").local_addr().expect("an address");
    let app = user_page(&format!("http://{closed}"));
    let problem = get(&app, "/v1/measurements").await.refused(ProblemCode::BackendUnreachable);
    assert!(problem.message.contains("backend"));
}

#[tokio::test]
async fn cookies_keys_and_hop_by_hop_headers_stay_between_their_two_ends() {
    let seen = |headers: HeaderMap| async move {
        let names: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().expect("text"))).collect();
        (
            [(header::SET_COOKIE, "a=b"), (header::CONNECTION, "x-hop"), (header::ETAG, "\"1\"")],
            names.join("\n"),
        )
    };
    let address = listen(Router::new().fallback(any(seen))).await;
    let app = user_page(&format!("http://{address}/base/"));
    let request = request("GET", "/v1/x")
        .header(header::COOKIE, "skinai_ui=secret")
        .header(header::AUTHORIZATION, "Bearer mine")
        .header(header::CONNECTION, "x-private")
        .header("x-private", "1")
        .header("x-kept", "1")
        .body(Body::empty());
    let answer = ask(&app, request.expect("a request")).await;
    let text = answer.text();
    assert!(text.contains("x-kept=1") && text.contains(&format!("host={address}")), "{text}");
    assert!(
        text.contains("authorization=Bearer ") && !text.contains(SECRET),
        "not to whoever listens: {text}"
    );
    for gone in ["cookie", "Bearer mine", "x-private", "connection"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
    assert_eq!(answer.header(header::ETAG), "\"1\"");
}
