//! Parses the form that is sent to be measured: a photo, what is marked in it, and a note.

use axum::body::{Body, Bytes};
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::serve::{ARRIVAL_TIMEOUT, PHOTO_BYTES_MAX, is_over_limit, too_large};
use crate::wire::{Problem, ProblemCode, Selection};

/// A part with marks holds a few numbers.
const MARKS_BYTES_MAX: usize = 4096;
/// The length of a note, in characters.
const NOTE_CHARS_MAX: usize = 200;

/// The parsed form.
#[derive(Debug)]
pub struct Upload {
    /// The file.
    pub photo: Bytes,
    /// What was marked.
    pub selection: Selection,
    /// The user's note.
    pub note: Option<String>,
}

#[derive(Default)]
struct Parts {
    photo: Option<Bytes>,
    selection: Option<Selection>,
    region: Option<crate::wire::Region>,
    surround: Option<crate::wire::Region>,
    card: Option<crate::wire::Card>,
    scale: Option<crate::wire::Scale>,
    note: Option<String>,
}

impl Upload {
    /// Reads a `multipart/form-data` request.
    pub async fn read(request: Request) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let too_slow =
            |_| Problem::new(ProblemCode::TooSlow, "the photo did not arrive in time; send it again");
        let body = timeout(ARRIVAL_TIMEOUT, body.collect()).await.map_err(too_slow)?;
        let body = body.map_err(unreadable)?.to_bytes();
        let request = Request::from_parts(head, Body::from(body));
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data"));
        if !is_form {
            let message =
                "send the photo and what is marked as multipart/form-data; /openapi.json describes the parts";
            return Err(bad(message));
        }
        let mut form =
            Multipart::from_request(request, &()).await.map_err(|rejection| bad(rejection.body_text()))?;
        let mut parts = Parts::default();
        while let Some(field) = form.next_field().await.map_err(cut_off)? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(cut_off)?;
            parts.add(&name, bytes)?;
        }
        parts.finish()
    }
}

impl Parts {
    fn add(&mut self, name: &str, bytes: Bytes) -> Result<(), Problem> {
        match name {
            "photo" if bytes.len() > PHOTO_BYTES_MAX => Err(too_large()),
            "photo" => put(name, &mut self.photo, bytes),
            "note" => put(name, &mut self.note, note(&bytes)?),
            "selection" => put(name, &mut self.selection, json(name, &bytes)?),
            "region" => put(name, &mut self.region, json(name, &bytes)?),
            "surround" => put(name, &mut self.surround, json(name, &bytes)?),
            "card" => put(name, &mut self.card, json(name, &bytes)?),
            "scale" => put(name, &mut self.scale, json(name, &bytes)?),
            other => {
                let other: String = other.chars().take(40).collect();
                Err(bad(format!(
                    "there is no part {other:?}; the parts are photo, selection, note, or instead of selection: region, \
                     surround, card, scale"
                )))
            }
        }
    }

    fn finish(self) -> Result<Upload, Problem> {
        let photo = self.photo.ok_or_else(|| bad("the part photo is missing"))?;
        let in_parts = self.surround.is_some() || self.card.is_some() || self.scale.is_some();
        let selection = match (self.selection, self.region) {
            (Some(selection), None) if !in_parts => selection,
            (None, Some(region)) => {
                Selection { region, surround: self.surround, card: self.card, scale: self.scale }
            }
            (None, None) => {
                return Err(bad("the part selection (or region) is missing: mark what to measure"));
            }
            (Some(_), _) => {
                return Err(bad("send either selection or region, surround, card and scale, not both"));
            }
        };
        Ok(Upload { photo, selection, note: self.note.filter(|note| !note.is_empty()) })
    }
}

fn put<T>(name: &str, slot: &mut Option<T>, value: T) -> Result<(), Problem> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(bad(format!("the part {name} was sent twice"))),
    }
}

fn json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.len() > MARKS_BYTES_MAX {
        return Err(bad(format!("the part {name} has more than {MARKS_BYTES_MAX} bytes")));
    }
    serde_json::from_slice(bytes).map_err(|error| bad(format!("the part {name} is not of its form: {error}")))
}

fn note(bytes: &[u8]) -> Result<String, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad("the part note is not text in UTF-8"))?.trim();
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(bad(format!("the note has more than {NOTE_CHARS_MAX} characters; make it shorter")));
    }
    Ok(text.to_owned())
}

/// The answer to a request whose body cannot be read.
fn unreadable(error: axum::Error) -> Problem {
    if is_over_limit(&error) { too_large() } else { bad("the request was cut off; send it again") }
}

fn cut_off(error: MultipartError) -> Problem {
    bad(format!("the form is not of its form: {}", error.body_text()))
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::BadRequest, message)
}
