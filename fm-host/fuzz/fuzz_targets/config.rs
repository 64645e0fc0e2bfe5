//! Any text is a configuration or an error; a configuration is read back as it was written.

#![no_main]

use fm_host::train::RunConfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(config) = serde_json::from_slice::<RunConfig>(text) else { return };
    let json = serde_json::to_vec(&config).expect("plain fields");
    let again: RunConfig = serde_json::from_slice(&json).expect("its own output");
    again.same_as(&config).expect("the same");
    let _ = (config.train.validate(), config.has_none_row());
});
