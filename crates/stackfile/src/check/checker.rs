//! Checks one text, and keeps what is wrong with it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use super::environment::Environment;
use crate::{Fault, StackFileError};

/// Checks one text.
pub(super) struct Checker<'a> {
    pub(super) text: &'a str,
    /// From the root on, wherever this process stands later.
    pub(super) absolute: Option<&'a Path>,
    /// What `{env.NAME}` means.
    pub(super) environment: Environment,
    faults: RefCell<Vec<Fault>>,
}

/// Something cannot be used. Why is among the faults of its [`Checker`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused;

impl<'a> Checker<'a> {
    pub(super) fn new(text: &'a str, absolute: Option<&'a Path>, environment: Environment) -> Self {
        Self { text, absolute, environment, faults: RefCell::default() }
    }

    /// Keeps a fault after which nothing can be made of what is being checked.
    pub(super) fn wrong<T>(&self, span: Range<usize>, message: impl Into<String>) -> Result<T, Refused> {
        self.fault(span, message);
        Err(Refused)
    }

    /// Keeps a fault beside which others can be looked for.
    pub(super) fn fault(&self, span: Range<usize>, message: impl Into<String>) {
        self.keep(Fault::at(self.text, span, message));
    }

    pub(super) fn keep(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// What was made of the text, if nothing is wrong with it.
    pub(super) fn outcome<T>(
        self,
        made: Result<T, Refused>,
        path: Option<&Path>,
    ) -> Result<T, StackFileError> {
        let mut faults = self.faults.into_inner();
        match made {
            Ok(made) if faults.is_empty() => Ok(made),
            _ => {
                faults.sort_by_key(|fault| fault.span.start);
                Err(StackFileError::wrong(self.text, path, faults))
            }
        }
    }
}
