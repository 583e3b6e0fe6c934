//! A stack that no file describes: one command.

use toml::{Table, Value};

use crate::{Stack, StackFileError};

impl Stack {
    /// The stack with one service, which is this command. The variable `PORT` tells it its port, and so do
    /// `{port}` and the like in its arguments. What ends with 0 is not started again.
    ///
    /// # Errors
    /// What is wrong with the name or the command. The place refers to a text that nobody wrote.
    pub fn of_command(service: &str, command: &[String]) -> Result<Self, StackFileError> {
        let entry = |name: &str, value: Value| (name.to_owned(), value);
        let port = Table::from_iter([entry("env", "PORT".into())]);
        let described = Table::from_iter([
            entry("command", command.to_vec().into()),
            entry("port", port.into()),
            entry("open", "/".into()),
            entry("restart", "on-failure".into()),
        ]);
        let services = Table::from_iter([entry(service, described.into())]);
        let stack = Table::from_iter([entry("name", service.into()), entry("service", services.into())]);
        Self::parse(&stack.to_string(), None)
    }
}
