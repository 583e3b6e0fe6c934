//! `{port}`, `{host}`, `{url}`, `{NAME.port}`, `{NAME.host}`, `{NAME.url}` and `{env.NAME}` in commands and variables.
//! NAME is a service, one of its named ports as `SERVICE.PORT`, or a named port of the service itself.

use std::fmt;
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
    /// A variable of whoever launches.
    Variable {
        name: String,
        default: Option<String>,
        /// Once it is [resolved](Template::resolve).
        value: Option<String>,
    },
}

impl Part {
    /// `None` for an address that is not known. One of a service without a port is found when the file is read.
    fn fill(&self, own: &str, addresses: &impl Addresses) -> Option<String> {
        match self {
            Self::Text(literal) => Some(literal.clone()),
            Self::Variable { default, value, .. } => {
                Some(value.clone().or(default.clone()).unwrap_or_default())
            }
            Self::Field { service, port, field } => {
                let address = addresses.address(service.as_deref().unwrap_or(own), port.as_deref())?;
                let host = ports::reachable(address.ip()).to_string();
                Some(match field {
                    Field::Port => address.port().to_string(),
                    // The one that it is to bind.
                    Field::Host if service.is_none() => address.ip().to_string(),
                    Field::Host => host,
                    Field::Url => url(&host, address.port()),
                })
            }
        }
    }
}

/// As it stands in the file, but for what a variable has by default.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(literal) => f.write_str(literal),
            Self::Variable { name, .. } => write!(f, "{{env.{name}}}"),
            Self::Field { service, port, field } => {
                let field = match field {
                    Field::Port => "port",
                    Field::Host => "host",
                    Field::Url => "url",
                };
                let names = [service.as_deref(), port.as_deref(), Some(field)];
                write!(f, "{{{}}}", names.into_iter().flatten().collect::<Vec<_>>().join("."))
            }
        }
    }
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
            [Part::Text(text)] | [Part::Variable { value: Some(text), .. }] => Some(text),
            _ => None,
        }
    }

    /// It with each `{env.NAME}` filled in by what this says of name and default.
    pub(crate) fn resolve(
        mut self,
        value: impl Fn(&str, Option<&str>) -> Result<String, String>,
    ) -> Result<Self, String> {
        for part in &mut self.parts {
            if let Part::Variable { name, default, value: filled } = part {
                *filled = Some(value(name, default.as_deref())?);
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
        self.parts.iter().map(|part| part.fill(own, addresses).unwrap_or_default()).collect()
    }

    /// The same for people: a variable stands there by its name, since its value may be a secret, and so does an
    /// address that is not known.
    pub fn show(&self, own: &str, addresses: &impl Addresses) -> String {
        let show = |part: &Part| match part {
            Part::Variable { .. } => part.to_string(),
            _ => part.fill(own, addresses).unwrap_or_else(|| part.to_string()),
        };
        self.parts.iter().map(show).collect()
    }

    /// The same for the user alone, who is to judge it: with the values of variables, and the names of addresses.
    pub fn show_whole(&self) -> String {
        let show = |part: &Part| match part {
            Part::Variable { default, value, .. } => {
                value.as_ref().or(default.as_ref()).cloned().unwrap_or_default()
            }
            _ => part.to_string(),
        };
        self.parts.iter().map(show).collect()
    }

    /// Whether the main port of the service `own`, to which it belongs, is filled in.
    pub(crate) fn tells_port_of(&self, own: &str) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Field { service, port: None, field: Field::Port | Field::Url } => {
                service.as_deref().is_none_or(|service| service == own)
            }
            _ => false,
        })
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
            return Ok(Part::Variable {
                name: name.to_owned(),
                default: default.map(str::to_owned),
                value: None,
            });
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
