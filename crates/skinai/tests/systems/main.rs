//! The program as people use it, by what every system promises: these tests are the same on Linux, Windows and macOS.
//! They need the program `fixture` beside `skinai`: `cargo build -p fixture`.

mod chaos;
mod commands;
mod foreign;
mod foreign_stack;
mod place;
mod ports;
