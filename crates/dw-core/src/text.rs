//! Whether a text fits a column: widths count in Windows-1252 bytes on every engine, and a character outside of that code
//! page does not fit at all (ruling 15).

/// Why a text does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMisfit {
    /// Longer than the column: bytes needed.
    TooLong(usize),
    /// A character that Windows-1252 lacks.
    NotEncodable(char),
}

/// Checks a text against a width in bytes.
///
/// # Errors
/// [`TextMisfit`].
pub fn fits(text: &str, width: usize) -> Result<(), TextMisfit> {
    if text.is_ascii() {
        return if text.len() <= width { Ok(()) } else { Err(TextMisfit::TooLong(text.len())) };
    }
    // Every character of the code page takes one byte there.
    let mut length = 0;
    for character in text.chars() {
        if !is_windows_1252(character) {
            return Err(TextMisfit::NotEncodable(character));
        }
        length += 1;
    }
    if length <= width { Ok(()) } else { Err(TextMisfit::TooLong(length)) }
}

/// True when the code page has the character.
pub fn is_windows_1252(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{7f}'
            | '\u{81}' | '\u{8d}' | '\u{8f}' | '\u{90}' | '\u{9d}'
            | '\u{a0}'..='\u{ff}'
            | '€' | '‚' | 'ƒ' | '„' | '…' | '†' | '‡' | 'ˆ' | '‰' | 'Š' | '‹' | 'Œ' | 'Ž'
            | '‘' | '’' | '“' | '”' | '•' | '–' | '—' | '˜' | '™' | 'š' | '›' | 'œ' | 'ž' | 'Ÿ'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_accent_is_one_byte_and_a_foreign_letter_none() {
        assert_eq!(fits("São", 3), Ok(()));
        assert_eq!(fits("São", 2), Err(TextMisfit::TooLong(3)));
        assert_eq!(fits("€uro", 4), Ok(()));
        assert_eq!(fits("Łódź", 10), Err(TextMisfit::NotEncodable('Ł')));
    }

    proptest! {
        #[test]
        fn a_wider_column_holds_what_a_narrower_one_holds(text in "\\PC{0,12}", width in 0_usize..12) {
            if fits(&text, width).is_ok() {
                prop_assert_eq!(fits(&text, width + 1), Ok(()));
            }
        }
    }
}
