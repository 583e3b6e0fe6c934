//! Reads the text, and checks what concerns the stack as a whole.

use std::ops::Range;
use std::path::Path;

use contract::plain;
use indexmap::IndexMap;

use crate::raw::RawStack;
use crate::{Stack, StackFileError};

const DEFAULT_RANGE: &str = "8000-9000";
/// A bound on what one launcher supervises.
const SERVICES_MAX: usize = 500;

pub(crate) fn parse(text: &str, path: Option<&Path>) -> Result<Stack, StackFileError> {
    let raw: RawStack = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        StackFileError::at(text, path, span, in_plain_words(&error.message().replace('\n', " ")))
    })?;
    let absolute = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    Checker { text, path, absolute: absolute.as_deref() }.stack(raw)
}

/// What the reader of TOML calls a sequence or a string is not what people call it.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected a sequence", "expected a list like [\"one\", \"two\"]")
        .replace("expected a string", "expected a text in quotes, as \"5s\"")
        .replace("missing field `name`", "it begins with the name of the stack: name = \"My stack\"")
        .replace("missing field `service`", "it names no service: add [service.web] with a command = [\"…\"]")
}

/// Checks one text; an error says where in it.
pub(super) struct Checker<'a> {
    pub(super) text: &'a str,
    /// As it was named, for messages.
    pub(super) path: Option<&'a Path>,
    /// From the root on, wherever this process stands later.
    pub(super) absolute: Option<&'a Path>,
}

impl Checker<'_> {
    pub(super) fn wrong<T>(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Result<T, StackFileError> {
        Err(StackFileError::at(self.text, self.path, span, message))
    }

    fn stack(&self, raw: RawStack) -> Result<Stack, StackFileError> {
        let name = plain(raw.name.get_ref().trim()).into_owned();
        if name.is_empty() {
            return self.wrong(raw.name.span(), "the stack needs a name");
        }
        let ports = match &raw.ports {
            Some(range) => self.range(range)?,
            None => match DEFAULT_RANGE.parse() {
                Ok(range) => range,
                Err(_) => unreachable!("a constant"),
            },
        };
        let span = raw.service.span();
        let raw_services = raw.service.into_inner();
        if raw_services.is_empty() {
            return self.wrong(span, "the stack has no service: add a [service.NAME] with a command");
        }
        if raw_services.len() > SERVICES_MAX {
            return self.wrong(span, format!("at most {SERVICES_MAX} services fit in one stack"));
        }
        let with_port: Vec<String> = raw_services
            .iter()
            .filter(|(_, service)| service.port.is_some())
            .map(|(name, _)| name.get_ref().clone())
            .collect();
        self.check_names(&raw_services)?;
        self.check_needs(&raw_services)?;
        let mut services = IndexMap::new();
        for (name, service) in raw_services {
            let checked = self.service(name.get_ref(), name.span(), service, &with_port)?;
            services.insert(name.into_inner(), checked);
        }
        Ok(Stack {
            name,
            ports,
            on_conflict: raw.on_conflict,
            sticky: raw.sticky.unwrap_or(true),
            services,
            path: self.absolute.map(Path::to_owned),
        })
    }
}
