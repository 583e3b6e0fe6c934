//! Which stack file to use, and how it is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use contract::Product;
use userdirs::Dirs;

use crate::{Stack, StackFileError, check};

/// A stack file has no more bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

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
        check::parse(text, path)
    }

    /// Reads and checks a stack file.
    pub fn read(path: &Path) -> Result<Self, StackFileError> {
        let text = read_bounded(path)
            .map_err(|source| StackFileError::Unreadable { file: path.to_owned(), source })?;
        Self::parse(&text, Some(path))
    }

    /// The stack to use: `flag` (`--stack`), else the one that the product's variable `…_STACK` names, else `stack.toml` in the user's
    /// configuration folder, else the built-in one. What is in the file is run, so one that was named may not
    /// be everybody's to write, and one that is found has to be the user's own.
    pub fn find(flag: Option<&Path>, product: Product, dirs: &Dirs) -> Result<Self, StackFileError> {
        let variable = std::env::var_os(product.variable("STACK")).filter(|value| !value.is_empty());
        if let Some(path) = flag.or(variable.as_deref().map(Path::new)) {
            userdirs::trust::named(path)?;
            return Self::read(path);
        }
        let own = dirs.config.join("stack.toml");
        if own.exists() {
            userdirs::trust::found(&own)?;
            return Self::read(&own);
        }
        Ok(Self::builtin(product))
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a stack file has at most 1 MiB"));
    }
    Ok(text)
}
