//! What plain cargo cannot do for this workspace.
fn main() {}
