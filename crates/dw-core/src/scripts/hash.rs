//! The hash by which a script is recognized after it has run. Not here: what a changed hash means (see [`super::plan`]).

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// SHA-256 of a script as 64 lowercase hexadecimal digits.
///
/// A checkout on Windows, or an editor that trims, must not make a script another one. So these count for nothing: a byte
/// order mark, CR before LF, blanks and tabs at the end of a line, and empty lines at the end of the text. That they count
/// for nothing inside of a literal of many lines either is the price of not parsing here.
pub fn script_hash(text: &str) -> String {
    let mut hasher = Sha256::new();
    let mut empty_lines = 0_usize;
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n') {
        let line = line.trim_end_matches([' ', '\t', '\r']);
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            hasher.update(b"\n");
        }
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        // Writing to a String cannot fail.
        let _written = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_sha_256_of_the_text_with_its_last_line_ended() {
        // Both from `sha256sum`.
        assert_eq!(script_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(script_hash("abc"), "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb");
    }

    #[test]
    fn what_a_checkout_or_an_editor_changes_does_not_count() {
        let hash = script_hash("CREATE TABLE t\n\n(a INT)\nGO\n");
        for same in [
            "CREATE TABLE t\r\n\r\n(a INT)\r\nGO\r\n",
            "\u{feff}CREATE TABLE t\n\n(a INT)\nGO",
            "CREATE TABLE t \t\n  \n(a INT)\nGO  \n\n \r\n",
        ] {
            assert_eq!(script_hash(same), hash, "{same:?}");
        }
    }

    #[test]
    fn everything_else_counts() {
        let hash = script_hash("CREATE TABLE t\n(a INT)\n");
        for other in [
            "create table t\n(a INT)\n",
            "CREATE TABLE t\n (a INT)\n",
            "CREATE TABLE t\n\n(a INT)\n",
            "\nCREATE TABLE t\n(a INT)\n",
            "CREATE TABLE t (a INT)\n",
            "CREATE TABLE t\n(a INT)\n--\n",
        ] {
            assert_ne!(script_hash(other), hash, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn line_ends_and_trailing_blanks_never_count(lines in prop::collection::vec("[a-z \té]{0,8}", 0..8), end in "[ \r\n\t]{0,4}") {
            let unix = script_hash(&lines.join("\n"));
            prop_assert_eq!(&script_hash(&(lines.join("\r\n") + &end)), &unix);
            prop_assert_eq!(script_hash(&lines.join(" \t\n")), unix);
        }

        #[test]
        fn two_words_have_two_hashes(one in "[a-z]{1,8}", other in "[a-z]{1,8}") {
            prop_assert_eq!(one == other, script_hash(&one) == script_hash(&other));
        }
    }
}
