//! What the rules do with texts: blanks, defaults, states and closed domains. Widths are not looked at here: a text
//! that does not fit its column is refused when the row is written (product decision 10).

use crate::entities::guard::invalid;
use crate::reject::Rejection;

/// The text without blanks around it.
pub(super) fn trimmed(text: String) -> String {
    let inner = text.trim();
    if inner.len() == text.len() { text } else { inner.to_owned() }
}

/// The text without blanks around it; `None` when nothing is left.
pub(super) fn optional(text: Option<String>) -> Option<String> {
    text.map(trimmed).filter(|text| !text.is_empty())
}

/// The text without blanks around it, or `default` when nothing is left.
pub(super) fn or_default(text: String, default: &str) -> String {
    optional(Some(text)).unwrap_or_else(|| default.to_owned())
}

/// A text that must not be blank and has no default.
pub(super) fn required(column: &str, text: String) -> Result<String, Rejection> {
    optional(Some(text)).ok_or_else(|| invalid(column, "", "is blank"))
}

/// A text that is unique in the source. Only trailing blanks go, which no comparison sees (ruling 15): to take more
/// would make one value out of two that the source holds apart.
pub(super) fn unique(text: String) -> String {
    let inner = text.trim_end_matches(' ');
    if inner.len() == text.len() { text } else { inner.to_owned() }
}

/// Two ASCII letters in upper case.
pub(super) fn state(column: &str, text: String) -> Result<String, Rejection> {
    let mut text = trimmed(text);
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        text.make_ascii_uppercase();
        Ok(text)
    } else {
        Err(invalid(column, text, "is not a state of two letters"))
    }
}

/// The same, `None` when blank.
pub(super) fn optional_state(column: &str, text: Option<String>) -> Result<Option<String>, Rejection> {
    optional(text).map(|text| state(column, text)).transpose()
}

/// The value of `domain` that the text spells, regardless of case, accents, blanks and hyphens; `None` for another.
pub(super) fn find_in(text: &str, domain: &[&'static str]) -> Option<&'static str> {
    let exact = domain.iter().copied().find(|value| *value == text);
    exact.or_else(|| {
        let folded = fold(text);
        domain.iter().copied().find(|value| fold(value) == folded)
    })
}

/// The value of `domain` that the text spells, or `default` when it is blank. Any other text is refused: a default for
/// it would hide an error of the source.
pub(super) fn domain_or(
    column: &str,
    text: String,
    domain: &[&'static str],
    default: &'static str,
) -> Result<&'static str, Rejection> {
    let text = trimmed(text);
    if text.is_empty() {
        return Ok(default);
    }
    find_in(&text, domain).ok_or_else(|| invalid(column, text, "is not in the domain"))
}

/// The form in which two spellings of a value of a domain are equal. A character without a Latin base letter stays, so
/// that it never matches by chance.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter_map(base_letter).collect()
}

fn base_letter(character: char) -> Option<char> {
    match character {
        'à'..='å' => Some('a'),
        'ç' => Some('c'),
        'è'..='ë' => Some('e'),
        'ì'..='ï' => Some('i'),
        'ñ' => Some('n'),
        'ò'..='ö' => Some('o'),
        'ù'..='ü' => Some('u'),
        'ý' | 'ÿ' => Some('y'),
        // Combining accents, and what separates words.
        '\u{300}'..='\u{36f}' | '-' | '_' => None,
        other if other.is_whitespace() => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: &[&str] = &["Promoção Automática", "Cupom"];

    #[test]
    fn blanks_go_and_a_blank_text_is_no_text() {
        assert_eq!(optional(Some("  Rua 1 \t".into())).as_deref(), Some("Rua 1"));
        assert_eq!(optional(Some(" \u{a0} ".into())), None);
        assert_eq!(optional(None), None);
        assert_eq!(or_default("  ".into(), "Brasil"), "Brasil");
        assert!(required("nome", "  ".into()).is_err());
        assert_eq!(unique(" A 1  ".into()), " A 1");
    }

    #[test]
    fn a_domain_is_found_in_any_case_and_accent_and_nothing_else_is() {
        for spelling in
            ["Promoção Automática", "PROMOCAO AUTOMATICA", "promoc\u{327}a\u{303}o-automática", " promoção automática "]
        {
            assert_eq!(domain_or("tipo", spelling.into(), KINDS, "Cupom"), Ok("Promoção Automática"), "{spelling}");
        }
        assert_eq!(domain_or("tipo", "  ".into(), KINDS, "Cupom"), Ok("Cupom"));
        for other in ["Promoção", "Cupom中", "-", "Cupom1"] {
            let reason = domain_or("tipo", other.into(), KINDS, "Cupom").unwrap_err().reason;
            assert!(reason.contains("tipo") && reason.contains(other), "{reason}");
        }
    }

    #[test]
    fn a_state_is_two_letters() {
        assert_eq!(state("estado", " sp ".into()).as_deref(), Ok("SP"));
        for wrong in ["", "S", "SPX", "S1", "Ã", "ÇÃ"] {
            assert!(state("estado", wrong.into()).is_err(), "{wrong}");
        }
        assert_eq!(optional_state("estado", Some("  ".into())), Ok(None));
    }

    proptest! {
        #[test]
        fn every_text_is_in_the_domain_or_named_in_a_rejection(text in "\\PC{0,20}") {
            match domain_or("tipo", text.clone(), KINDS, "Cupom") {
                Ok(value) => prop_assert!(KINDS.contains(&value)),
                Err(rejection) => prop_assert!(rejection.reason.contains(text.trim())),
            }
        }

        #[test]
        fn a_unique_text_stays_unique(a in "[ aA]{0,4}", b in "[ aA]{0,4}") {
            let equal_in_source = a.trim_end_matches(' ') == b.trim_end_matches(' ');
            prop_assert_eq!(unique(a) == unique(b), equal_in_source);
        }
    }
}
