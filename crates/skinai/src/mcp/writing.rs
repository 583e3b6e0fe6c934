//! Tools that change what runs, for `--allow-write`.

use std::process::Stdio;
use std::time::Duration;

use contract::{ErrorCode, Request, Target};
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::{tool, tool_router};
use tokio::process::Command;
use tokio::time::timeout;

use crate::instance;
use crate::launch_options::own_program;
use crate::{BAD_INPUT, FAILED, Failure};

use super::answers::{Status, WAIT_SECONDS_MAX};
use super::parameters::{HolderEnded, Launched, OfServiceOrAll, Reallocated};
use super::server::Server;

#[tool_router(router = writing, vis = "pub(super)")]
impl Server {
    /// Launch the stack of this project in the background, and wait until all its services are healthy; where it runs
    /// already, only wait
    #[tool(annotations(destructive_hint = false, idempotent_hint = true, open_world_hint = false))]
    async fn launch(&self, Parameters(asked): Parameters<Launched>) -> Result<Json<Status>, Failure> {
        if let Some(option) = asked.services.iter().find(|name| name.starts_with('-')) {
            return Err(Failure::new(BAD_INPUT, format!("there is no service `{option}`")));
        }
        let mut command = Command::new(own_program()?);
        command.args(["run", "--detach"]).args(&asked.services);
        if let Some(stack) = &self.default.stack {
            command.arg("--stack").arg(stack);
        }
        if let Some(instance) = asked.instance.as_ref().or(self.default.instance.as_ref()) {
            command.arg("--instance").arg(instance);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        let cannot = |error| Failure::new(FAILED, format!("cannot launch: {error}"));
        let ended =
            timeout(Duration::from_secs(asked.timeout_seconds.min(WAIT_SECONDS_MAX)), command.output()).await;
        let late = |_| {
            Failure::new(FAILED, "not healthy in time; it goes on: `wait` waits longer, `status` shows why")
        };
        let ended = ended.map_err(late)?.map_err(cannot)?;
        if !ended.status.success() {
            return Err(Failure::new(FAILED, String::from_utf8_lossy(&ended.stderr)));
        }
        let client = self.client(asked.instance).await?;
        Ok(Json(Status::of(&client.status().await?)))
    }

    /// Start what does not run: a service and what it needs, or all that was stopped or has failed
    #[tool(annotations(destructive_hint = false, idempotent_hint = true, open_world_hint = false))]
    async fn start(&self, asked: Parameters<OfServiceOrAll>) -> Result<Json<Status>, Failure> {
        self.ask_about(asked.0, Request::Start).await
    }

    /// Restart a service, or all: its process ends, and starts on the same port
    #[tool(annotations(destructive_hint = true, open_world_hint = false))]
    async fn restart(&self, asked: Parameters<OfServiceOrAll>) -> Result<Json<Status>, Failure> {
        self.ask_about(asked.0, Request::Restart).await
    }

    /// Stop a service, which stays stopped; without one, stop the whole stack and its launcher
    #[tool(annotations(destructive_hint = true, idempotent_hint = true, open_world_hint = false))]
    async fn stop(&self, asked: Parameters<OfServiceOrAll>) -> Result<Json<Status>, Failure> {
        self.ask_about(asked.0, Request::Stop).await
    }

    /// Give a service another port, or all; what needs it is told and started again
    #[tool(annotations(destructive_hint = true, open_world_hint = false))]
    async fn reallocate(&self, asked: Parameters<Reallocated>) -> Result<Json<Status>, Failure> {
        let Reallocated { service, port, instance } = asked.0;
        match (service, port) {
            (Some(service), Some(port)) => self.ask(instance, Request::MoveTo { service, port }).await,
            (None, Some(_)) => Err(Failure::new(BAD_INPUT, "`port` is of one service; name it by `service`")),
            (service, None) => self.ask(instance, Request::Reallocate(Target { service })).await,
        }
    }

    /// End the process that has the port of a service in state conflict, and start the service there. Only where the
    /// user wants that process to end; reallocate leaves it alone
    #[tool(annotations(destructive_hint = true, open_world_hint = false))]
    async fn end_holder(&self, asked: Parameters<HolderEnded>) -> Result<Json<Status>, Failure> {
        let HolderEnded { service, pid, instance } = asked.0;
        let snapshot = self.client(instance.clone()).await?.status().await?;
        let conflict = instance::service(&snapshot, &service)?.conflict.as_ref();
        let holder = conflict.filter(|conflict| conflict.holder.pid == Some(pid));
        let Some((port, started)) = holder.and_then(|it| Some((it.port, it.holder.started?))) else {
            let gone = format!("process {pid} does not have the port of {service}; `status` says who does");
            return Err(Failure::new(BAD_INPUT, gone));
        };
        self.ask(instance, Request::EndHolder { service, port, pid, started }).await
    }
}

impl Server {
    async fn ask_about(
        &self,
        asked: OfServiceOrAll,
        request: fn(Target) -> Request,
    ) -> Result<Json<Status>, Failure> {
        self.ask(asked.instance, request(Target { service: asked.service })).await
    }

    /// Comes back when it is done, with what has come of it.
    async fn ask(&self, instance: Option<String>, request: Request) -> Result<Json<Status>, Failure> {
        let client = self.client(instance).await?;
        let before = client.status().await?;
        client.request(&request).await?;
        match client.status().await {
            Err(error) if error.code == ErrorCode::NotRunning => Ok(Json(Status::ended(before))),
            status => Ok(Json(Status::of(&status?))),
        }
    }
}
