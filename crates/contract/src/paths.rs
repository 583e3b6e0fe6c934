//! The paths of the control API, for those who serve it and those who ask.

/// `GET`: the [snapshot](crate::Snapshot).
pub const STATUS: &str = "/v1/status";
/// `GET`: server-sent events, a [snapshot](crate::Snapshot) each.
pub const EVENTS: &str = "/v1/events";
/// `GET`: server-sent events, a [sample](crate::Sample) for each probe.
pub const SAMPLES: &str = "/v1/samples";
/// `GET`: the newest [happenings](crate::Happening).
pub const HAPPENINGS: &str = "/v1/happenings";
/// `GET`: server-sent events, a [happening](crate::Happening) each.
pub const HAPPENING_EVENTS: &str = "/v1/happenings/events";
/// `POST`: [`Request::Start`](crate::Request::Start).
pub const START: &str = "/v1/start";
/// `POST`: [`Request::Restart`](crate::Request::Restart).
pub const RESTART: &str = "/v1/restart";
/// `POST`: [`Request::Reallocate`](crate::Request::Reallocate), with a port [`Request::MoveTo`](crate::Request::MoveTo).
pub const REALLOCATE: &str = "/v1/reallocate";
/// `POST`: [`Request::Stop`](crate::Request::Stop).
pub const STOP: &str = "/v1/stop";
/// `POST`: [`Request::StopServices`](crate::Request::StopServices).
pub const STOP_SERVICES: &str = "/v1/stop-services";
/// `POST`: [`Request::EndHolder`](crate::Request::EndHolder).
pub const END_HOLDER: &str = "/v1/end-holder";
/// `POST`: an [`Entrance`](crate::Entrance) into a service.
pub const OPEN: &str = "/v1/open";
/// `GET`: the newest [lines](crate::LogLine) of the service whose name follows.
pub const LOGS: &str = "/v1/logs/";
/// `GET`: the [resources](crate::Resources) that the service whose name follows takes; `null` where it does not run, or
/// the system does not tell.
pub const RESOURCES: &str = "/v1/resources/";
