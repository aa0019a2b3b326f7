//! Names of cities: several spellings of one city have one key, and the best spelling is the one to show.
//! Not here: which cities there are (see [`super::places`]).

/// Words that stay lower case inside of a name.
const PARTICLES: [&str; 6] = ["de", "da", "do", "das", "dos", "e"];

/// The key by which spellings of one city in one state are the same: no accents, no case, no punctuation, no junk behind the name.
/// `None` when the text is no name of a place. Applying it to its own result changes nothing.
pub(super) fn city_key(text: &str, state: &str) -> Option<String> {
    let state = state.to_lowercase();
    let mut folded = String::with_capacity(text.len());
    for character in clean(text, &state)?.chars() {
        match character {
            // An apostrophe or a combining accent vanishes, so that `d'oeste` and `doeste` meet.
            '\'' | '\u{300}'..='\u{36f}' => {}
            _ => match fold(character) {
                Some(letter) => folded.push(letter),
                None if character.is_alphanumeric() => folded.push(character),
                None => folded.push(' '),
            },
        }
    }
    let mut words: Vec<String> = Vec::new();
    for word in folded.split_whitespace() {
        match words.last_mut() {
            // `d oeste` is `d'oeste` without its apostrophe.
            Some(last) if last == "d" => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
    }
    while words.len() > 1 && words.last().is_some_and(|last| *last == state) {
        let _ = words.pop();
    }
    let key = words.join(" ");
    (key.chars().filter(|character| character.is_alphabetic()).count() >= 2).then_some(key)
}

/// A spelling as it is shown: capitals, accents kept, junk cut off. Falls back to the key when the text has none of its own.
pub(super) fn city_name(text: &str, state: &str) -> Option<String> {
    let key = city_key(text, state)?;
    let shown = title(&clean(text, &state.to_lowercase())?);
    // What cannot be shown as one clean name (a stray sign, a combining accent) is shown by its key.
    let sound = shown.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'')) && !shown.is_empty();
    Some(if sound && dw_core::text::fits(&shown, usize::MAX).is_ok() { shown } else { title(&key) })
}

/// Lower case, one blank between words, one kind of apostrophe, nothing behind the name.
fn clean(text: &str, state: &str) -> Option<String> {
    let lower = text.to_lowercase();
    if lower.contains('@') {
        return None;
    }
    let lower: String = lower.chars().map(|c| if matches!(c, '’' | '‘' | '´' | '`') { '\'' } else { c }).collect();
    // `maua/sao paulo`, `novo hamburgo, rio grande do sul`, `arraial d'ajuda (porto seguro)`, `sao paulo - sp`.
    let lower = lower.trim();
    let name = lower.split(['(', '/', '\\', ',', ';']).next().unwrap_or(lower);
    let name = name.split(" - ").next().unwrap_or(name);
    let mut name = name.trim_matches(|c: char| !c.is_alphanumeric());
    // `andira-pr`, `sao paulo sp`.
    while let Some(before) = name.strip_suffix(state).filter(|before| before.ends_with(['-', ' '])) {
        let before = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        if before.is_empty() || state.is_empty() {
            break;
        }
        name = before;
    }
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// The letter below an accent; `None` for what is not a Latin letter with an accent.
fn fold(character: char) -> Option<char> {
    Some(match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        _ => return None,
    })
}

/// `santa bárbara d'oeste` as `Santa Bárbara d'Oeste`.
fn title(text: &str) -> String {
    let words: Vec<String> = text
        .split(' ')
        .enumerate()
        .map(|(index, word)| {
            let parts: Vec<String> = word
                .split('-')
                .map(|part| match part.strip_prefix("d'") {
                    _ if index > 0 && PARTICLES.contains(&part) => part.to_owned(),
                    Some(rest) if index > 0 => format!("d'{}", capital(rest)),
                    _ => capital(part),
                })
                .collect();
            parts.join("-")
        })
        .collect();
    words.join(" ")
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let mut upper = first.to_uppercase();
    // Some letters of the code page have a capital that it lacks, or one of two letters: those stay small.
    let capital = match (upper.next(), upper.next()) {
        (Some(capital), None) if dw_core::text::is_windows_1252(capital) => capital,
        _ => first,
    };
    std::iter::once(capital).chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_city_have_one_key() {
        for spelling in [
            "são paulo",
            "SAO PAULO",
            " sao  paulo ",
            "sao paulo - sp",
            "sao paulo/sp",
            "São Paulo (capital)",
            "sao paulo-sp",
            "sao paulo sp",
            "sa\u{303}o paulo",
            "sao paulo, brasil",
            "são paulo.",
        ] {
            assert_eq!(city_key(spelling, "SP").as_deref(), Some("sao paulo"), "{spelling}");
        }
        for spelling in [
            "santa barbara d'oeste",
            "santa bárbara d´oeste",
            "santa barbara d oeste",
            "Santa Barbara Doeste",
            "santa barbara d’oeste",
        ] {
            assert_eq!(city_key(spelling, "SP").as_deref(), Some("santa barbara doeste"), "{spelling}");
        }
        assert_eq!(city_key("mogi-mirim", "SP"), city_key("Mogi Mirim", "SP"));
        assert_eq!(city_key("monte gordo (camacari) - distrito", "BA").as_deref(), Some("monte gordo"));
    }

    #[test]
    fn junk_is_no_city() {
        for junk in ["", "  ", "04482255", "vendas@creditparts.com.br", "-", "(sao paulo)", "x"] {
            assert_eq!(city_key(junk, "SP"), None, "{junk}");
        }
        // A name that is also a state is not cut down to nothing.
        assert_eq!(city_key("sp / sp", "SP").as_deref(), Some("sp"));
    }

    #[test]
    fn a_name_is_shown_as_it_is_written_in_brazil() {
        assert_eq!(city_name("rio de janeiro", "RJ").as_deref(), Some("Rio de Janeiro"));
        assert_eq!(city_name("santa bárbara d´oeste", "SP").as_deref(), Some("Santa Bárbara d'Oeste"));
        assert_eq!(city_name("dias d'ávila", "BA").as_deref(), Some("Dias d'Ávila"));
        assert_eq!(city_name("embu-guaçu", "SP").as_deref(), Some("Embu-Guaçu"));
        assert_eq!(city_name("água boa", "MT").as_deref(), Some("Água Boa"));
        assert_eq!(city_name("SÃO JOSÉ DOS CAMPOS - SP", "SP").as_deref(), Some("São José dos Campos"));
        assert_eq!(city_name("sa\u{303}o paulo", "SP").as_deref(), Some("Sao Paulo"));
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_key(text in "\\PC{0,24}", state in "[A-Z]{2}") {
            if let Some(key) = city_key(&text, &state) {
                prop_assert_eq!(city_key(&key, &state), Some(key));
            }
        }

        #[test]
        fn the_key_of_a_likely_spelling_is_stable(text in "[a-dA-D spSPãç'´.,(/-]{0,16}", state in "SP|DF|DD") {
            if let Some(key) = city_key(&text, &state) {
                prop_assert_eq!(city_key(&key, &state), Some(key.clone()));
                let shown = city_name(&text, &state).unwrap();
                prop_assert_eq!(city_key(&shown, &state), Some(key), "{}", shown);
            }
        }
    }
}
