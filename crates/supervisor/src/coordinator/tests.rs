mod interleavings;
mod moves;
mod requests;
mod starts;
mod world;
