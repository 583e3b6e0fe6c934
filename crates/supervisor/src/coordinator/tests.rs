mod interleavings;
mod listeners;
mod moves;
mod requests;
mod starts;
mod world;
