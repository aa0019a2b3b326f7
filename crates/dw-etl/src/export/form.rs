//! How a row is written: CSV and JSON. Pure text. The `csv` crate is no help here, because it cannot tell NULL from an empty text.

use dw_core::sql_type::SqlType;
use dw_core::value::Value;

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180.
    Csv,
    /// One array, an object a line.
    Json,
}

impl Format {
    /// The ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

type Columns = [(&'static str, SqlType)];

/// What stands before the first row.
pub(super) fn begin(out: &mut Vec<u8>, format: Format, columns: &Columns) {
    match format {
        Format::Csv => {
            for (at, (name, _)) in columns.iter().enumerate() {
                separate(out, at);
                csv_text(out, name);
            }
            out.push(b'\n');
        }
        Format::Json => out.push(b'['),
    }
}

/// One row.
pub(super) fn row(out: &mut Vec<u8>, format: Format, columns: &Columns, row: &[Value], is_first: bool) {
    match format {
        Format::Csv => {
            for (at, ((_, ty), value)) in columns.iter().zip(row).enumerate() {
                separate(out, at);
                csv_value(out, *ty, value);
            }
            out.push(b'\n');
        }
        Format::Json => {
            out.extend_from_slice(if is_first { b"\n{" } else { b",\n{" });
            for (at, ((name, ty), value)) in columns.iter().zip(row).enumerate() {
                separate(out, at);
                json_text(out, name);
                out.push(b':');
                json_value(out, *ty, value);
            }
            out.push(b'}');
        }
    }
}

/// What stands behind the last row.
pub(super) fn end(out: &mut Vec<u8>, format: Format) {
    if format == Format::Json {
        out.extend_from_slice(b"\n]\n");
    }
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

fn csv_value(out: &mut Vec<u8>, ty: SqlType, value: &Value) {
    match value {
        Value::Null => {}
        Value::Text(text) => csv_text(out, text),
        _ => out.extend_from_slice(ty.render(value).unwrap_or_default().as_bytes()),
    }
}

/// A field is quoted when it has to be, and when it is empty: an empty field without quotes is NULL.
fn csv_text(out: &mut Vec<u8>, text: &str) {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn json_value(out: &mut Vec<u8>, ty: SqlType, value: &Value) {
    match (ty, value) {
        (_, Value::Null) => out.extend_from_slice(b"null"),
        (_, Value::Text(text)) => json_text(out, text),
        (SqlType::Bit, Value::Int(bit @ (0 | 1))) => out.extend_from_slice(if *bit == 1 { b"true" } else { b"false" }),
        (SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_), Value::Int(_)) => {
            json_text(out, &ty.render(value).unwrap_or_default());
        }
        _ => out.extend_from_slice(ty.render(value).unwrap_or_default().as_bytes()),
    }
}

fn json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x00..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: &Columns = &[
        ("id", SqlType::BigInt),
        ("nome", SqlType::VarChar(50)),
        ("valor", SqlType::Decimal(15, 2)),
        ("ativo", SqlType::Bit),
        ("em", SqlType::DateTime2(0)),
        ("dia", SqlType::Date),
    ];

    fn file(format: Format, rows: &[Vec<Value>]) -> String {
        let mut out = Vec::new();
        begin(&mut out, format, COLUMNS);
        for (at, values) in rows.iter().enumerate() {
            row(&mut out, format, COLUMNS, values, at == 0);
        }
        end(&mut out, format);
        String::from_utf8(out).unwrap()
    }

    fn sample() -> Vec<Vec<Value>> {
        let text = |text: &str| Value::from(text);
        vec![
            vec![
                7.into(),
                text("Ana, \"a boa\"\nde São Paulo"),
                (-5).into(),
                true.into(),
                1_769_853_600.into(),
                20_484.into(),
            ],
            vec![8.into(), text(""), 16_253_588_866_i64.into(), false.into(), Value::Null, Value::Null],
            vec![9.into(), Value::Null, Value::Null, Value::Null, 0.into(), (-1).into()],
        ]
    }

    #[test]
    fn csv_tells_null_from_an_empty_text_and_keeps_every_digit() {
        assert_eq!(
            file(Format::Csv, &sample()),
            "id,nome,valor,ativo,em,dia\n\
             7,\"Ana, \"\"a boa\"\"\nde São Paulo\",-0.05,1,2026-01-31T10:00:00,2026-01-31\n\
             8,\"\",162535888.66,0,,\n\
             9,,,,1970-01-01T00:00:00,1969-12-31\n"
        );
        assert_eq!(file(Format::Csv, &[]), "id,nome,valor,ativo,em,dia\n");
    }

    #[test]
    fn json_is_one_array_with_an_object_a_line() {
        let text = file(Format::Json, &sample());
        assert_eq!(text.lines().count(), 5);
        assert!(text.contains("\"valor\":162535888.66,\"ativo\":false,\"em\":null,"), "{text}");
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed[0]["nome"], "Ana, \"a boa\"\nde São Paulo");
        assert_eq!(parsed[2]["nome"], serde_json::Value::Null);
        assert_eq!(serde_json::from_str::<Vec<u8>>(&file(Format::Json, &[])).unwrap(), Vec::<u8>::new());
    }

    fn any_text() -> impl Strategy<Value = Option<String>> {
        prop_oneof![Just(None), "[\\PC\\n\\r\\t\",']{0,12}".prop_map(Some)]
    }

    proptest! {
        #[test]
        fn a_reader_of_csv_gets_every_text_back(texts in prop::collection::vec(any_text(), 1..8)) {
            let rows: Vec<Vec<Value>> = texts
                .iter()
                .map(|text| {
                    let mut row = vec![Value::Int(1), text.clone().into()];
                    row.resize(COLUMNS.len(), Value::Null);
                    row
                })
                .collect();
            let text = file(Format::Csv, &rows);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<String> = reader.records().map(|record| record.unwrap()[1].to_owned()).collect();
            let expected: Vec<String> = texts.iter().map(|text| text.clone().unwrap_or_default()).collect();
            prop_assert_eq!(read, expected);
            // What that reader cannot tell: the empty text has quotes, NULL has none.
            let quoted = text.matches("\n1,\"\",").count();
            prop_assert!(quoted >= texts.iter().filter(|text| text.as_deref() == Some("")).count());
        }

        #[test]
        fn a_reader_of_json_gets_every_text_and_number_back(text in any_text(), id in any::<i64>(), cents in any::<i64>()) {
            let row = vec![id.into(), text.clone().into(), cents.into(), Value::Null, Value::Null, Value::Null];
            let written = file(Format::Json, &[row]);
            let parsed: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(parsed[0]["id"].as_i64(), Some(id));
            prop_assert_eq!(parsed[0]["nome"].as_str(), text.as_deref());
            let exact = SqlType::Decimal(15, 2).render(&Value::Int(cents)).unwrap();
            let member = format!("\"valor\":{exact},");
            prop_assert!(written.contains(&member), "{}", written);
        }
    }
}
