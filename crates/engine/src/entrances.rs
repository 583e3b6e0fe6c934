//! Who gets which secret, and the ways into services for a browser.
//!
//! The user's secret goes to the product's own services alone. A service of the stack's own gets one of its own where
//! the stack file asks for it.

use std::ffi::OsString;
use std::path::PathBuf;

use access::Door;
use contract::{ApiError, Entrance, ErrorCode, Product, ServiceSnapshot};
use stackfile::Stack;

use crate::launch_options::LaunchOptions;
use crate::programs;
use crate::secret::random_hex;

/// The secrets of a launch. Its codes end with it.
pub(crate) struct Entrances {
    secret: String,
    product: Product,
    stack: Stack,
    /// Of the codes of this instance, which runs once at a time.
    folder: PathBuf,
    /// That of this launch.
    launch: String,
}

impl Entrances {
    pub(crate) fn new(secret: String, options: &LaunchOptions, instance: &str) -> Self {
        let folder = options.dirs.runtime.join("codes").join(instance);
        // Those of a launch that was killed are of no use.
        let _ = std::fs::remove_dir_all(&folder);
        Self {
            secret,
            product: options.product,
            stack: options.stack.clone(),
            folder,
            launch: random_hex::<8>(),
        }
    }

    /// The variables of a service that hold a secret, or say where its codes are.
    pub(crate) fn variables(&self, service: &str) -> Vec<(OsString, OsString)> {
        let token = |secret: String| (self.product.variable("TOKEN").into(), secret.into());
        if self.is_own(service) {
            let codes = (self.product.variable("CODES").into(), self.codes(service).into());
            vec![token(self.secret.clone()), codes]
        } else if self.stack.services.get(service).is_some_and(|service| service.secret) {
            vec![token(access::secret_of_service(&self.secret, &self.stack.name, service))]
        } else {
            Vec::new()
        }
    }

    /// A way into a service, where people are to use it and its address is its own.
    pub(crate) fn open(&self, row: &ServiceSnapshot) -> Result<Entrance, ApiError> {
        let label = &row.label;
        let Some(address) = row.address_to_open() else {
            return Err(if row.open_url.is_none() {
                ApiError::new(
                    ErrorCode::BadRequest,
                    format!("{label} is not meant to be opened in a browser"),
                )
            } else {
                let text = format!("{label} is not at its address: its state is {}", row.state);
                ApiError::new(ErrorCode::NotHealthy, text)
            });
        };
        let Some(port) = row.port.filter(|_| self.is_own(&row.name)) else {
            return Ok(Entrance { address: address.to_owned(), file: None });
        };
        let codes = self.codes(&row.name);
        let made = userdirs::private_folder(&codes)
            .and_then(|()| Door::of_launch(&self.secret, codes, port).make_entrance(address));
        let made = made.map_err(|error| {
            ApiError::new(
                ErrorCode::Internal,
                format!("cannot write the page that leads to {label}: {error}"),
            )
        })?;
        Ok(Entrance { address: made.address, file: Some(made.file) })
    }

    fn is_own(&self, service: &str) -> bool {
        self.stack.services.get(service).is_some_and(|found| programs::is_own(service, found, self.product))
    }

    fn codes(&self, service: &str) -> PathBuf {
        self.folder.join(&self.launch).join(service)
    }
}

impl Drop for Entrances {
    fn drop(&mut self) {
        // Nothing was opened, or somebody else has cleared the runtime folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
