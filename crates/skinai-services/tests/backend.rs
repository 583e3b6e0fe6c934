//! The backend's API: what it measures, keeps, lists, removes, counts and refuses.

mod common;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{StatusCode, header};
use common::http::*;
use common::*;
use skinai_services::serve::{BODY_BYTES_MAX, PHOTO_BYTES_MAX};
use skinai_services::wire::{DISCLAIMER, Measurement, MeasurementPage, ProblemCode, Reading, Stats};

fn skin() -> Vec<u8> {
    png(&flat(120, 100, LIGHT))
}

const REGION: &[u8] = br#"{"x":40,"y":30,"width":40,"height":40}"#;

#[tokio::test]
async fn the_real_photo_is_measured_kept_listed_shown_and_removed() {
    let (app, _folder) = backend(None);
    let answer = post(&app, &real_photo(), &only(region(195, 128, 15, 12))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let measurement: Measurement = answer.json();
    assert_eq!(answer.header(header::LOCATION), format!("/v1/measurements/{}", measurement.id));
    assert_eq!(measurement.disclaimer, DISCLAIMER);
    let Reading::Measured { value: redness } = measurement.results.redness else { panic!("withheld") };
    assert!((redness - 18.72).abs() < 0.005, "{redness}");

    let path = format!("/v1/measurements/{}", measurement.id);
    assert_eq!(get(&app, &path).await.json::<Measurement>(), measurement);
    let page: MeasurementPage = get(&app, "/v1/measurements").await.json();
    assert_eq!((page.total, page.next_before, page.measurements), (1, None, vec![measurement]));
    for name in ["thumbnail", "photo"] {
        let picture = get(&app, &format!("{path}/{name}")).await;
        assert_eq!(picture.header(header::CONTENT_TYPE), "image/jpeg");
        assert!(image::load_from_memory(&picture.body).is_ok());
    }
    assert_eq!(delete(&app, &path).await.status, StatusCode::NO_CONTENT);
    for answer in
        [delete(&app, &path).await, get(&app, &path).await, get(&app, &format!("{path}/photo")).await]
    {
        answer.refused(ProblemCode::NotFound);
    }
}

#[tokio::test]
async fn what_is_marked_may_be_sent_in_parts_of_its_own() {
    let (app, _folder) = backend(None);
    let photo = skin();
    let answer =
        post_form(&app, &[("photo", &photo), ("region", REGION), ("note", " on the arm ".as_bytes())]).await;
    let measurement: Measurement = answer.json();
    assert_eq!(measurement.note.as_deref(), Some("on the arm"));
    assert_eq!(measurement.selection, only(region(40, 30, 40, 40)));
}

#[tokio::test]
async fn a_long_list_comes_in_pages_newest_first() {
    let (app, _folder) = backend(None);
    let photo = skin();
    for _ in 0..5 {
        assert_eq!(
            post_form(&app, &[("photo", &photo), ("region", REGION)]).await.status,
            StatusCode::CREATED
        );
    }
    let mut ids = Vec::new();
    let mut path = "/v1/measurements?limit=2".to_owned();
    loop {
        let page: MeasurementPage = get(&app, &path).await.json();
        assert_eq!(page.total, 5);
        ids.extend(page.measurements.iter().map(|measurement| measurement.id));
        let Some(before) = page.next_before else { break };
        path = format!("/v1/measurements?limit=2&before={before}");
    }
    assert_eq!(ids, [5, 4, 3, 2, 1]);
    for query in ["limit=0", "limit=101", "limit=x", "befor=3", "before=x"] {
        get(&app, &format!("/v1/measurements?{query}")).await.refused(ProblemCode::BadRequest);
    }
}

#[tokio::test]
async fn measurements_outlive_the_process_and_an_id_is_never_used_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let routes = || {
        use skinai_services::{backend, serve};
        let routes = backend::routes(backend::Backend::new(folder.path().to_owned()));
        serve::guarded(
            serve::BuiltInService::Backend,
            routes,
            serve::Auth::new(serve::BuiltInService::Backend, None, LOCALHOST, None),
        )
    };
    let (old, photo) = (routes(), skin());
    let first: Measurement = post_form(&old, &[("photo", &photo), ("region", REGION)]).await.json();
    // Two at a time, as while a restart overlaps.
    let new = routes();
    let page: MeasurementPage = get(&new, "/v1/measurements").await.json();
    assert_eq!(page.measurements, std::slice::from_ref(&first));
    assert_eq!(delete(&new, &format!("/v1/measurements/{}", first.id)).await.status, StatusCode::NO_CONTENT);
    let second: Measurement = post_form(&old, &[("photo", &photo), ("region", REGION)]).await.json();
    assert!(second.id > first.id);
}

#[tokio::test]
async fn each_wrong_input_is_refused_with_its_own_code() {
    let (app, _folder) = backend(None);
    let photo = skin();
    let whole = only(region(0, 0, 40, 40));
    post(&app, b"this is no photo", &whole).await.refused(ProblemCode::NotAPhoto);
    post(&app, b"", &whole).await.refused(ProblemCode::NotAPhoto);
    post(&app, &photo[..photo.len() / 2], &whole).await.refused(ProblemCode::BrokenPhoto);
    post(&app, &photo, &only(region(100, 0, 40, 40))).await.refused(ProblemCode::RegionOutside);
    post(&app, &photo, &only(region(0, 0, 3, 40))).await.refused(ProblemCode::RegionTooSmall);
    let mut bomb = photo.clone();
    bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let refused = post(&app, &bomb, &whole).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());

    let cases: [&[(&str, &[u8])]; 9] = [
        &[],
        &[("photo", &photo)],
        &[("region", REGION)],
        &[("photo", &photo), ("region", b"{\"x\":1}")],
        &[("photo", &photo), ("region", br#"{"x":-1,"y":0,"width":9,"height":9}"#)],
        &[("photo", &photo), ("region", REGION), ("region", REGION)],
        &[("photo", &photo), ("region", REGION), ("selection", b"{\"region\":{}}")],
        &[("photo", &photo), ("region", REGION), ("surprise", b"!")],
        &[("photo", &photo), ("region", REGION), ("note", &[b'x'; 201])],
    ];
    for parts in cases {
        post_form(&app, parts).await.refused(ProblemCode::BadRequest);
    }
    let json = request("POST", "/v1/measurements").header(header::CONTENT_TYPE, "application/json");
    ask(&app, json.body(Body::from("{}")).expect("a request")).await.refused(ProblemCode::BadRequest);
    get(&app, "/v1/measurements/none").await.refused(ProblemCode::NotFound);
    get(&app, "/v1/nothing").await.refused(ProblemCode::NotFound);
    delete(&app, "/v1/measurements").await.refused(ProblemCode::MethodNotAllowed);
    assert_eq!(get(&app, "/v1/measurements").await.json::<MeasurementPage>().total, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let (app, _folder) = backend(None);
    let large = vec![0; BODY_BYTES_MAX];
    post_form(&app, &[("photo", &large), ("region", REGION)]).await.refused(ProblemCode::TooLarge);
}

#[tokio::test]
async fn photos_of_every_size_up_to_the_limit_are_measured() {
    const FRAMEWORK_LIMIT: usize = 2 << 20;
    let (app, _folder) = backend(None);
    let picture = flat(120, 120, [200, 150, 120]);
    let sizes = [FRAMEWORK_LIMIT - 4096, FRAMEWORK_LIMIT, 4_000_000, 12_000_000, 40_000_000, PHOTO_BYTES_MAX];
    for size in sizes {
        let photo = jpeg_of_length(size, &picture);
        assert_eq!(photo.len(), size);
        let answer = post_form(&app, &[("photo", &photo), ("region", REGION)]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{size}: {}", answer.text());
    }
    for size in [PHOTO_BYTES_MAX + 1, PHOTO_BYTES_MAX + (1 << 20)] {
        let photo = jpeg_of_length(size, &picture);
        let refused = post_form(&app, &[("photo", &photo), ("region", REGION)]).await;
        let problem = refused.refused(ProblemCode::TooLarge);
        assert!(problem.message.contains("48 MiB"), "{}", problem.message);
    }
}

#[tokio::test]
async fn storage_that_cannot_be_reached_is_told_and_comes_back_by_itself() {
    let (app, folder) = backend(None);
    let data = folder.path().join("data");
    std::fs::write(&data, "in the way").expect("written");
    get(&app, "/v1/measurements").await.refused(ProblemCode::StorageUnavailable);
    assert_eq!(get(&app, "/v1/stats").await.json::<Stats>().storage, None);
    std::fs::remove_file(&data).expect("removed");
    assert_eq!(get(&app, "/v1/measurements").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_figures_are_those_of_what_was_asked() {
    let (app, _folder) = backend(None);
    let photo = skin();
    post_form(&app, &[("photo", &photo), ("region", REGION)]).await;
    get(&app, "/v1/measurements").await;
    get(&app, "/v1/nothing").await;
    get(&app, "/health").await;
    get(&app, "/v1/stats").await;
    let stats: Stats = get(&app, "/v1/stats").await.json();
    let counts = stats.requests;
    assert_eq!((counts.total, counts.client_errors, counts.server_errors, counts.in_flight), (3, 1, 0, 0));
    assert!(stats.latency.p50_us <= stats.latency.p99_us && stats.latency.max_us.is_some());
    let storage = stats.storage.expect("it can be asked");
    assert_eq!(storage.measurements, 1);
    assert!(storage.bytes > 0 && stats.uptime_seconds > 0.0);
    assert_eq!((stats.pid, stats.version.as_str()), (std::process::id(), env!("CARGO_PKG_VERSION")));
    assert_eq!(stats.recent.iter().map(|sample| sample.requests).sum::<u32>(), 3);
    #[cfg(target_os = "linux")]
    assert!(stats.memory_bytes.is_some_and(|bytes| bytes > 1 << 20));
}

#[tokio::test]
async fn the_description_names_every_address_and_every_type_that_it_uses() {
    let (app, _folder) = backend(None);
    let description: serde_json::Value = get(&app, "/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("paths");
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let routed = [
        "/health",
        "/v1/measurements",
        "/v1/measurements/{id}",
        "/v1/measurements/{id}/thumbnail",
        "/v1/stats",
    ];
    assert_eq!(described, BTreeSet::from(routed));
    for (path, methods) in paths {
        for method in methods.as_object().expect("methods").keys() {
            let answer = request(&method.to_uppercase(), &path.replace("{id}", "1")).body(Body::empty());
            let answer = ask(&app, answer.expect("a request")).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    let text = description.to_string();
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "{name}");
    }
    for name in ["Measurement", "MeasurementForm", "Results", "Problem", "Stats"] {
        assert!(schemas.contains_key(name), "{name}");
    }
}
