//! The programs as people use them. One binary, so that it is linked once; its modules are the subjects.

#![cfg(target_os = "linux")]

mod access;
mod addresses;
mod asking;
mod blocked;
mod commands;
mod control;
mod crash;
mod desktop;
mod doctor;
mod endurance;
mod environment;
mod events;
mod examples;
mod guides;
mod harness;
mod health;
mod hidden;
mod init;
mod launch;
mod listeners;
mod mcp;
mod named_ports;
mod orphans;
mod output;
mod pages;
mod ports;
mod profiles;
mod programs;
mod requests;
mod runtime_folder;
mod schema;
mod scripts;
mod serve;
mod services;
mod stack_files;
mod stop;
mod suspended;
mod tasks;
mod terminal;
mod trust;
mod unkillable;
