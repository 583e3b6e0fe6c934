//! The protocol: what is listed, what is allowed, and when it ends.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use client::Client;
use contract::{plain, without_codes};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::{IntoCallToolResult, ToolCallContext};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::transport::io::stdio_pipes;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt, tool_handler};
use serde_json::Value;

use crate::arguments::{InstanceArguments, Mcp};
use crate::instance::{self, Purpose};
use crate::{BAD_INPUT, FAILED, Failure, Outcome, output};

/// How long what was asked for before the end of standard input may still be answered.
const ANSWERED_WITHIN: Duration = Duration::from_millis(300);
/// Longer texts of others, such as command lines, are cut.
const TEXT_CHARACTERS_MAX: usize = 2000;
/// What goes through standard input at once.
const BUFFER_BYTES: usize = 64 << 10;

const ABOUT: &str = "skinai runs local development stacks: it starts their services on free ports and keeps them \
    running. Without `instance`, a tool means the stack of the project in which this server was started; list_stacks \
    names the others. When something does not work: status says which service is in trouble and why, logs what it \
    printed.";
const READ_ONLY: &str =
    " Nothing can be changed here; a person allows it by starting `skinai mcp --allow-write`.";

/// Serves until standard input ends.
pub(crate) fn mcp(arguments: Mcp) -> Outcome {
    ::writing::log_to_stderr(crate::LOG_LEVEL);
    if std::io::stdin().is_terminal() {
        output::note("an agent starts this and speaks with it (Model Context Protocol); Ctrl-D ends it");
    }
    crate::block_on(async {
        let (mut input, output) = stdio_pipes();
        let (mut copy, copied) = tokio::io::duplex(BUFFER_BYTES);
        let input = tokio::spawn(async move { tokio::io::copy(&mut input, &mut copy).await });
        let serving = async {
            match Server::new(arguments).serve((copied, output)).await {
                Ok(server) => server.waiting().await.map(drop).map_err(|error| Failure::new(FAILED, error)),
                Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
                Err(_) => Err(Failure::new(BAD_INPUT, "what came in is not what an MCP client begins with")),
            }
        };
        // The protocol's library waits for what is asked for longer than a client that has gone away is there.
        let ended = async {
            let _ = input.await;
            tokio::time::sleep(ANSWERED_WITHIN).await;
        };
        tokio::select! {
            served = serving => served,
            () = ended => Ok(()),
        }
    })
    .map(|()| ExitCode::SUCCESS)
}

pub(super) struct Server {
    /// Which instance is meant where none is named.
    pub(super) default: InstanceArguments,
    allows_writing: bool,
    tools: ToolRouter<Self>,
}

impl Server {
    fn new(Mcp { instance, allow_write }: Mcp) -> Self {
        let tools = if allow_write { Self::reading() + Self::writing() } else { Self::reading() };
        Self { default: instance, allows_writing: allow_write, tools }
    }

    pub(super) fn instance(&self, named: Option<String>) -> InstanceArguments {
        match named {
            Some(_) => InstanceArguments { instance: named, stack: None },
            None => self.default.clone(),
        }
    }

    /// Another stack than the one that is meant has to be named also where nothing is changed: an agent reads no notes.
    pub(super) async fn client(&self, named: Option<String>) -> Result<Client, Failure> {
        instance::connect(&self.instance(named), Purpose::Act).await
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let about = format!("{ABOUT}{}", if self.allows_writing { "" } else { READ_ONLY });
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("skinai", env!("CARGO_PKG_VERSION")))
            .with_instructions(about)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !self.allows_writing && Self::writing().has_route(&request.name) {
            let refused = format!(
                "`{}` is not allowed; start the server with `skinai mcp --allow-write`",
                request.name
            );
            return Failure::new(FAILED, refused).into_call_tool_result();
        }
        let cancelled = context.ct.clone();
        tokio::select! {
            answer = self.tools.call(ToolCallContext::new(self, request, context)) => answer.map(cleaned),
            () = cancelled.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        }
    }
}

impl IntoCallToolResult for Failure {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        // A launch in the foreground does not come back, which is what an agent waits for.
        let message = without_codes(&self.message).replace("`skinai run`", "`skinai run -d`");
        let message = clean(&message);
        Ok(CallToolResult::error(vec![ContentBlock::text(message)]).into())
    }
}

/// Without what others could have put into it to mislead who reads it.
fn cleaned(answer: CallToolResponse) -> CallToolResponse {
    match answer {
        CallToolResponse::Complete(CallToolResult { structured_content: Some(mut content), .. }) => {
            clean_all(&mut content);
            CallToolResult::structured(content).into()
        }
        answer => answer,
    }
}

fn clean_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean(text),
        Value::Array(values) => values.iter_mut().for_each(clean_all),
        Value::Object(fields) => fields.values_mut().for_each(clean_all),
        _ => {}
    }
}

fn clean(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
