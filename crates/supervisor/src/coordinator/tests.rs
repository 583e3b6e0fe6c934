mod commands;
mod interleavings;
mod listeners;
mod moves;
mod named_ports;
mod requests;
mod starts;
mod world;
