//! Checks one stack, and keeps what is wrong with it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use super::environment::LauncherEnvironment;
use super::source::Source;
use crate::{Fault, StackFileError};

/// Checks one stack.
pub(super) struct Checker<'a> {
    pub(super) source: Source<'a>,
    /// From the root on, wherever this process stands later.
    pub(super) absolute: Option<&'a Path>,
    /// What `{env.NAME}` means.
    pub(super) environment: LauncherEnvironment,
    /// Of each of the source's texts.
    faults: RefCell<[Vec<Fault>; 2]>,
}

/// Something cannot be used. Why is among the faults of its [`Checker`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused;

impl<'a> Checker<'a> {
    pub(super) fn new(
        source: Source<'a>,
        absolute: Option<&'a Path>,
        environment: LauncherEnvironment,
    ) -> Self {
        Self { source, absolute, environment, faults: RefCell::default() }
    }

    /// Keeps a fault after which nothing can be made of what is being checked.
    pub(super) fn wrong<T>(&self, span: Range<usize>, message: impl Into<String>) -> Result<T, Refused> {
        self.fault(span, message);
        Err(Refused)
    }

    /// Keeps a fault beside which others can be looked for.
    pub(super) fn fault(&self, span: Range<usize>, message: impl Into<String>) {
        self.keep(self.source.fault(span, message));
    }

    pub(super) fn keep(&self, (text, fault): (usize, Fault)) {
        self.faults.borrow_mut()[text].push(fault);
    }

    /// What was made of the text, if nothing is wrong with it.
    pub(super) fn outcome<T>(self, made: Result<T, Refused>) -> Result<T, StackFileError> {
        let texts = self.source.texts().zip(self.faults.into_inner());
        let wrong = texts.filter(|(_, faults)| !faults.is_empty()).map(|(text, mut faults)| {
            faults.sort_by_key(|fault| fault.span.start);
            StackFileError::wrong(text.text, text.path, faults)
        });
        let mut wrong: Vec<_> = wrong.collect();
        match made {
            Ok(made) if wrong.is_empty() => Ok(made),
            _ if wrong.len() == 1 => Err(wrong.remove(0)),
            _ => Err(StackFileError::Several(wrong)),
        }
    }
}
