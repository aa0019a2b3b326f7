//! How an error is shown: message, hint and code for people, one object for programs.

use dw_core::error::DwError;
use serde::Serialize;

/// An error as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The stable code: `DW-E0001`.
    pub code: &'static str,
    /// What went wrong.
    pub message: String,
    /// What the reader can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Exit code of a command that ends with it.
    pub exit_code: u8,
}

impl From<&DwError> for Failure {
    fn from(error: &DwError) -> Self {
        Self { code: error.code(), message: error.to_string(), hint: Some(error.hint()), exit_code: error.exit_code() }
    }
}

impl Failure {
    /// A few lines for a person.
    pub fn text(&self, colour: bool) -> String {
        let label = if colour { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        let hint = self.hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        format!("{label} {}\n{hint}code: {}\n", self.message, self.code)
    }

    /// One line for a program.
    pub fn json(&self) -> String {
        serde_json::json!({ "error": self }).to_string()
    }
}
