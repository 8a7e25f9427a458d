#![no_main]

#[path = "../parsers.rs"]
#[allow(dead_code, reason = "each target uses its part")]
mod parsers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::journal(data));
