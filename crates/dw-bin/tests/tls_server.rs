//! Whom the binaries trust: a server whose certificate nobody vouches for gets no login, one that the named authority vouches
//! for does. The server is one of the test's own, which agrees on TLS and refuses every login.
//! Not here: other bad input for a server (`bad_input_server.rs`).
#![cfg(feature = "etl")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "server/mod.rs"]
mod server;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dw_core::config::{ConnectionTarget, Secret};
use dw_core::exit;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

const SECRET: &str = "Hush-hush-4711";
/// The types of packets.
const ANSWER: u8 = 4;
const PRELOGIN: u8 = 0x12;

/// An authority, or who it vouches for.
struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

/// A certificate that `by` signs, or that signs itself.
fn identity(name: &str, by: Option<&Identity>) -> Identity {
    let key = PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(u32::from(by.is_some()) + 1).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(by.map_or(&*subject, |by| by.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    if by.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    } else {
        let mut names = SubjectAlternativeName::new();
        let names = if name.contains(|c: char| c.is_ascii_alphabetic()) { names.dns(name) } else { names.ip(name) };
        let names = names.build(&builder.x509v3_context(by.map(|by| &*by.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
    Identity { certificate: builder.build(), key }
}

/// The stream under TLS: while the two sides agree on it, its bytes lie in packets of TDS.
struct InPackets {
    tcp: TcpStream,
    agreed: bool,
    left: usize,
}

impl Read for InPackets {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.agreed {
            return self.tcp.read(buffer);
        }
        if self.left == 0 {
            self.left = header(&mut self.tcp)?.1;
        }
        let most = buffer.len().min(self.left);
        let read = self.tcp.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Write for InPackets {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.agreed {
            return self.tcp.write(bytes);
        }
        self.tcp.write_all(&packet(PRELOGIN, bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// The type of the next packet, and how long it is behind its header.
fn header(stream: &mut impl Read) -> io::Result<(u8, usize)> {
    let mut header = [0; 8];
    stream.read_exact(&mut header)?;
    Ok((header[0], usize::from(u16::from_be_bytes([header[2], header[3]])) - header.len()))
}

fn packet(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len() + 8).unwrap().to_be_bytes();
    [&[kind, 1, length[0], length[1], 0, 0, 1, 0], bytes].concat()
}

/// Version, and that it encrypts everything.
const HELLO: [u8; 18] = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 1];

/// Error 18456 and the end.
fn refusal() -> Vec<u8> {
    let text: Vec<u8> = "Login failed".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut error = 18_456_u32.to_le_bytes().to_vec();
    error.extend([1, 14]);
    error.extend(u16::try_from(text.len() / 2).unwrap().to_le_bytes());
    error.extend(text);
    error.extend([0, 0, 1, 0, 0, 0]);
    let length = u16::try_from(error.len()).unwrap().to_le_bytes();
    let done = [0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    [&[0xaa, length[0], length[1]], error.as_slice(), done.as_slice()].concat()
}

/// A server with this certificate: its port, and how many logins it has read.
fn serve(identity: &Identity) -> (u16, Arc<AtomicUsize>) {
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&identity.certificate).unwrap();
    acceptor.set_private_key(&identity.key).unwrap();
    acceptor.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&logins);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            // A client that trusts nobody goes away in the middle.
            let _gone = answer(client.unwrap(), &acceptor, &counted);
        }
    });
    (port, logins)
}

fn answer(mut tcp: TcpStream, acceptor: &SslAcceptor, logins: &AtomicUsize) -> io::Result<()> {
    let (_, length) = header(&mut tcp)?;
    tcp.read_exact(&mut vec![0; length])?;
    tcp.write_all(&packet(ANSWER, &HELLO))?;
    let stream = InPackets { tcp, agreed: false, left: 0 };
    let mut tls = acceptor.accept(stream).map_err(|_| io::ErrorKind::ConnectionAborted)?;
    tls.get_mut().agreed = true;
    let (_, length) = header(&mut tls)?;
    tls.read_exact(&mut vec![0; length])?;
    logins.fetch_add(1, Ordering::SeqCst);
    tls.write_all(&packet(ANSWER, &refusal()))
}

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn write(&self, name: &str, identity: &Identity) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, identity.certificate.to_pem().unwrap()).unwrap();
        path
    }
}

fn etl(port: u16, ca_file: Option<&Path>, name: Option<&str>, trusting: bool) -> Output {
    let target = ConnectionTarget {
        host: "127.0.0.1".to_owned(),
        port,
        database: "master".to_owned(),
        user: "somebody".to_owned(),
        password: Secret::new(SECRET),
        encrypt: true,
        trust_server_certificate: trusting,
        ca_file: None,
        hostname_in_certificate: None,
        connect_timeout: Duration::from_secs(15),
        command_timeout: Duration::from_secs(15),
        application_intent_readonly: true,
        ignored: Vec::new(),
    };
    let mut command = server::command(server::ETL, &[], &target);
    if let Some(file) = ca_file {
        command.env("DW_SQLSERVER_CA_FILE", file);
    }
    if let Some(name) = name {
        command.env("DW_SQLSERVER_HOSTNAME_IN_CERTIFICATE", name);
    }
    command.current_dir(std::env::temp_dir()).output().unwrap()
}

fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(i32::from(exit::SOURCE_UNREACHABLE)), "{said}");
    assert!(said.contains("hint:") && said.contains("code: DW-E0015"), "{said}");
    assert!(!said.contains(SECRET) && !said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_login_goes_only_to_a_server_whose_certificate_is_vouched_for() {
    let files = Files { folder: tempfile::tempdir().unwrap() };
    let (authority, stranger) = (identity("Test Authority", None), identity("Other Authority", None));
    let (ours, other) = (files.write("ours.pem", &authority), files.write("other.pem", &stranger));
    let (by_address, logins) = serve(&identity("127.0.0.1", Some(&authority)));
    let (by_name, logins_by_name) = serve(&identity("sql.example.com", Some(&authority)));

    let untrusted = [
        etl(by_address, None, None, false),
        etl(by_address, Some(&other), None, false),
        etl(by_name, Some(&ours), None, false),
        etl(by_name, Some(&ours), Some("another.example.com"), false),
    ];
    for output in untrusted {
        let said = said(&output);
        assert!(said.contains("certificate") && said.contains("`sqlserver.ca_file`"), "{said}");
        assert!(!said.contains("Login failed"), "{said}");
    }
    assert_eq!((logins.load(Ordering::SeqCst), logins_by_name.load(Ordering::SeqCst)), (0, 0));

    let trusted = [
        etl(by_address, Some(&ours), None, false),
        etl(by_name, Some(&ours), Some("sql.example.com"), false),
        etl(by_address, None, None, true),
    ];
    for output in trusted {
        let said = said(&output);
        assert!(said.contains("the login `somebody` was refused: Login failed (error 18456"), "{said}");
    }
    assert_eq!((logins.load(Ordering::SeqCst), logins_by_name.load(Ordering::SeqCst)), (2, 1));
}
