//! From the stack file as it is written to the one that is used.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use contract::Handoff;
use indexmap::IndexMap;
use ports::PortRange;
use toml::Spanned;

use super::raw::{RawHealth, RawService, RawStack};
use super::{
    HealthPolicy, OnRestart, PortWish, ProbeKind, Ready, RestartPolicy, Service, Stack, StackFileError,
    Template,
};

const DEFAULT_RANGE: &str = "8000-9000";
const INTERVAL_DEFAULT: Duration = Duration::from_secs(2);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(2);
const THRESHOLD_DEFAULT: u32 = 3;
const STOP_GRACE_DEFAULT: Duration = Duration::from_secs(5);
const START_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
const DURATION_MAX: Duration = Duration::from_secs(24 * 3600);
/// EX_CONFIG of sysexits.h: the service says that it is configured wrongly.
const EX_CONFIG: i32 = 78;
/// A bound on what one launcher supervises.
const SERVICES_MAX: usize = 500;

pub(super) fn parse(text: &str, path: Option<&Path>) -> Result<Stack, StackFileError> {
    let raw: RawStack = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        StackFileError::at(text, path, span, in_plain_words(&error.message().replace('\n', " ")))
    })?;
    Checker { text, path }.stack(raw)
}

/// What the reader of TOML calls a sequence or a string is not what people call it.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected a sequence", "expected a list like [\"one\", \"two\"]")
        .replace("expected a string", "expected a text in quotes, as \"5s\"")
        .replace("missing field `name`", "it begins with the name of the stack: name = \"My stack\"")
        .replace("missing field `service`", "it names no service: add [service.web] with a command = [\"…\"]")
}

struct Checker<'a> {
    text: &'a str,
    path: Option<&'a Path>,
}

impl Checker<'_> {
    fn wrong<T>(&self, span: Range<usize>, message: impl Into<String>) -> Result<T, StackFileError> {
        Err(StackFileError::at(self.text, self.path, span, message))
    }

    fn stack(&self, raw: RawStack) -> Result<Stack, StackFileError> {
        if raw.name.get_ref().trim().is_empty() {
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
            name: raw.name.into_inner(),
            ports,
            on_conflict: raw.on_conflict,
            services,
            path: self.path.map(Path::to_owned),
        })
    }

    fn check_names(&self, services: &IndexMap<Spanned<String>, RawService>) -> Result<(), StackFileError> {
        let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, service) in services {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let text = name.get_ref();
            if text.is_empty() || text.len() > 63 || !text.chars().all(plain) || text.starts_with('-') {
                return self
                    .wrong(name.span(), "a service's name has letters, digits, `-` and `_`, at most 63");
            }
            let Some(variable) = service.port.as_ref().and_then(|port| port.get_ref().env.as_ref()) else {
                continue;
            };
            let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if variable.get_ref().is_empty() || !variable.get_ref().chars().all(ok) {
                return self.wrong(variable.span(), "a variable's name has letters, digits and `_`");
            }
            if let Some(other) = variables.insert(variable.get_ref(), text) {
                return self.wrong(
                    variable.span(),
                    format!("service {other} has this port variable already; give each its own"),
                );
            }
        }
        Ok(())
    }

    fn check_needs(&self, services: &IndexMap<Spanned<String>, RawService>) -> Result<(), StackFileError> {
        let index_of = |name: &str| services.keys().position(|key| key.get_ref() == name);
        for (name, service) in services {
            for need in &service.needs {
                if index_of(need.get_ref()).is_none() {
                    let names: Vec<_> = services.keys().map(|key| key.get_ref().as_str()).collect();
                    return self.wrong(
                        need.span(),
                        format!("no service has this name; there are {}", names.join(", ")),
                    );
                }
                if need.get_ref() == name.get_ref() {
                    return self.wrong(need.span(), "a service cannot need itself");
                }
            }
        }
        // Whoever can be reached from one of its own needs stands in a cycle.
        for (start, (name, service)) in services.iter().enumerate() {
            for need in &service.needs {
                let mut path = vec![];
                let mut seen = vec![false; services.len()];
                if let Some(first) = index_of(need.get_ref())
                    && leads_to(services, first, start, &mut seen, &mut path, &index_of)
                {
                    let chain: Vec<_> = path
                        .iter()
                        .filter_map(|&i| services.get_index(i))
                        .map(|(n, _)| n.get_ref().as_str())
                        .collect();
                    return self.wrong(
                        need.span(),
                        format!(
                            "the needs go in a circle: {} → {}; remove one of them",
                            name.get_ref(),
                            chain.join(" → ")
                        ),
                    );
                }
            }
        }
        Ok(())
    }

    fn service(
        &self,
        name: &str,
        span: Range<usize>,
        raw: RawService,
        with_port: &[String],
    ) -> Result<Service, StackFileError> {
        let own_port = raw.port.is_some();
        let known: Vec<&str> = with_port.iter().map(String::as_str).collect();
        let template = |text: &Spanned<String>| {
            Template::parse(text.get_ref(), &known, own_port)
                .or_else(|message| self.wrong(text.span(), message))
        };
        if raw.command.get_ref().first().is_none_or(|program| program.get_ref().is_empty()) {
            return self.wrong(
                raw.command.span(),
                "the command needs a program: command = [\"program\", \"argument\"]",
            );
        }
        let command = raw.command.get_ref().iter().map(&template).collect::<Result<Vec<_>, _>>()?;
        let mut env = BTreeMap::new();
        for (key, value) in &raw.env {
            if key.get_ref().is_empty() || key.get_ref().contains(['=', '\0']) {
                return self.wrong(key.span(), "a variable's name is not empty and has no `=`");
            }
            env.insert(key.get_ref().clone(), template(value)?);
        }
        let handoff = raw.handoff.as_ref().map_or(Handoff::Number, |handoff| *handoff.get_ref());
        if let Some(written) = &raw.handoff
            && !own_port
        {
            return self.wrong(written.span(), "a hand-off needs a port: add port = { env = \"…_PORT\" }");
        }
        let ready = raw.ready.unwrap_or(Ready::Probe);
        let can_overlap = handoff == Handoff::Socket && ready == Ready::Notify;
        let on_restart = match &raw.on_restart {
            Some(written) if *written.get_ref() == OnRestart::Overlap && !can_overlap => {
                return self.wrong(
                    written.span(),
                    "overlap needs handoff = \"socket\" and ready = \"notify\": while two processes share a socket, only \
                     the new one's own word tells that it is ready",
                );
            }
            Some(written) => *written.get_ref(),
            None if can_overlap => OnRestart::Overlap,
            None => OnRestart::StopStart,
        };
        // Windows has neither a descriptor to hand over nor a socket to notify.
        let (handoff, ready, on_restart) = if cfg!(windows) {
            (Handoff::Number, Ready::Probe, OnRestart::StopStart)
        } else {
            (handoff, ready, on_restart)
        };
        let port = match &raw.port {
            None => None,
            Some(port) => Some(PortWish {
                env: port.get_ref().env.as_ref().map(|env| env.get_ref().clone()),
                fallback: port.get_ref().fallback.as_ref().map(|range| self.range(range)).transpose()?,
                strict: raw.strict.unwrap_or(false),
            }),
        };
        if raw.strict == Some(true) && port.as_ref().is_none_or(|port| port.env.is_none()) {
            return self.wrong(
                span,
                "strict keeps a port that is set, and nothing can set it: add port = { env = \"…_PORT\" }",
            );
        }
        if let Some(open) = &raw.open
            && !(open.get_ref().starts_with('/') && own_port)
        {
            return self.wrong(open.span(), "open is a path that begins with `/`, of a service with a port");
        }
        Ok(Service {
            label: raw.label.unwrap_or_else(|| name.to_owned()),
            command,
            cwd: raw.cwd.map(|cwd| self.path.and_then(Path::parent).unwrap_or(Path::new("")).join(cwd)),
            env,
            port,
            handoff,
            host: raw.host.as_ref().map(|host| self.host(host)).transpose()?,
            health: self.health(raw.health.as_ref(), own_port)?,
            ready,
            needs: raw.needs.into_iter().map(Spanned::into_inner).collect(),
            open: raw.open.map(Spanned::into_inner),
            restart: raw.restart.unwrap_or(RestartPolicy::Always),
            on_restart,
            stop_grace: self.duration_or(raw.stop_grace.as_ref(), STOP_GRACE_DEFAULT)?,
            start_timeout: self.duration_or(raw.start_timeout.as_ref(), START_TIMEOUT_DEFAULT)?,
            fatal_exit_codes: raw.fatal_exit_codes.unwrap_or_else(|| vec![EX_CONFIG]),
            on_conflict: raw.on_conflict,
        })
    }

    fn health(
        &self,
        raw: Option<&Spanned<RawHealth>>,
        own_port: bool,
    ) -> Result<HealthPolicy, StackFileError> {
        let mut policy = HealthPolicy {
            probe: if own_port { ProbeKind::Tcp } else { ProbeKind::None },
            interval: INTERVAL_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            threshold: THRESHOLD_DEFAULT,
        };
        let Some(spanned) = raw else { return Ok(policy) };
        let health = spanned.get_ref();
        policy.probe = match (&health.http, health.tcp) {
            (Some(_), Some(true)) => {
                return self.wrong(spanned.span(), "health is either http or tcp, not both");
            }
            (Some(http), _) if !http.get_ref().starts_with('/') => {
                return self.wrong(http.span(), "the path of a health check begins with `/`");
            }
            (Some(http), _) => ProbeKind::Http(http.get_ref().clone()),
            (None, Some(false)) => ProbeKind::None,
            (None, _) => ProbeKind::Tcp,
        };
        if !own_port && policy.probe != ProbeKind::None {
            return self
                .wrong(spanned.span(), "a health check needs a port: add port = { env = \"…_PORT\" }");
        }
        policy.interval = self.duration_or(health.interval.as_ref(), INTERVAL_DEFAULT)?;
        policy.timeout = self.duration_or(health.timeout.as_ref(), TIMEOUT_DEFAULT)?;
        if let Some(threshold) = &health.threshold {
            if *threshold.get_ref() == 0 {
                return self.wrong(threshold.span(), "a threshold is 1 or more");
            }
            policy.threshold = *threshold.get_ref();
        }
        Ok(policy)
    }

    fn range(&self, text: &Spanned<String>) -> Result<PortRange, StackFileError> {
        text.get_ref()
            .parse()
            .or_else(|error: ports::PortRangeError| self.wrong(text.span(), error.to_string()))
    }

    fn host(&self, text: &Spanned<String>) -> Result<IpAddr, StackFileError> {
        match text.get_ref().as_str() {
            "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
            other => other
                .parse()
                .or_else(|_| self.wrong(text.span(), "a host is an IP address, like 127.0.0.1 or ::1")),
        }
    }

    fn duration_or(
        &self,
        text: Option<&Spanned<String>>,
        default: Duration,
    ) -> Result<Duration, StackFileError> {
        let Some(text) = text else { return Ok(default) };
        text.get_ref()
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| (Duration::from_millis(1)..=DURATION_MAX).contains(duration))
            .map_or_else(
                || self.wrong(text.span(), "a duration is written like 500ms, 5s or 2m (1 ms to 24 h)"),
                Ok,
            )
    }
}

fn leads_to(
    services: &IndexMap<Spanned<String>, RawService>,
    from: usize,
    to: usize,
    seen: &mut [bool],
    path: &mut Vec<usize>,
    index_of: &impl Fn(&str) -> Option<usize>,
) -> bool {
    path.push(from);
    if from == to {
        return true;
    }
    if !std::mem::replace(&mut seen[from], true)
        && let Some((_, service)) = services.get_index(from)
    {
        for need in service.needs.iter().filter_map(|need| index_of(need.get_ref())) {
            if leads_to(services, need, to, seen, path, index_of) {
                return true;
            }
        }
    }
    path.pop();
    false
}
