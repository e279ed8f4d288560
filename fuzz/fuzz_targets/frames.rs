#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    secnet_tests::fuzzing::frames(data);
});
