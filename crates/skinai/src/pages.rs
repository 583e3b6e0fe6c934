//! The built pages, as they lay in `ui/dist` when the program was built.

use crate::serve::{Asset, Pages};

include!(concat!(env!("OUT_DIR"), "/pages.rs"));
