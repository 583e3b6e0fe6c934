//! The launchers of the "Dynamic Port Mapping" document, unchanged: each tests its port by a plain bind, and goes
//! elsewhere when it is refused. They are those of `examples/python-skinai`, but for an admin that says who answers.

use std::time::Duration;

use contract::{ServiceSnapshot, ServiceState};

use crate::launcher::{Launch, Launcher};
use crate::site::Site;
use crate::wait::{HEALTHY_WITHIN, eventually_some};
use crate::{http, processes};

const SERVICES: [&str; 3] = ["backend", "ui", "admin"];
/// How long a snapshot may be behind the actual state.
const BEHIND: Duration = Duration::from_secs(10);

/// `run_backend.py`, `run_ui.py` and `run_admin.py` as services that are told a number.
pub struct ContractLaunchers {
    /// Where they are.
    pub site: Site,
}

impl ContractLaunchers {
    /// A copy of them.
    #[expect(clippy::new_without_default, reason = "it makes folders")]
    pub fn new() -> Self {
        Self { site: Site::of(&["examples/python-skinai", "tests/programs/contract"]) }
    }

    /// A launch of all three.
    pub fn launch(&self) -> Launch {
        let service = |name: &str| {
            format!(
                "[service.{name}]\ncommand = [\"python\", \"run_{name}.py\"]\ncwd = \"SITE\"\n\
                 port = {{ env = \"{}_PORT\" }}\nhealth = {{ http = \"/\" }}\n",
                name.to_uppercase()
            )
        };
        self.site.launch(&SERVICES.map(service).concat())
    }

    /// Waits until every service is healthy.
    ///
    /// # Panics
    /// When one is not at the port that it was told first.
    #[track_caller]
    pub fn keep_their_ports(&self, launcher: &Launcher) {
        let snapshot = launcher.healthy();
        let ports = |first: u16| (0..).map(move |n| Some(first + n)).take(SERVICES.len());
        let at: Vec<_> = snapshot.services.iter().map(|service| service.port).collect();
        if !at.iter().copied().eq(ports(self.site.ports.nth(0))) {
            let logs = SERVICES.map(|name| self.site.home.skinai(["logs", name, "-n", "40"]).stdout);
            panic!("they are at {at:?}:\n{}", logs.join("\n"));
        }
    }

    /// Asks each service that the map shows as healthy, at its address there.
    ///
    /// # Panics
    /// When somebody else answers, or nobody does while the map goes on showing it.
    #[track_caller]
    pub fn map_is_true(&self, launcher: &Launcher) {
        for name in SERVICES {
            let what = format!("what the map shows of {name} is true: {:#?}", launcher.newest());
            eventually_some(BEHIND, &what, || {
                let newest = launcher.newest()?;
                let service = newest.service(name)?;
                (service.state != ServiceState::Healthy || answers(service)).then_some(())
            });
        }
    }

    /// Ends a launcher by SIGTERM; nothing is left of it.
    #[track_caller]
    pub fn stop(&self, mut launcher: Launcher) {
        assert_eq!(launcher.stop().code(), Some(0));
        self.site.home.assert_nothing_left(HEALTHY_WITHIN);
    }
}

/// Whether it answers itself: a process of the service says so, or Streamlit does.
fn answers(service: &ServiceSnapshot) -> bool {
    let (Some(port), Some(pid)) = (service.port, service.pid) else { return false };
    let Ok(answer) = http::get_without_trace(port, "/") else { return false };
    let text = answer.text();
    let said = text.trim_matches('"').split_once(' ').unwrap_or_default();
    let is_its = |process: &str| {
        process.parse().is_ok_and(|process| process == pid || processes::descendants(pid).contains(&process))
    };
    text.contains("Streamlit") && service.name == "ui" || (said.0 == service.name && is_its(said.1))
}
