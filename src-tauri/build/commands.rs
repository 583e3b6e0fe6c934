//! Reads the panel's commands from their Rust functions.

use std::error::Error;
use std::path::Path;

use syn::{Attribute, Expr, FnArg, Item, ItemFn, Lit, Meta, Pat, ReturnType, Type};

/// A command of the panel.
pub struct Command {
    /// Its name, as a page calls it.
    pub name: String,
    /// The lines of its documentation.
    pub docs: Vec<String>,
    /// Name and type of each argument that a page gives.
    pub arguments: Vec<(String, Type)>,
    /// What it answers; `None` for nothing.
    pub answer: Option<Type>,
}

/// The commands of a file, in its order.
///
/// # Errors
/// Where the file cannot be read, or is no Rust.
pub fn read(file: &Path) -> Result<Vec<Command>, Box<dyn Error>> {
    let parsed = syn::parse_file(&std::fs::read_to_string(file)?)?;
    let functions = parsed.items.into_iter().filter_map(|item| match item {
        Item::Fn(function) if function.attrs.iter().any(is_command) => Some(function),
        _ => None,
    });
    Ok(functions.map(command).collect())
}

/// The Rust expression that handles all of them.
pub fn handler(commands: &[Command]) -> String {
    let names: Vec<&str> = commands.iter().map(|command| command.name.as_str()).collect();
    format!("tauri::generate_handler![{}]", names.join(", "))
}

/// The permission to call them, for the capability of the panel's window.
pub fn permission(commands: &[Command]) -> String {
    let names: Vec<String> = commands.iter().map(|command| format!("{:?}", command.name)).collect();
    format!(
        "[[permission]]\nidentifier = \"panel-commands\"\ndescription = \"The commands of the panel.\"\n\
         commands.allow = [{}]\n",
        names.join(", ")
    )
}

fn is_command(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "command")
}

fn command(function: ItemFn) -> Command {
    let arguments = function.sig.inputs.into_iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) if !is_state(&typed.ty) => match *typed.pat {
            Pat::Ident(name) => Some((name.ident.to_string(), *typed.ty)),
            _ => None,
        },
        _ => None,
    });
    Command {
        name: function.sig.ident.to_string(),
        docs: function.attrs.iter().filter_map(doc).collect(),
        arguments: arguments.collect(),
        answer: match function.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, answer) => Some(*answer),
        },
    }
}

/// Tauri gives it, not the page.
fn is_state(argument: &Type) -> bool {
    matches!(argument, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "State"))
}

fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    match &literal.lit {
        Lit::Str(line) if pair.path.is_ident("doc") => Some(line.value().trim().to_owned()),
        _ => None,
    }
}
