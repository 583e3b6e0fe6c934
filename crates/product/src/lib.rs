//! The product that the engine runs as: its names, and the stack that is built in.

use contract::Product;

/// The Skin AI Assistant.
pub const SKINAI: Product =
    Product { program: "skinai", variable_prefix: "SKINAI", builtin_stack: include_str!("builtin.toml") };
