//! Reads the panel's commands from their Rust functions.

use std::error::Error;
use std::path::Path;

use syn::{Attribute, Expr, FnArg, Item, ItemFn, Lit, Meta, Pat, ReturnType, Type};

/// A command of the panel.
pub struct Command {
    /// Where its function is.
    pub module: String,
    /// Its name, as a page calls it.
    pub name: String,
    /// The lines of its documentation.
    pub docs: Vec<String>,
    /// Name and type of each argument that a page gives.
    pub arguments: Vec<(String, Type)>,
    /// What it answers; `None` for nothing.
    pub answer: Option<Type>,
}

/// The commands of a file of the shell, in its order.
///
/// # Errors
/// Where the file cannot be read, or is no Rust.
pub fn read(file: &Path) -> Result<Vec<Command>, Box<dyn Error>> {
    let parsed = syn::parse_file(&std::fs::read_to_string(file)?)?;
    let functions = parsed.items.into_iter().filter_map(|item| match item {
        Item::Fn(function) if function.attrs.iter().any(is_command) => Some(function),
        _ => None,
    });
    let module = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(functions.map(|function| command(&module, function)).collect())
}

/// The Rust expression that handles all of them.
pub fn handler(commands: &[Command]) -> String {
    let path = |Command { module, name, .. }: &Command| format!("crate::shell::{module}::{name}");
    let paths: Vec<String> = commands.iter().map(path).collect();
    format!("tauri::generate_handler![{}]", paths.join(", "))
}

/// The permission of that name to call them, for the capability of a window.
pub fn permission<'a>(name: &str, commands: impl Iterator<Item = &'a Command>) -> String {
    let names: Vec<String> = commands.map(|command| format!("{:?}", command.name)).collect();
    format!(
        "[[permission]]\nidentifier = \"{name}-commands\"\ndescription = \"The commands of {name}.\"\n\
         commands.allow = [{}]\n",
        names.join(", ")
    )
}

fn is_command(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "command")
}

fn command(module: &str, function: ItemFn) -> Command {
    let arguments = function.sig.inputs.into_iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) if !is_of_tauri(&typed.ty) => match *typed.pat {
            Pat::Ident(name) => Some((name.ident.to_string(), *typed.ty)),
            _ => None,
        },
        _ => None,
    });
    Command {
        module: module.to_owned(),
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
fn is_of_tauri(argument: &Type) -> bool {
    let Type::Path(path) = argument else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|last| ["State", "AppHandle", "WebviewWindow"].iter().any(|given| last.ident == given))
}

fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    match &literal.lit {
        Lit::Str(line) if pair.path.is_ident("doc") => Some(line.value().trim().to_owned()),
        _ => None,
    }
}
