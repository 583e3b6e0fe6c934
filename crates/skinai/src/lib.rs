//! The built-in stack's three services: `backend`, `ui`, `admin`. (Being written.)

pub mod colour;
pub mod measure;
pub mod outline;
pub mod photo;
pub mod wire;
