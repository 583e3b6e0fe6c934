//! The built-in stack's three services: `backend`, `ui`, `admin`. (Being written.)

pub mod wire;
