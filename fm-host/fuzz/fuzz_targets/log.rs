//! Any bytes are a log; the lines that are kept are a log without damage.

#![no_main]

use fm_host::train::Log;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    for last in [100, u64::MAX] {
        let log = Log::read(text, last).expect("in memory");
        assert!(log.rows.iter().all(|row| row.step <= last));
        let again = Log::read(&log.text[..], last).expect("in memory");
        assert_eq!((again.rows, again.text, again.damaged), (log.rows, log.text, 0));
    }
});
