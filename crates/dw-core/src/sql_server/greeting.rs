//! What listens at an address, asked after connecting has failed in a way that the driver cannot explain: whether it is a SQL
//! Server at all, and whether it can encrypt. No login is sent. Not here: the errors (see [`super::link`]).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long it may take to find out: the reader has already waited once.
const PATIENCE: Duration = Duration::from_secs(3);
/// The first packet of a client: its own version, and the wish to encrypt.
const HELLO: [u8; 26] =
    [0x12, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, WANTS_ENCRYPTION];
const WANTS_ENCRYPTION: u8 = 1;
const NO_ENCRYPTION: u8 = 2;
/// The type of an answer.
const ANSWER: u8 = 4;
/// The option that tells about encryption, and the end of the options.
const ENCRYPTION: u8 = 1;
const END: u8 = 0xff;

/// What the first answer of a server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// It is not that of a SQL Server.
    Foreign,
    /// That of one that cannot encrypt.
    Plain,
    /// That of one that can.
    Encrypting,
}

/// Asks. `None` when nobody answers in time.
pub(super) async fn of(host: &str, port: u16) -> Option<Greeting> {
    let asked = async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(&HELLO).await.ok()?;
        let mut header = [0; 8];
        if stream.read_exact(&mut header).await.is_err() || header[0] != ANSWER {
            return Some(Greeting::Foreign);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let mut options = vec![0; length.saturating_sub(header.len()).min(4_096)];
        match stream.read_exact(&mut options).await {
            Ok(_) => Some(understand(&options)),
            Err(_) => Some(Greeting::Foreign),
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
}

/// Reads the options of an answer: five bytes each, which say where a value lies.
fn understand(options: &[u8]) -> Greeting {
    for option in options.chunks_exact(5) {
        match option {
            [END, ..] => break,
            [ENCRYPTION, high, low, ..] => {
                let at = usize::from(u16::from_be_bytes([*high, *low]));
                return match options.get(at) {
                    None => Greeting::Foreign,
                    Some(&NO_ENCRYPTION) => Greeting::Plain,
                    Some(_) => Greeting::Encrypting,
                };
            }
            _ => {}
        }
    }
    Greeting::Foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_server_is_understood_and_other_bytes_are_not() {
        let answer = |encryption: u8| [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, END, 16, 0, 0, 0, 0, 0, encryption];
        assert_eq!(understand(&answer(NO_ENCRYPTION)), Greeting::Plain);
        assert_eq!(understand(&answer(WANTS_ENCRYPTION)), Greeting::Encrypting);
        assert_eq!(understand(&answer(NO_ENCRYPTION)[..12]), Greeting::Foreign);
        assert_eq!(understand(b"HTTP/1.1 400 Bad Request"), Greeting::Foreign);
        assert_eq!(understand(&[]), Greeting::Foreign);
    }
}
