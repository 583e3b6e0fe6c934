//! Tools that change nothing.

use std::net::Ipv4Addr;

use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::{tool, tool_router};

use crate::events;
use crate::instance::{self, Purpose};
use crate::logs::{self, Filter};
use crate::ports_commands::{self, Checked};
use crate::{FAILED, Failure, status, wait};

use super::answers::{Address, Events, LogLines, Port, Stacks, Status};
use super::parameters::{EventsAsked, Nothing, OfInstance, OfService, PortChecked, Searched, Waited};
use super::server::Server;

#[tool_router(router = reading, vis = "pub(super)")]
impl Server {
    /// List the stacks that run on this machine, with their services
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn list_stacks(&self, _: Parameters<Nothing>) -> Result<Json<Stacks>, Failure> {
        let (snapshots, silent) = status::all().await;
        Ok(Json(Stacks::new(snapshots, silent.into_iter().map(|error| error.message).collect())))
    }

    /// Show the state, address, port and process of each service of a stack; for one in trouble, why
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn status(&self, asked: Parameters<OfInstance>) -> Result<Json<Status>, Failure> {
        let client = self.client(asked.0.instance).await?;
        Ok(Json(Status::of(&client.status().await?)))
    }

    /// Wait until services are healthy; an error says which one is not, and why
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn wait(&self, Parameters(asked): Parameters<Waited>) -> Result<Json<Status>, Failure> {
        let instance = self.instance(asked.instance.clone());
        let arguments = asked.arguments(instance);
        wait::until_healthy(&arguments).await?;
        let client = instance::connect(&arguments.instance, Purpose::Act).await?;
        let names = arguments.services;
        let shown = Status::of_some(&client.status().await?, |service| {
            names.is_empty() || names.contains(&service.name)
        });
        Ok(Json(shown))
    }

    /// Show the address of a service
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn url(&self, Parameters(asked): Parameters<OfService>) -> Result<Json<Address>, Failure> {
        let client = self.client(asked.instance).await?;
        let snapshot = client.status().await?;
        let service = instance::service(&snapshot, &asked.service)?;
        let none = || Failure::new(FAILED, format!("{} has no address", service.name));
        Address::of(service, client.instance()).ok_or_else(none).map(Json)
    }

    /// Show or search what services printed: the newest lines, also after the stack has ended
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn logs(&self, Parameters(asked): Parameters<Searched>) -> Result<Json<LogLines>, Failure> {
        let instance = self.instance(asked.instance.clone());
        let arguments = asked.arguments(instance)?;
        let printed = logs::newest(&arguments, &Filter::new(&arguments), Purpose::Act).await?;
        Ok(Json(LogLines::new(&printed, arguments.lines - 1)))
    }

    /// Show what happened to the services: started, crashed, restarted and why, moved, in conflict
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn events(&self, Parameters(asked): Parameters<EventsAsked>) -> Result<Json<Events>, Failure> {
        let instance = self.instance(asked.instance.clone());
        let happened = events::happened(&asked.arguments(instance), Purpose::Act).await?;
        Ok(Json(happened.into()))
    }

    /// Say whether a port of this machine is free, and who has it
    #[tool(annotations(read_only_hint = true, open_world_hint = false))]
    async fn check_port(&self, Parameters(asked): Parameters<PortChecked>) -> Result<Json<Port>, Failure> {
        let Checked { free, text, .. } = ports_commands::look_at(asked.port, Ipv4Addr::LOCALHOST.into())?;
        let service = if free { None } else { ports_commands::own_service(asked.port).await };
        Ok(Json(Port { free, says: service.unwrap_or(text) }))
    }
}
