//! One short text that is equal for two runs exactly when their results are.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256, as hexadecimal digits, of `content` as JSON without spaces. `content` must be made of structs and ordered maps, whose
/// fields come in one order.
pub fn digest(content: &impl Serialize) -> String {
    let mut hasher = Sha256::new();
    if let Err(problem) = serde_json::to_writer(&mut hasher, content) {
        // Hashing cannot fail, nor can what the reports consist of: numbers, texts and maps by text.
        debug_assert!(false, "{problem}");
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_digest_is_that_of_the_compact_json() {
        // printf '{"a":[1,2]}' | sha256sum
        let content = std::collections::BTreeMap::from([("a", [1, 2])]);
        expect!["01530d164d479cf08e26d3b1ad9bdba927120d97e2d057a6d792db778780d720"]
            .assert_eq(&digest(&content));
    }
}
