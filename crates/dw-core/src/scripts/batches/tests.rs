use proptest::prelude::*;

use super::*;

fn texts(script: &str) -> Vec<String> {
    split(script).unwrap().into_iter().map(|batch| batch.text).collect()
}

fn refused(script: &str) -> String {
    split(script).unwrap_err().to_string()
}

#[test]
fn a_line_of_its_own_separates() {
    assert_eq!(texts("SELECT 1\nGO\nSELECT 2\ngo\n\n  Go \t\r\nSELECT 3"), ["SELECT 1", "SELECT 2", "SELECT 3"]);
    assert_eq!(texts("\u{feff}GO\r\nSELECT 1\r\nGO\r\n"), ["SELECT 1"]);
    assert_eq!(texts("SELECT 1\nGO\u{a0}"), ["SELECT 1"]);
}

#[test]
fn a_word_that_only_looks_like_a_separator_is_none() {
    for text in [
        "SELECT 1 GO",
        "SELECT x\nFROM t; GO\nWHERE 1 = 1",
        "GOTO done\ndone:",
        "go_1\nGO1\nGO5\n@GO\n#GO\nGO$",
        "SELECT t\nGO.x",
        "SELECT 1\n[GO]",
        "SELECT 1\n'GO'",
        "éGO\nGÖ",
    ] {
        assert_eq!(texts(text), [text]);
    }
}

#[test]
fn inside_of_literals_identifiers_and_comments_there_is_no_separator() {
    for text in [
        "SELECT 'a\nGO\n''\nGO\n'",
        "SELECT N'it''s\nGO\n--'",
        "SELECT [a]]\nGO\n'] FROM t",
        "SELECT \"a\"\"\nGO\n\" FROM t",
        "SELECT 1 /*\nGO\n/* GO\n*/\nGO\n' */",
        "SELECT 1 -- don't\nFROM t",
        "SELECT 1 -- /* \nFROM t",
        "SELECT '/*', '--'\nFROM t",
        "SELECT 1 /* -- */ + 1",
        "SELECT 1 /*/ GO\nGO\n*/",
    ] {
        assert_eq!(texts(text), [text]);
    }
    assert_eq!(texts("SELECT 1 -- don't\nGO\nSELECT '-- ' + 'x'\nGO\n"), ["SELECT 1 -- don't", "SELECT '-- ' + 'x'"]);
}

#[test]
fn a_separator_may_have_comments_around_it() {
    assert_eq!(texts("A\nGO -- 'x\nB\nGO--x\nC\nGO /* y */ -- z\nD"), ["A", "B", "C", "D"]);
    assert_eq!(texts("A\n/* c */ GO\nB\n/* d\ne */GO\nC"), ["A\n/* c */", "B\n/* d\ne */", "C"]);
    assert_eq!(split("A\nGO 3--x\n").unwrap()[0].repeat, 3);
    let batches = split("A\nGO /* of the next\nbatch */\nB\n").unwrap();
    assert_eq!(batches[1], Batch { text: "/* of the next\nbatch */\nB".to_owned(), line: 2, repeat: 1 });
}

#[test]
fn a_batch_of_blanks_and_comments_is_left_out() {
    assert_eq!(split("").unwrap(), []);
    assert_eq!(split(" \r\n-- nothing\nGO\n/* nothing\n*/ GO 7\n\nGO\n").unwrap(), []);
}

#[test]
fn a_count_repeats_and_a_line_is_that_of_the_script() {
    let batches = split("\n\n  SELECT 1\n\nGO 12\n-- why\nSELECT\n2\n").unwrap();
    assert_eq!(batches[0], Batch { text: "SELECT 1".to_owned(), line: 3, repeat: 12 });
    assert_eq!(batches[1], Batch { text: "-- why\nSELECT\n2".to_owned(), line: 6, repeat: 1 });
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let messages: Vec<String> = [
        "A\nGO 0",
        "A\nGO -1\n",
        "A\nGO +1\n",
        "A\nGO 1.5\n",
        "A\nGO 3 4\n",
        "A\nGO 4294967296\n",
        "A\n\nGO five--x\n",
        "A\nGO;\n",
        "A\nGO 2 ;\n",
        "A\nGO\n\nSELECT 'x\nGO\n",
        "A\n\"x\nGO\n",
        "SELECT [x\nGO\n",
        "A\nGO\n/* /* */\nGO\n",
        "A\nGO /*",
    ]
    .iter()
    .map(|script| format!("{script:?}\n    {}", refused(script)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"));
}

/// Pieces in which `GO` never separates, wherever they stand.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop_oneof![
        Just("SELECT 1;"),
        Just("'a\nGO\n''\r\nGO 5\n'"),
        Just("N'GO'"),
        Just("[x]]\nGO\n'\"]"),
        Just("\"q\"\"\nGO\n'[\""),
        Just("/* a\nGO\n/* '\nGO\n*/ \"\n*/"),
        Just("-- GO '\"[/*\n"),
        Just("GOTO ende"),
        Just("ação_GO"),
        Just("x GO"),
        Just("1 - -1 / 2 * 3"),
    ];
    prop_oneof![3 => fixed.prop_map(str::to_owned), 1 => "[a-fA-F_ ]{0,5}x"]
}

fn batch_text() -> impl Strategy<Value = String> {
    let glue = prop_oneof![Just(" "), Just("\n"), Just("\r\n"), Just("\n\n\t")];
    prop::collection::vec((piece(), glue), 1..6).prop_map(|pieces| {
        let text: String = pieces.into_iter().flat_map(|(piece, glue)| [piece, glue.to_owned()]).collect();
        // A statement, so that the batch is not left out.
        format!("SELECT {}", text.trim())
    })
}

fn separator() -> impl Strategy<Value = (String, u32)> {
    let (ends, tails) = (prop_oneof![Just("\n"), Just("\r\n")], prop_oneof![Just(""), Just("-- x"), Just("/* 'y */")]);
    (prop_oneof![Just("GO"), Just("go"), Just("Go")], "[ \t]{0,2}", prop::option::of(1_u32..9), tails, ends).prop_map(
        |(word, blanks, count, tail, end)| {
            let shown = count.map_or(String::new(), |count| format!(" {count}"));
            (format!("{end}{blanks}{word}{shown}{blanks}{tail}{end}"), count.unwrap_or(1))
        },
    )
}

proptest! {
    #[test]
    fn joined_batches_come_back(batches in prop::collection::vec((batch_text(), separator()), 1..6)) {
        let mut script = String::new();
        let mut expected = Vec::new();
        for (text, (separator, repeat)) in &batches {
            let line = 1 + script.matches('\n').count();
            expected.push(Batch { text: text.clone(), line, repeat: *repeat });
            script.push_str(text);
            script.push_str(separator);
        }
        prop_assert_eq!(split(&script).unwrap(), expected);
    }

    #[test]
    fn a_text_without_separators_is_one_batch(text in batch_text()) {
        let batches = split(&text).unwrap();
        prop_assert_eq!(batches, vec![Batch { text, line: 1, repeat: 1 }]);
    }

    #[test]
    fn any_text_is_split_or_refused(text in "\\PC*") {
        let _either = split(&text);
    }

    /// What was split once has no separator in it, and each batch stands at its line.
    #[test]
    fn a_batch_is_split_no_further(text in "([GOgo'\"\\[\\]/*\\-;03x\n]|\r\n| |GO\n|\nGO|/\\*|\\*/){0,40}") {
        let Ok(batches) = split(&text) else { return Ok(()) };
        let lines: Vec<&str> = text.split('\n').collect();
        for batch in batches {
            let first = batch.text.split('\n').next().unwrap_or_default();
            prop_assert!(lines[batch.line - 1].contains(first));
            prop_assert!(text.contains(&batch.text));
            prop_assert_eq!(split(&batch.text).unwrap(), vec![Batch { line: 1, repeat: 1, ..batch }]);
        }
    }

    #[test]
    fn an_error_names_a_line_of_the_text(text in "([GOgo'\"\\[\\]/*\\-;03x\n]|GO |\nGO|/\\*){0,40}") {
        if let Err(error) = split(&text) {
            prop_assert!(error.line >= 1 && error.line <= text.split('\n').count());
        }
    }
}
