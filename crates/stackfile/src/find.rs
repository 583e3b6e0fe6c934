//! Which stack file to use, and how it is read.

use std::path::{Path, PathBuf};

use contract::{InstanceName, Product};
use userdirs::Dirs;

use crate::check::{self, Source, Text, Trust};
use crate::read_bounded::read_bounded;
use crate::{Draft, ServiceSelection, Stack, StackFileError, is_procfile, is_project, project_file};

impl Stack {
    /// The stack that a product has built in.
    pub fn builtin(product: Product) -> Self {
        match Self::parse(product.builtin_stack, None) {
            Ok(stack) => stack,
            Err(error) => unreachable!("the built-in stack file is checked by a test: {error}"),
        }
    }

    /// Reads and checks the text of a stack file; `path` is for messages and for relative folders.
    pub fn parse(text: &str, path: Option<&Path>) -> Result<Self, StackFileError> {
        check::parse(Source::new(Text { text, path }, None), userdirs::trust::named)
    }

    /// Reads and checks a stack file, or a Procfile, that can be trusted, with what lies beside it: `NAME.local.toml`, where there is
    /// one, is merged over it.
    pub(crate) fn read(path: &Path, trust: Trust) -> Result<Self, StackFileError> {
        trust(path)?;
        let read = |path: &Path| {
            read_bounded(path).map_err(|source| StackFileError::Unreadable { file: path.to_owned(), source })
        };
        let written = read(path)?;
        let drafted = is_procfile(path).then(|| Draft::of_procfile(&written, path)).transpose()?;
        let drafted = drafted.map(|draft| draft.to_toml());
        let text = drafted.as_ref().unwrap_or(&written);
        let local = path.with_extension("local.toml");
        let local = if local != path && local.exists() {
            trust(&local)?;
            Some((read(&local)?, local))
        } else {
            None
        };
        let local = local.as_ref().map(|(text, path)| Text { text, path: Some(path) });
        let checked = check::parse(Source::new(Text { text, path: Some(path) }, local), trust);
        // What is wrong does not stand where it does in the text that was made of a Procfile.
        checked.map_err(|error| if drafted.is_none() { error } else { error.in_text(&written) })
    }

    /// The stack to use: the one that [is named](named), else [that of `folder`](of_folder), where one is given, else
    /// `stack.toml` in the user's configuration folder, else the built-in one; with what is selected of it. What is in the file is run, so one
    /// that was named may not be everybody's to write, and one that is found has to be the user's own.
    pub fn find(
        flag: Option<&Path>,
        folder: Option<&Path>,
        selection: &ServiceSelection,
        product: Product,
        dirs: &Dirs,
    ) -> Result<Self, StackFileError> {
        let found = || {
            let own = Some(dirs.config.join("stack.toml")).filter(|path| path.exists());
            folder.and_then(|folder| of_folder(folder, product)).or(own)
        };
        let mut stack = match named(flag, product) {
            Some(path) => Self::read(&path, userdirs::trust::named)?,
            None => found().map_or_else(
                || Ok(Self::builtin(product)),
                |path| Self::read(&path, userdirs::trust::found),
            )?,
        };
        stack.select(selection, product)?;
        Ok(stack)
    }
}

/// The stack file that is named: by `flag` (`--stack`), else by the product's variable `…_STACK`.
pub fn named(flag: Option<&Path>, product: Product) -> Option<PathBuf> {
    let variable = || std::env::var_os(product.variable("STACK")).filter(|value| !value.is_empty());
    flag.map(Path::to_owned).or_else(|| variable().map(PathBuf::from))
}

/// The stack file of a folder: `PROGRAM.toml` there, else in the nearest one above it.
pub fn of_folder(folder: &Path, product: Product) -> Option<PathBuf> {
    nearest(folder, &project_file(product))
}

/// The Procfile of a folder, likewise. It is a stack file for who names it.
pub fn procfile_of_folder(folder: &Path) -> Option<PathBuf> {
    nearest(folder, "Procfile")
}

fn nearest(folder: &Path, name: &str) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What an instance of a stack file is called that is given no name: after the folder of a project, else after the
/// file.
pub fn instance_name(file: &Path, product: Product) -> InstanceName {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let named =
        if is_project(&file, product) { file.parent().and_then(Path::file_name) } else { file.file_stem() };
    InstanceName::after(&named.unwrap_or_default().to_string_lossy())
}
