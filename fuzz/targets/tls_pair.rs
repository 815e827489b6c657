#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| connect_testkit::fuzz::tls_pair(input));
