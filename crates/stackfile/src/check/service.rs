//! One service.

use std::env::consts::OS;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::{Handoff, plain};
use regex::Regex;

use super::checker::{Checker, Refused};
use super::service_environment::NO_NUL;
use super::told_number;
use super::values::{DURATION_MAX, escaped};
use crate::raw::{RawHealth, RawPort, RawReady, RawService};
use crate::raw_command::RawCommand;
use crate::spanned::Spanned;
use crate::{
    HealthPolicy, KnownPorts, Listener, OnRestart, OnUnhealthy, PortSpec, ProbeKind, Ready, RestartPolicy,
    Service, ServiceType, Template,
};

const INTERVAL_DEFAULT: Duration = Duration::from_secs(2);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(2);
const THRESHOLD_DEFAULT: u32 = 3;
const STOP_GRACE_DEFAULT: Duration = Duration::from_secs(5);
const START_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// EX_CONFIG of sysexits.h: the service says that it is configured wrongly.
const EX_CONFIG: i32 = 78;

impl Checker<'_> {
    pub(super) fn service(
        &self,
        name: &str,
        span: Range<usize>,
        raw: RawService,
        known: &KnownPorts,
    ) -> Result<Service, Refused> {
        let own_port = raw.port.is_some();
        let kind = raw.kind.as_ref().map_or(ServiceType::Service, |kind| *kind.get_ref());
        let is_oneshot = kind == ServiceType::Oneshot;
        if let Some(written) = raw.kind.as_ref().filter(|_| is_oneshot) {
            self.oneshot(written.span(), &raw);
        }
        let template = |text| self.template(text, Some(name), known);
        let needs_program = "the command needs a program: command = [\"program\", \"argument\"]";
        let command = self.command(&raw.command, needs_program, template);
        let env = self.variables(&raw.env, Some(name), known);
        let handoff = raw.handoff.as_ref().map_or(Handoff::Number, |handoff| *handoff.get_ref());
        if let Some(written) = &raw.handoff
            && !own_port
        {
            self.fault(written.span(), "a hand-off needs a port: add port = { env = \"…_PORT\" }");
        }
        if let Some(listener) = &raw.listener
            && *listener.get_ref() == Listener::Any
            && !(own_port && handoff == Handoff::Number)
        {
            self.fault(
                listener.span(),
                "a listener of another process needs a port that is told as a number: add port = { env = \"…_PORT\" } and \
                 handoff = \"number\"",
            );
        }
        let ready = self.ready(raw.ready.as_ref());
        let says_so = ready.as_ref().is_ok_and(|ready| *ready == Ready::Notify);
        let can_overlap = handoff == Handoff::Socket && says_so;
        let on_restart = match &raw.on_restart {
            Some(written) if *written.get_ref() == OnRestart::Overlap && !can_overlap => {
                self.wrong(
                    written.span(),
                    "overlap needs handoff = \"socket\" and ready = \"notify\": while two processes share a socket, only \
                     the new one's own word tells that it is ready",
                )
            }
            Some(written) => Ok(*written.get_ref()),
            None if can_overlap => Ok(OnRestart::Overlap),
            None => Ok(OnRestart::StopStart),
        };
        let health = self.health(raw.health.as_ref(), own_port, template);
        if let Some(written) = &raw.on_unhealthy
            && health.as_ref().is_ok_and(|health| health.probe == ProbeKind::None)
            && ready.as_ref().is_ok_and(|ready| *ready == Ready::Probe)
        {
            self.fault(
                written.span(),
                "nothing tells whether it is well: add a health check, or leave on_unhealthy out",
            );
        }
        // Where no descriptor is inherited, a service has to ask for its sockets.
        let told_number = match &command {
            Ok(command) if cfg!(windows) && handoff == Handoff::Socket => {
                told_number::why(name, command, &env)
            }
            _ => None,
        };
        let (handoff, on_restart) = match told_number {
            Some(_) => (Handoff::Number, on_restart.map(|_| OnRestart::StopStart)),
            None => (handoff, on_restart),
        };
        let strict = raw.strict.unwrap_or(false);
        let port = raw.port.as_ref().map(|port| self.port(port.get_ref(), strict));
        let named = raw
            .ports
            .iter()
            .map(|(name, port)| self.port(port.get_ref(), strict).map(|port| (name.get_ref().clone(), port)));
        let ports: Vec<_> = named.collect();
        if strict && !raw.all_ports().any(|port| port.env.is_some()) {
            self.fault(
                span,
                "strict keeps a port that is set, and nothing can set it: add port = { env = \"…_PORT\" }",
            );
        }
        if let Some(cwd) = raw.cwd.as_ref().filter(|cwd| cwd.get_ref().contains('\0')) {
            self.fault(cwd.span(), NO_NUL);
        }
        if let Some(open) = &raw.open {
            self.check_path("open", open);
            if !own_port {
                self.fault(open.span(), "open is a path of a service with a port");
            }
        }
        for profile in &raw.profiles {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            if profile.get_ref().is_empty() || !profile.get_ref().chars().all(plain) {
                self.fault(profile.span(), "a profile's name has letters, digits, `-`, `_` and `.`");
            }
        }
        let host = raw.host.as_ref().map(|host| self.host(host));
        let stop_grace = self.duration_or(raw.stop_grace.as_ref(), STOP_GRACE_DEFAULT);
        let start_timeout = if is_oneshot { DURATION_MAX } else { START_TIMEOUT_DEFAULT };
        let start_timeout = self.duration_or(raw.start_timeout.as_ref(), start_timeout);
        let restart = if is_oneshot { RestartPolicy::Never } else { RestartPolicy::Always };
        // Whatever is wrong has been found.
        Ok(Service {
            kind,
            label: raw
                .label
                .map(|label| plain(label).trim().to_owned())
                .filter(|label| !label.is_empty())
                .unwrap_or_else(|| name.to_owned()),
            command: command?,
            cwd: match (self.absolute.and_then(Path::parent), raw.cwd.map(Spanned::into_inner)) {
                (Some(folder), Some(cwd)) => Some(folder.join(cwd)),
                (Some(folder), None) => Some(folder.to_owned()),
                (None, cwd) => cwd.map(PathBuf::from),
            },
            env,
            port: port.transpose()?,
            ports: ports.into_iter().collect::<Result<_, _>>()?,
            handoff,
            told_number,
            listener: raw.listener.map_or(Listener::Own, Spanned::into_inner),
            host: host.transpose()?,
            health: health?,
            ready: ready?,
            profiles: raw.profiles.into_iter().map(Spanned::into_inner).collect(),
            left_out: false,
            needs: raw.needs.into_iter().map(Spanned::into_inner).collect(),
            open: raw.open.map(|path| escaped(path.get_ref())),
            secret: raw.secret.unwrap_or(false),
            restart: raw.restart.unwrap_or(restart),
            on_restart: on_restart?,
            on_unhealthy: raw.on_unhealthy.map_or(OnUnhealthy::Restart, Spanned::into_inner),
            stop_grace: stop_grace?,
            stop_signal: raw.stop_signal,
            stop_signal_to: raw.stop_signal_to,
            start_timeout: start_timeout?,
            fatal_exit_codes: raw.fatal_exit_codes.unwrap_or_else(|| vec![EX_CONFIG]),
            on_conflict: raw.on_conflict,
        })
    }

    /// It ends by itself and once: what is said of services that run on means nothing.
    fn oneshot(&self, span: Range<usize>, raw: &RawService) {
        let given = [
            ("port", raw.port.is_some()),
            ("ports", !raw.ports.is_empty()),
            ("health", raw.health.is_some()),
            ("ready", raw.ready.is_some()),
            ("restart", raw.restart.is_some()),
            ("on_restart", raw.on_restart.is_some()),
            ("on_unhealthy", raw.on_unhealthy.is_some()),
            ("fatal_exit_codes", raw.fatal_exit_codes.is_some()),
        ];
        let given: Vec<_> = given.into_iter().filter_map(|(key, is_given)| is_given.then_some(key)).collect();
        if !given.is_empty() {
            let given = given.join(", ");
            let message =
                format!("a oneshot has no port, runs to its end and is not started again: remove {given}");
            self.fault(span, message);
        }
    }

    /// The command for this system; what is wrong with those for others is told as well.
    fn command<'a>(
        &self,
        raw: &'a Spanned<RawCommand>,
        needs_program: &str,
        template: impl Fn(&'a Spanned<String>) -> Result<Template, Refused>,
    ) -> Result<Vec<Template>, Refused> {
        let mut own = None;
        for (is_own, words) in raw.get_ref().for_system(OS) {
            if words.first().is_none_or(|program| program.get_ref().is_empty()) {
                self.fault(raw.span(), needs_program);
            }
            let parts: Vec<_> = words.iter().map(&template).collect();
            own = own.or(is_own.then_some(parts));
        }
        match own {
            Some(parts) => parts.into_iter().collect(),
            None => {
                let message = format!("it has no command for this system: add {OS} or default to it");
                self.wrong(raw.span(), message)
            }
        }
    }

    fn port(&self, raw: &RawPort, strict: bool) -> Result<PortSpec, Refused> {
        let env = raw.env.as_ref().map(|env| env.get_ref().clone());
        let fallback = raw.fallback.as_ref().map(|range| self.range(range)).transpose()?;
        Ok(PortSpec { env, exported: None, set: None, fallback, strict })
    }

    fn ready(&self, raw: Option<&RawReady>) -> Result<Ready, Refused> {
        match raw {
            None | Some(RawReady::Probe) => Ok(Ready::Probe),
            Some(RawReady::Notify) => Ok(Ready::Notify),
            Some(RawReady::Log(text)) => {
                let ready = Regex::new(text.get_ref()).map(|_| Ready::Log(text.get_ref().clone()));
                // What the error says first is the expression once more, with a caret in a line of its own.
                let reason = |error: regex::Error| error.to_string().lines().next_back().map(str::to_owned);
                ready.or_else(|error| {
                    let reason = reason(error).unwrap_or_default();
                    let reason = reason.trim_start_matches("error: ");
                    self.wrong(text.span(), format!("this is no regular expression: {reason}"))
                })
            }
        }
    }

    fn health<'a>(
        &self,
        raw: Option<&'a Spanned<RawHealth>>,
        own_port: bool,
        template: impl Fn(&'a Spanned<String>) -> Result<Template, Refused>,
    ) -> Result<HealthPolicy, Refused> {
        let mut policy = HealthPolicy {
            probe: if own_port { ProbeKind::Tcp } else { ProbeKind::None },
            interval: INTERVAL_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            threshold: THRESHOLD_DEFAULT,
        };
        let Some(spanned) = raw else { return Ok(policy) };
        let health = spanned.get_ref();
        let asks = [health.http.is_some(), health.tcp == Some(true), health.command.is_some()];
        if asks.into_iter().filter(|asks| *asks).count() > 1 {
            self.fault(spanned.span(), "health is either http or tcp or command, not more than one of them");
        }
        policy.probe = match (&health.http, &health.command, health.tcp) {
            (_, Some(command), _) => {
                let needs_program =
                    "the check needs a program: health = { command = [\"program\", \"argument\"] }";
                ProbeKind::Command(self.command(command, needs_program, template)?)
            }
            (Some(http), None, _) => {
                self.check_path("the path of a health check", http);
                ProbeKind::Http(escaped(http.get_ref()))
            }
            (None, None, Some(false)) => ProbeKind::None,
            (None, None, _) => ProbeKind::Tcp,
        };
        if !own_port && matches!(policy.probe, ProbeKind::Http(_) | ProbeKind::Tcp) {
            self.fault(spanned.span(), "a health check needs a port: add port = { env = \"…_PORT\" }");
        }
        if let Some(threshold) = &health.threshold {
            if *threshold.get_ref() == 0 {
                self.fault(threshold.span(), "a threshold is 1 or more");
            }
            policy.threshold = *threshold.get_ref();
        }
        let interval = self.duration_or(health.interval.as_ref(), INTERVAL_DEFAULT);
        policy.timeout = self.duration_or(health.timeout.as_ref(), TIMEOUT_DEFAULT)?;
        policy.interval = interval?;
        Ok(policy)
    }
}
