//! `{port}`, `{host}`, `{url}`, `{NAME.port}`, `{NAME.host}`, `{NAME.url}` and `{env.NAME}` in commands and variables.
//! NAME is a service, one of its named ports as `SERVICE.PORT`, or a named port of the service itself.

use std::net::SocketAddr;

use indexmap::IndexMap;

/// A text in which addresses are filled in when a service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// What there is of a port: the main one or the named one, of the service itself or of the named one.
    Field {
        service: Option<String>,
        port: Option<String>,
        field: Field,
    },
    /// A variable of whoever launches, until it is [resolved](Template::resolve).
    Variable {
        name: String,
        default: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Port,
    Host,
    Url,
}

/// Where the services of a stack are, for filling in a [`Template`].
pub trait Addresses {
    /// Where a service listens, or is told to, by its main port or by the named one.
    fn address(&self, service: &str, port: Option<&str>) -> Option<SocketAddr>;
}

/// The services that have a port, with the names of their other ports.
pub type KnownPorts = IndexMap<String, Vec<String>>;

impl Template {
    /// A text in which nothing is filled in.
    pub fn literal(text: String) -> Self {
        Self { parts: vec![Part::Text(text)] }
    }

    /// The text, where nothing is to be filled in.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// It with each `{env.NAME}` replaced by what this says of name and default.
    pub(crate) fn resolve(
        mut self,
        value: impl Fn(&str, Option<&str>) -> Result<String, String>,
    ) -> Result<Self, String> {
        for part in &mut self.parts {
            if let Part::Variable { name, default } = part {
                *part = Part::Text(value(name, default.as_deref())?);
            }
        }
        Ok(self)
    }

    /// Reads a template of the service `own`, or of none. Braces around anything but a name stay as they are, so JSON can be written
    /// plainly; `{{name}}` is the literal `{name}`.
    ///
    /// # Errors
    /// What is wrong with it: a name in braces that means nothing.
    pub fn parse(text: &str, own: Option<&str>, known: &KnownPorts) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            literal.push_str(&rest[..open]);
            let after = &rest[open + 1..];
            let doubled = after.strip_prefix('{').and_then(|inner| {
                let close = inner.find("}}")?;
                is_reference(&inner[..close]).then_some((&inner[..close], &inner[close + 2..]))
            });
            if let Some((name, tail)) = doubled {
                literal.push_str(&format!("{{{name}}}"));
                rest = tail;
                continue;
            }
            match after.find('}') {
                Some(close) if is_reference(&after[..close]) => {
                    let part = reference(&after[..close], own, known)?;
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(part);
                    rest = &after[close + 1..];
                }
                _ => {
                    literal.push('{');
                    rest = after;
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// The text with every address filled in; `own` is the service it belongs to.
    pub fn fill(&self, own: &str, addresses: &impl Addresses) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable { default, .. } => text.push_str(default.as_deref().unwrap_or_default()),
                Part::Field { service, port, field } => {
                    let name = service.as_deref().unwrap_or(own);
                    // A service without a port has no address to fill in; checked when the file is read.
                    let Some(address) = addresses.address(name, port.as_deref()) else { continue };
                    let host = ports::reachable(address.ip()).to_string();
                    match field {
                        Field::Port => text.push_str(&address.port().to_string()),
                        // The one that it is to bind.
                        Field::Host if service.is_none() => text.push_str(&address.ip().to_string()),
                        Field::Host => text.push_str(&host),
                        Field::Url => text.push_str(&url(&host, address.port())),
                    }
                }
            }
        }
        text
    }

    /// The other services that it names.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { service, .. } => service.as_deref(),
            Part::Text(_) | Part::Variable { .. } => None,
        })
    }
}

/// `http://host:port`, with the brackets that an IPv6 address needs.
pub fn url(host: &str, port: u16) -> String {
    if host.contains(':') { format!("http://[{host}]:{port}") } else { format!("http://{host}:{port}") }
}

pub(crate) fn is_reference(text: &str) -> bool {
    let text = text.split_once(":-").filter(|_| text.starts_with("env.")).map_or(text, |(name, _)| name);
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn reference(text: &str, own: Option<&str>, known: &KnownPorts) -> Result<Part, String> {
    if let Some(variable) = text.strip_prefix("env.") {
        let (name, default) =
            variable.split_once(":-").map_or((variable, None), |(name, default)| (name, Some(default)));
        let is_address = matches!(name, "port" | "host" | "url") && known.contains_key("env");
        if !is_address && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Ok(Part::Variable { name: name.to_owned(), default: default.map(str::to_owned) });
        }
    }
    let (name, field) = match text.rsplit_once('.') {
        Some((name, field)) => (Some(name), field),
        None => (None, text),
    };
    let field = match field {
        "port" => Field::Port,
        "host" => Field::Host,
        "url" => Field::Url,
        _ => {
            return Err(format!(
                "`{{{text}}}` means nothing here: write {{port}}, {{host}}, {{url}}, {{NAME.port}}, {{NAME.host}} or \
                 {{NAME.url}} with NAME one of {}, {{env.VARIABLE}}, or {{{{{text}}}}} for the text itself",
                names(known)
            ));
        }
    };
    let own = own.filter(|own| known.contains_key(*own));
    let has =
        |service: &str, port: &str| known.get(service).is_some_and(|ports| ports.iter().any(|it| it == port));
    let (service, port) = match name {
        None if own.is_some() => (None, None),
        None => {
            return Err(format!(
                "`{{{text}}}` needs a port, and this service has none: add port = {{ env = \"…_PORT\" }}"
            ));
        }
        Some(_) if known.is_empty() => {
            return Err(format!(
                "`{{{text}}}` names no service with a port: no service has one, until it is given port = {{ env = \"…_PORT\" }}"
            ));
        }
        Some(service) if known.contains_key(service) => (Some(service), None),
        Some(port) if own.is_some_and(|own| has(own, port)) => (None, Some(port)),
        Some(name) => match name.split_once('.').filter(|(service, port)| has(service, port)) {
            Some((service, port)) => (Some(service), Some(port)),
            None => {
                let names = names(known);
                return Err(format!("`{{{text}}}` names no service with a port: NAME may be one of {names}"));
            }
        },
    };
    Ok(Part::Field { service: service.map(str::to_owned), port: port.map(str::to_owned), field })
}

/// All that NAME may be, in any service.
fn names(known: &KnownPorts) -> String {
    let of_service = |(service, ports): (&String, &Vec<String>)| {
        let ports = ports.iter().map(|port| format!("{service}.{port}"));
        std::iter::once(service.clone()).chain(ports).collect::<Vec<_>>()
    };
    known.iter().flat_map(of_service).collect::<Vec<_>>().join(", ")
}
