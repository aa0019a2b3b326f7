//! `ready`: whether the dashboard that runs with these settings answers, for the health check of a container that has no
//! shell and no HTTP client. Shared by the web binaries.
//!
//! It asks `/readyz` of its own address: the process answers and reaches its database. A missed service level is no matter
//! of it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use dw_core::error::{DwError, DwResult};
use dw_core::exit;

use crate::app::Context;

/// How long one step of the question may take: connecting, sending, receiving.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than the status line is not read.
const LONGEST: u64 = 512;

/// Asks the dashboard that listens on `address` and `port`, and says how it is.
///
/// # Errors
/// [`DwError::Config`] for an address that is none; a usage error when standard output cannot be written.
pub fn execute(context: &Context, setting: &str, address: &str, port: u16) -> DwResult<u8> {
    let address: IpAddr = address.trim().parse().map_err(|_| DwError::Config {
        origin: setting.to_owned(),
        message: format!("`{address}` is not an IP address; use one such as 127.0.0.1 or 0.0.0.0"),
    })?;
    let (text, code) = match ask(SocketAddr::new(own(address), port), PATIENCE) {
        Ok(200) => ("ready".to_owned(), exit::OK),
        Ok(status) => (format!("not ready: status {status}"), exit::FAILED),
        Err(error) => (format!("not ready: {error}"), exit::FAILED),
    };
    context.console.line(&text)?;
    Ok(code)
}

/// The address under which this machine reaches what listens on `address`.
fn own(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// The status of `/readyz`.
fn ask(address: SocketAddr, patience: Duration) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    status(&answer).ok_or_else(|| std::io::Error::other("the answer is no HTTP"))
}

/// The number in the first line of an answer.
fn status(answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer);
    let mut words = text.lines().next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 256];
            let length = stream.read(&mut asked).unwrap();
            assert!(asked[..length].starts_with(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn the_status_is_read_from_the_first_line() {
        let patience = Duration::from_secs(10);
        assert_eq!(ask(server("HTTP/1.1 200 OK\r\n\r\nok\n"), patience).unwrap(), 200);
        assert_eq!(ask(server("HTTP/1.1 503 Service Unavailable\r\n\r\n"), patience).unwrap(), 503);
        assert!(ask(server("220 mail.example.com\r\n"), patience).is_err());
    }

    #[test]
    fn a_port_that_nobody_listens_on_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(ask(address, Duration::from_secs(2)).is_err());
    }

    #[test]
    fn what_listens_everywhere_is_asked_on_the_loopback() {
        assert_eq!(own("0.0.0.0".parse().unwrap()), IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(own("::".parse().unwrap()), IpAddr::V6(Ipv6Addr::LOCALHOST));
        assert_eq!(own("10.0.0.5".parse().unwrap()), "10.0.0.5".parse::<IpAddr>().unwrap());
    }
}
