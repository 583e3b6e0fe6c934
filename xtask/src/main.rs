//! (being laid out)
fn main() {}
