//! Style sheet, script and icon, compiled in. Their addresses bear a hash of their content, so that a browser may keep them
//! for ever and never shows an old one. Nothing is loaded from another host.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    kind: &'static str,
    text: &'static str,
    address: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            kind: $kind,
            text: include_str!(concat!("../assets/", $name)),
            address: LazyLock::new(|| address($name, include_str!(concat!("../assets/", $name)))),
        }
    };
}

/// The style sheet.
pub static STYLE: Asset = asset!("app.css", "text/css; charset=utf-8");
/// The script, which pages do without.
pub static SCRIPT: Asset = asset!("app.js", "text/javascript; charset=utf-8");
/// The icon.
pub static ICON: Asset = asset!("icon.svg", "image/svg+xml");

static ALL: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];

impl Asset {
    /// The address on this host: `/assets/0123456789ab-app.css`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn address(name: &str, text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{hash}-{name}")
}

/// `GET /assets/{name}`.
pub async fn serve(Path(name): Path<String>) -> Response {
    let found = ALL.iter().find(|asset| asset.address().strip_prefix("/assets/") == Some(name.as_str()));
    found.map_or_else(
        || (StatusCode::NOT_FOUND, "Não encontrado.\n").into_response(),
        |asset| {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.text).into_response()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_from_another_host_and_names_are_apart() {
        for asset in ALL {
            let foreign = asset.text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !foreign.contains("http:") && !foreign.contains("https:") && !foreign.contains("@import"),
                "{}",
                asset.address()
            );
        }
        assert_ne!(STYLE.address(), SCRIPT.address());
    }
}
