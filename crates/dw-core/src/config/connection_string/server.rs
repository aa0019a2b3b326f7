//! The server of a connection: `host`, `host,port`, `tcp:host,port`, as SQL Server's clients write it.
//! Not here: whether the host exists. No message repeats the text.

use std::fmt;

/// A server that TCP can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct Server {
    /// Name or address, an IPv6 address without brackets.
    pub host: String,
    /// The port, when the text names one.
    pub port: Option<u16>,
}

/// Why a text is no such server. Its text fits behind the name of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum ServerFault {
    /// Neither a name nor an address.
    Host,
    /// A named instance without a port.
    Instance,
    /// Named pipes, shared memory, the administrator's connection.
    Protocol,
    /// `host:port`.
    Colon,
    /// A port that is none.
    Port,
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "must be a host name or an address, with or without a port: `host` or `host,1433`",
            Self::Instance => {
                "must give the port of a named instance (`host,port`): this build does not ask SQL Server Browser for \
                 it"
            }
            Self::Protocol => "must be reached by TCP: `tcp:host,1433` or `host,1433`",
            Self::Colon => "must have a comma before the port: `host,1433`",
            Self::Port => "must have a port from 1 to 65535 behind the comma",
        })
    }
}

/// Reads a server.
pub(in crate::config) fn parse(text: &str) -> Result<Server, ServerFault> {
    let text = text.trim();
    let text = match text.split_once(':') {
        Some((protocol, rest)) if protocol.trim().eq_ignore_ascii_case("tcp") => rest.trim(),
        Some((protocol, _))
            if ["np", "lpc", "via", "admin"].iter().any(|p| protocol.trim().eq_ignore_ascii_case(p)) =>
        {
            return Err(ServerFault::Protocol);
        }
        _ => text,
    };
    let (host, port) = match text.split_once(',') {
        Some((host, port)) => (host.trim(), Some(parse_port(port)?)),
        None => (text, None),
    };
    // With a port the name of the instance says nothing more; SqlClient leaves it aside as well.
    let host = match host.split_once('\\') {
        Some(_) if host.starts_with(r"\\") => return Err(ServerFault::Protocol),
        Some((host, _)) if port.is_some() => host.trim_end(),
        Some(_) => return Err(ServerFault::Instance),
        None => host,
    };
    Ok(Server { host: parse_host(host)?, port })
}

/// A port as a text.
pub(in crate::config) fn parse_port(text: &str) -> Result<u16, ServerFault> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0).ok_or(ServerFault::Port)
}

fn parse_host(host: &str) -> Result<String, ServerFault> {
    if host == "." || host.eq_ignore_ascii_case("(local)") {
        return Ok("localhost".to_owned());
    }
    if host.contains("]:") {
        return Err(ServerFault::Colon);
    }
    let address = host.strip_prefix('[').map_or(Some(host), |rest| rest.strip_suffix(']')).ok_or(ServerFault::Host)?;
    match address.matches(':').count() {
        0 if host.starts_with('[') => Err(ServerFault::Host),
        0 if is_name(address) => Ok(address.to_owned()),
        0 => Err(ServerFault::Host),
        // `host:1433` is the form of everybody else, so it is a slip worth a message of its own.
        1 => Err(ServerFault::Colon),
        // The zone behind `%` names a network interface.
        _ if address.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '%' | '-' | '_')) => {
            Ok(address.to_owned())
        }
        _ => Err(ServerFault::Host),
    }
}

/// A name that a name service could know. Names of other alphabets are left to it.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}
