//! The password as an argon2id hash: making one, checking one. The text itself is stored nowhere.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use dw_core::config::Secret;
use dw_core::error::{DwError, DwResult};

/// The least number of characters of a password.
pub const LEAST: usize = 10;

/// The hash of a password in the PHC form, for `web.password_hash`.
///
/// # Errors
/// Too short, or no random numbers.
pub fn hash(password: &str) -> DwResult<String> {
    if password.chars().count() < LEAST {
        return Err(DwError::usage(
            format!("a password has at least {LEAST} characters"),
            "type a longer one; several words are easy to remember",
        ));
    }
    let internal = |what: String| DwError::Internal(format!("cannot hash: {what}"));
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(|error| internal(error.to_string()))?;
    let hash =
        Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|error| internal(error.to_string()))?;
    Ok(hash.to_string())
}

/// Refuses a text that is no argon2 hash.
///
/// # Errors
/// [`DwError::Config`].
pub fn check(hash: &Secret) -> DwResult<()> {
    let is_hash = PasswordHash::new(hash.expose()).is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2"));
    if is_hash {
        return Ok(());
    }
    Err(DwError::Config {
        origin: "web.password_hash".to_owned(),
        message: "must be the argon2 hash of a password, as the command `hash-password` prints it, not the password"
            .to_owned(),
    })
}

/// True when the password has this hash. It takes tens of milliseconds, by intent.
pub fn matches(hash: &Secret, password: &[u8]) -> bool {
    PasswordHash::new(hash.expose()).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

/// Random bytes of the operating system.
///
/// # Errors
/// When it has none.
pub(crate) fn random<const N: usize>() -> DwResult<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| DwError::Internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_matches_its_password_alone() {
        let hash = Secret::new(hash("correct horse").unwrap());
        check(&hash).unwrap();
        assert!(matches(&hash, b"correct horse"));
        assert!(!matches(&hash, b"correct horsf"));
        assert!(super::hash("short").is_err());
    }
}
