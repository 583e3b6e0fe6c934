//! Launching: everything that can be checked is checked and every port reserved before anything starts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Cause, Handoff};
use ports::{Allocator, Leases};
use proctree::{LaunchMarker, MARKER_VARIABLE, PidJournal};
use stackfile::{OnRestart, ProbeKind, Ready, Service, ServiceType, is_same_variable};
use supervisor::coordinator::{Coordinator, ServiceSpec};
use supervisor::lifecycle::Policy;
use tokio::sync::{mpsc, watch};

use super::entrances::Entrances;
use super::executor::Executor;
use super::handle::{ExecutorCommand, Handle, HandleParts};
use super::happenings::Happenings;
use super::launch_options::LaunchOptions;
use super::notice::Notice;
use super::port_allocation::{self, Before, ServicePorts};
use super::port_memory;
use super::port_overrides::{self, PortOverrides};
use super::programs;
use super::rows::Rows;
use super::system::{LaunchContext, LocalSystem};
use crate::instance::Instance;
use crate::launch_error::LaunchError;
use crate::output::Output;

/// Requests and facts that wait for the task at most.
const QUEUE_MAX: usize = 4096;
/// One thread reads `/proc` and netlink for the one that owns the state: a look takes milliseconds at most.
const READERS_MAX: usize = 1;
/// How long it waits for more to do.
const READER_KEPT: Duration = Duration::from_secs(1);
/// Variables that speak of whoever started us, and would mislead a service.
const NOT_PASSED_ON: [&str; 10] = [
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "SYSTEMFD_SOCKET_SERVER",
    "SYSTEMFD_SOCKET_SECRET",
    "NOTIFY_SERVER",
    "NOTIFY_SECRET",
];

/// Launches a stack: reserves its ports, and keeps it running on a thread of its own. Comes back when the
/// first services have been started.
///
/// # Errors
/// Whatever is found to be wrong before anything was started; see [`LaunchError`].
pub fn launch(options: LaunchOptions) -> Result<Handle, LaunchError> {
    let (sender, launched) = std::sync::mpsc::channel();
    let engine = move || {
        let handles = sender.clone();
        // Whoever launched it may have gone away; its services are stopped all the same.
        let tell = move |handle| drop(handles.send(Ok(handle)));
        if let Err(error) = run(options, tell) {
            let _ = sender.send(Err(error));
        }
    };
    std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(engine)
        .map_err(LaunchError::system("start the engine's thread"))?;
    launched.recv().unwrap_or_else(|_| Err(LaunchError::ended()))
}

/// Launches a stack, and keeps it running on this thread, which may not end before it has come back: the
/// services end with it. `launched` is called when the first services have been started.
///
/// This thread owns the state and starts processes; another one reads pipes and answers the control socket,
/// so that neither a flood of output nor a slow client can delay the first.
///
/// # Errors
/// As [`launch`]; and where everything was stopped, if processes could not be ended.
pub fn run(options: LaunchOptions, launched: impl FnOnce(Handle)) -> Result<(), LaunchError> {
    proctree::raise_descriptor_limit();
    let prepared = Prepared::new(options)?;
    let side = SideThread::start().map_err(LaunchError::system("start the thread of the side work"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(READERS_MAX)
        .thread_keep_alive(READER_KEPT)
        .build()
        .map_err(LaunchError::system("start the engine"))?;
    let Begun { handle, executor, commands, served, last_output, happenings } =
        prepared.begin(side.runtime.clone())?;
    let mut left = runtime.block_on(executor.run(commands, served, || launched(handle)));
    if last_output.is_some_and(|output| !output.is_written()) {
        tracing::warn!("the last lines are missing in the log files: their disk does not answer");
    }
    if !happenings.is_written() {
        tracing::warn!("the last events are missing in their file: its disk does not answer");
    }
    left.retain(|pid| proctree::is_alive(*pid));
    if left.is_empty() { Ok(()) } else { Err(LaunchError::LeftBehind(left)) }
}

/// A launch of which everything is checked, with its ports reserved.
struct Prepared {
    instance: Instance,
    context: LaunchContext,
    journal: PidJournal,
    leases: Leases,
    allocator: Allocator,
    /// Whose ports are remembered.
    sticky_file: Option<PathBuf>,
    reserved: Vec<Option<ServicePorts>>,
    notices: Vec<Notice>,
}

impl Prepared {
    fn new(mut options: LaunchOptions) -> Result<Self, LaunchError> {
        options.environment.retain(|(name, _)| {
            let secrets = ["TOKEN", "CODES"].map(|secret| options.product.variable(secret));
            let hidden = NOT_PASSED_ON.into_iter().chain(secrets.iter().map(String::as_str));
            !hidden.chain([MARKER_VARIABLE]).any(|hidden| is_same_variable(name, hidden))
        });
        let overrides = check(&options, proctree::program_fault)?;
        let instance = Instance::take(options.instance.as_deref(), &options.usual_instance, &options.dirs)?;
        let launch = proctree::watchdog::name_launch();
        let marker = LaunchMarker::launch(&launch);
        let (journal, survivors) = PidJournal::begin(&options.dirs.runtime, instance.name.as_str(), &launch);
        crate::notify::remove_stale(&options.dirs.runtime);
        let secret = crate::secret::token(&options.dirs.data)
            .map_err(LaunchError::system("keep the secret of this user"))?;
        let entrances = Arc::new(Entrances::new(secret, &options, instance.name.as_str()));
        let (leases, warning) = Leases::open(&options.dirs.runtime);
        let mut notices = Vec::new();
        if survivors > 0 {
            let message = format!("ended {survivors} processes that an earlier launch left behind");
            notices.push(Notice::info(message));
        }
        notices.extend(warning.map(|warning| Notice::warning(warning.to_string())));
        let allocator = Allocator::new(leases.clone());
        let sticky_file = options.sticky_file();
        let remembered = sticky_file.as_ref().map(|file| port_memory::recall(&options.dirs.state, file));
        let remembered = remembered.unwrap_or_default();
        let before = Before { ports: &remembered.ports, own: remembered.instance == instance.name.as_str() };
        let reserved = port_allocation::reserve(&options, &overrides, before, &allocator, &mut notices)?;
        let context = LaunchContext { options, marker, entrances };
        Ok(Self { instance, context, journal, leases, allocator, sticky_file, reserved, notices })
    }

    fn begin(self, side: tokio::runtime::Handle) -> Result<Begun, LaunchError> {
        let Self { instance, context, journal, leases, allocator, sticky_file, reserved, notices } = self;
        let options = &context.options;
        let log_folder = options.dirs.logs(instance.name.as_str());
        let names = options.stack.services.keys();
        let outputs = Output::all(&log_folder, names.clone())
            .map_err(LaunchError::system("start the thread that writes the log files"))?;
        let last_output = outputs.last().cloned();
        let outputs: Vec<(String, Output)> = names.cloned().zip(outputs).collect();
        let lost =
            reserved.iter().map(|ports| ports.as_ref().map(|ports| ports.lost.clone()).unwrap_or_default());
        let services = options.stack.services.iter().zip(&outputs).zip(lost);
        let happenings = Happenings::open(&log_folder)
            .map(Arc::new)
            .map_err(LaunchError::system("start the thread that writes what happens"))?;
        let rows = Rows::new(
            instance.name.to_string(),
            options.stack.name.clone(),
            options.stack.path.as_ref().map(|path| path.to_string_lossy().into_owned()),
            services.map(|(((name, service), (_, output)), lost)| {
                (name.clone(), service.clone(), output.clone(), lost)
            }),
            &happenings,
        );
        let (assignments, reservations): (Vec<_>, Vec<_>) = reserved
            .into_iter()
            .map(|ports| {
                ports.map_or((None, Vec::new()), |ports| (Some(ports.assignment), ports.reservations))
            })
            .unzip();
        let settings = options.ports.with(options.on_conflict);
        let coordinator =
            Coordinator::new(options.specs().into_iter().zip(assignments), settings, Instant::now());
        let (commands, receiver) = mpsc::channel(QUEUE_MAX);
        let (observed, observations) = mpsc::channel(QUEUE_MAX);
        let (ended, end) = watch::channel(false);
        let handle = Handle::new(HandleParts {
            instance: instance.name.to_string(),
            dirs: options.dirs.clone(),
            log_folder,
            outputs: outputs.clone(),
            notices,
            snapshots: rows.snapshots(),
            samples: rows.samples(),
            happenings: Arc::clone(&happenings),
            ended: end,
            commands,
            entrances: Arc::clone(&context.entrances),
        });
        if let Some(file) = sticky_file {
            port_memory::keep(options.dirs.state.clone(), file, rows.snapshots());
        }
        let outputs = outputs.into_iter().map(|(_, output)| output).collect();
        let runtime = side.enter();
        let socket = crate::control::ControlListener::bind(instance, leases)
            .map_err(LaunchError::system("open the control socket"))?;
        drop(runtime);
        let system =
            LocalSystem::new(context, journal, allocator, reservations, outputs, observed, side.clone());
        let executor = Executor::new(coordinator, system, observations, rows, Arc::clone(&happenings), ended);
        let served = Arc::new(tokio::sync::Notify::new());
        side.spawn(proctree::watchdog::end_with_watchdog());
        side.spawn(proctree::reap_orphans());
        side.spawn(crate::control::serve(socket, handle.clone(), Arc::clone(&served)));
        Ok(Begun { handle, executor, commands: receiver, served, last_output, happenings })
    }
}

/// A launch that is ready to run.
struct Begun {
    handle: Handle,
    executor: Executor<LocalSystem>,
    commands: mpsc::Receiver<ExecutorCommand>,
    served: Arc<tokio::sync::Notify>,
    last_output: Option<Output>,
    happenings: Arc<Happenings>,
}

impl LaunchOptions {
    /// Checks what can be checked without touching anything: ports set by hand, addresses, programs, and whose the
    /// folders are. Who has a port at this moment is not looked at.
    ///
    /// # Errors
    /// What [`launch`] would refuse, and programs that were made for another kind of processor.
    pub fn check(&self) -> Result<(), LaunchError> {
        let look = |program: &Path, path: Option<&OsStr>, cwd: Option<&Path>| {
            proctree::program_fault(program, path, cwd).or_else(|| proctree::other_machine(program))
        };
        check(self, look).map(drop)
    }

    /// What the coordinator has to know of each service.
    pub(crate) fn specs(&self) -> Vec<ServiceSpec> {
        let services = &self.stack.services;
        let spec = |(name, service): (&String, &Service)| {
            let depends = |other: &&String| *other != name && service.depends_on(other);
            let index_of = |name: &String| services.get_index_of(name);
            ServiceSpec {
                name: name.clone(),
                label: service.label.clone(),
                policy: policy(service),
                needs: service.needs.iter().filter_map(index_of).collect(),
                depends: services.keys().filter(depends).filter_map(index_of).collect(),
                strict: service.all_ports().any(|(_, port)| port.strict),
                on_conflict: service.on_conflict.or(self.stack.on_conflict),
                left_out: service.left_out,
                any_listener: service.listener == stackfile::Listener::Any,
                set_by_environment: service
                    .port
                    .as_ref()
                    .is_some_and(|port| self.port_variable(port).is_some()),
            }
        };
        services.iter().map(spec).collect()
    }
}

/// The rules of a service's life cycle.
fn policy(service: &Service) -> Policy {
    Policy {
        restart: service.restart,
        on_unhealthy: service.on_unhealthy,
        overlap: service.on_restart == OnRestart::Overlap,
        requires_notify: service.ready != Ready::Probe,
        probes: service.health.probe != ProbeKind::None,
        probes_when_ready: matches!(service.ready, Ready::Log(_)),
        number: service.port.is_some() && service.handoff == Handoff::Number,
        task: service.port.is_none()
            && service.health.probe == ProbeKind::None
            && service.ready == Ready::Probe,
        oneshot: service.kind == ServiceType::Oneshot,
        interval: service.health.interval,
        timeout: service.health.timeout,
        threshold: service.health.threshold,
        stop_grace: service.stop_grace,
        start_timeout: service.start_timeout,
        fatal_exit_codes: service.fatal_exit_codes.clone(),
    }
}

fn check(
    options: &LaunchOptions,
    look: impl Fn(&Path, Option<&OsStr>, Option<&Path>) -> Option<Cause>,
) -> Result<PortOverrides, LaunchError> {
    let (overrides, set) = port_overrides::read(options);
    let folder = |folder| userdirs::trust::found(folder).map_err(LaunchError::from);
    let checked = [
        set,
        port_allocation::check(options, &overrides),
        programs::check(options, look),
        // They are mended together.
        folder(&options.dirs.data).and_then(|()| folder(&options.dirs.state)),
    ];
    LaunchError::together(checked.into_iter().filter_map(Result::err)).map(|()| overrides)
}

/// The thread of the side work, which ends when this is dropped.
struct SideThread {
    runtime: tokio::runtime::Handle,
    _end: tokio::sync::oneshot::Sender<()>,
}

impl SideThread {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (sender, end) = tokio::sync::oneshot::channel();
        let work = move || {
            let _ = runtime.block_on(end);
            // The pipes' readers end with the services; whatever holds on to one is not waited for.
            runtime.shutdown_timeout(Duration::from_millis(100));
        };
        std::thread::Builder::new().name("output".to_owned()).spawn(work)?;
        Ok(Self { runtime: handle, _end: sender })
    }
}
