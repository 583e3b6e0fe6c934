//! Pages of a few sentences, for whoever does not get the page: they look as it does, in the browser's language.

use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse};

/// Where the pages' style is. It says nothing of anybody, so that everybody gets it.
pub const STYLE: &str = "/notice.css";

/// A language that there are such pages in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoticeLanguage {
    English,
    German,
}

impl NoticeLanguage {
    /// The first one of those that a browser asks for, which it names in the order in which it wants them.
    fn of(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let known = |tag: &str| match tag.trim().split(['-', ';']).next()? {
            language if language.eq_ignore_ascii_case("de") => Some(Self::German),
            language if language.eq_ignore_ascii_case("en") => Some(Self::English),
            _ => None,
        };
        wanted.split(',').find_map(known).unwrap_or(Self::English)
    }
}

/// How a person gets into a service's page.
#[derive(Debug, Clone)]
pub enum WayIn {
    /// A launcher makes codes for the service of this name.
    Launcher(&'static str),
    /// With the token, once, at this address.
    Token(std::net::SocketAddr),
}

impl WayIn {
    /// It, as a sentence goes on with it.
    pub fn said(&self) -> String {
        match self {
            Self::Launcher(name) => {
                format!("open it again from the tray icon, or with the command skinai open {name}")
            }
            Self::Token(address) => {
                format!(
                    "open it once as http://{address}/?token=TOKEN, with what the command skinai token prints"
                )
            }
        }
    }

    fn html(&self, language: NoticeLanguage) -> String {
        match (self, language) {
            (Self::Launcher(name), NoticeLanguage::English) => format!(
                "<ul><li>Open the menu of the tray icon, and there this page.</li>\
                 <li>Or run <code>skinai open {name}</code> in a terminal.</li></ul>"
            ),
            (Self::Launcher(name), NoticeLanguage::German) => format!(
                "<ul><li>Öffnen Sie das Menü des Symbols in der Leiste, und darin diese Seite.</li>\
                 <li>Oder rufen Sie in einem Terminal <code>skinai open {name}</code> auf.</li></ul>"
            ),
            (Self::Token(address), NoticeLanguage::English) => format!(
                "<p>Open it once as <code>http://{address}/?token=TOKEN</code>, where <code>TOKEN</code> is what \
                 <code>skinai token</code> prints in a terminal.</p>"
            ),
            (Self::Token(address), NoticeLanguage::German) => format!(
                "<p>Öffnen Sie sie einmal als <code>http://{address}/?token=TOKEN</code>, wobei <code>TOKEN</code> das \
                 ist, was <code>skinai token</code> in einem Terminal ausgibt.</p>"
            ),
        }
    }
}

/// Says that the page needs a key, and how to get one.
pub fn key_needed(headers: &HeaderMap, way_in: &WayIn) -> Html<String> {
    let language = NoticeLanguage::of(headers);
    let (title, why) = match language {
        NoticeLanguage::English => (
            "Key needed",
            "This page opens only for you. This browser has no key for it, or one of an earlier launch.",
        ),
        NoticeLanguage::German => (
            "Schlüssel nötig",
            "Diese Seite öffnet sich nur für Sie. Dieser Browser hat keinen Schlüssel für sie, oder einen von einem \
             früheren Start.",
        ),
    };
    filled(language, title, &format!("<p>{why}</p>{}", way_in.html(language)))
}

/// A page of one sentence. Title and text are not escaped.
pub fn plain(title: &str, text: &str) -> Html<String> {
    filled(NoticeLanguage::English, title, &format!("<p>{text}</p>"))
}

fn filled(language: NoticeLanguage, title: &str, text: &str) -> Html<String> {
    let tag = match language {
        NoticeLanguage::English => "en",
        NoticeLanguage::German => "de",
    };
    let page = include_str!("notice/notice.html").replace("{language}", tag).replace("{title}", title);
    Html(page.replace("{text}", text))
}

/// The style: the pages' own tokens, and what these few sentences need beyond them.
pub async fn style() -> impl IntoResponse {
    let style = concat!(
        include_str!("../../../../ui/src/lib/tokens.css"),
        include_str!("../../../../ui/src/lib/base.css"),
        include_str!("notice/notice.css")
    );
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style)
}
