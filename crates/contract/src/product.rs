//! What the engine and the crates below the programs know of the product that they serve.

/// The names of a product, and its stack. The programs have one; the crates below them know no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// Its program, as the commands of a stack file and the product's folders name it.
    pub program: &'static str,
    /// What the names of its environment variables start with, without the underscore.
    pub variable_prefix: &'static str,
    /// The text of the stack file that is used where there is no other.
    pub builtin_stack: &'static str,
}

impl Product {
    /// The name of one of its environment variables, such as `SKINAI_TOKEN` for `TOKEN`.
    pub fn variable(&self, name: &str) -> String {
        format!("{}_{name}", self.variable_prefix)
    }
}
