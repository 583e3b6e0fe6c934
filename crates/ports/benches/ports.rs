//! Draft.
fn main() {
    divan::main();
}
