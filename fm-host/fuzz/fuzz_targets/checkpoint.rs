//! Any bytes are a checkpoint or an error, even with a correct checksum; the model of a checkpoint can be
//! written, or the error names the reason.

#![no_main]

use fm_host::export;
use fm_host::train::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&fm_host_fuzz::sealed(bytes));
});

fn read(bytes: &[u8]) {
    let Ok(checkpoint) = Checkpoint::from_bytes(bytes) else { return };
    let _ = (checkpoint.id(), checkpoint.is_finite());
    let _ = export::blob(&checkpoint.config, &checkpoint.state.average, true);
    let again = Checkpoint::from_bytes(&checkpoint.to_bytes().expect("plain fields"));
    assert_eq!(again.expect("its own output").step, checkpoint.step);
}
