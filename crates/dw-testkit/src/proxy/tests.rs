//! The proxy itself, against a server that says back what it hears.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::*;

/// A server that echoes, for as long as the test runs; returns its port.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 4_096];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    if client.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

fn proxy() -> Proxy {
    Proxy::start("127.0.0.1", echo())
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

fn say(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(text)?;
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Everything that still comes, and how it ended: `None` in order.
fn rest(stream: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut all = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (all, None),
            Ok(read) => all.extend_from_slice(&buffer[..read]),
            Err(error) => return (all, Some(error.kind())),
        }
    }
}

#[test]
fn it_forwards_and_counts() {
    let proxy = proxy();
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, b"hello").unwrap(), b"hello");
    let large = vec![7; 300_000];
    let mut writer = stream.try_clone().unwrap();
    let sent = large.clone();
    let writing = std::thread::spawn(move || writer.write_all(&sent).unwrap());
    let mut answer = vec![0; large.len()];
    stream.read_exact(&mut answer).unwrap();
    writing.join().unwrap();
    assert_eq!(answer, large);
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.open), (1, 1));
    assert_eq!((counts.to_server, counts.to_client), (300_005, 300_005));
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream), (vec![], None), "an end goes through like bytes do");
    proxy.wait_until(|shared| shared.open.load(Ordering::SeqCst) == 0);
    assert_eq!(proxy.counts().cut, 0);
}

#[test]
fn a_connection_is_cut_at_the_byte_in_both_ways() {
    let proxy = proxy();
    for (ending, error) in [(Ending::Close, None), (Ending::Reset, Some(ErrorKind::ConnectionReset))] {
        for way in [Direction::ToClient, Direction::ToServer] {
            let mut stream = connect(&proxy);
            proxy.rule(Rule { only: Only::All, when: When::Bytes(Some(way), 13), then: Then::Cut(ending) });
            assert_eq!(say(&mut stream, b"0123456789").unwrap(), b"0123456789");
            stream.write_all(b"abcdefghij").unwrap();
            let (received, ended) = rest(&mut stream);
            assert_eq!(ended, error, "{way:?}");
            if (way, ending) == (Direction::ToClient, Ending::Close) {
                assert_eq!(received, b"abc");
            }
            assert!(b"abc".starts_with(&received), "{received:?}");
            assert_eq!(proxy.waiting(), 0);
        }
    }
    assert_eq!((proxy.counts().cut, proxy.counts().fired), (4, 4));
    assert_eq!(say(&mut connect(&proxy), b"again").unwrap(), b"again");
}

#[test]
fn bytes_count_over_connections_and_only_the_one_that_carries_the_last_is_cut() {
    let proxy = proxy();
    let (mut first, mut second) = (connect(&proxy), connect(&proxy));
    proxy.cut_after(30, Ending::Reset);
    assert_eq!(say(&mut first, b"0123456789").unwrap(), b"0123456789");
    assert!(say(&mut second, b"0123456789").is_err());
    assert_eq!(say(&mut first, b"more").unwrap(), b"more");
}

#[test]
fn a_text_is_found_across_pieces_and_counted() {
    let proxy = proxy();
    let then = Then::CutBefore(Ending::Reset);
    proxy.rule(Rule { only: Only::All, when: When::Text("COMMIT".to_owned(), 2), then });
    let mut stream = connect(&proxy);
    let text = utf16("COMMIT");
    assert_eq!(say(&mut stream, &text).unwrap(), text);
    assert_eq!(say(&mut stream, &text[..5]).unwrap(), text[..5]);
    let before = proxy.counts().to_server;
    assert!(say(&mut stream, &text[5..]).is_err());
    assert_eq!(proxy.counts().to_server, before, "nothing of the last piece was forwarded");
}

#[test]
fn an_answer_is_kept_back_after_the_server_has_given_it() {
    let proxy = proxy();
    let text = utf16("COMMIT");
    proxy.rule(Rule {
        only: Only::All,
        when: When::Text("COMMIT".to_owned(), 1),
        then: Then::CutAnswer(Ending::Close),
    });
    let mut stream = connect(&proxy);
    assert_eq!(say(&mut stream, b"before").unwrap(), b"before");
    stream.write_all(&text).unwrap();
    assert_eq!(rest(&mut stream), (vec![], None));
    assert_eq!((proxy.counts().to_server, proxy.counts().to_client), (18, 6));
}

#[test]
fn connections_are_told_apart_by_what_they_say_first() {
    let proxy = proxy();
    let (mut lock, mut other) = (connect(&proxy), connect(&proxy));
    say(&mut lock, &utf16("dw lock")).unwrap();
    say(&mut other, &utf16("dw")).unwrap();
    let lock_only = Only::Saying("dw lock".to_owned());
    proxy.rule(Rule {
        only: Only::NotSaying("dw lock".to_owned()),
        when: When::Text("now".to_owned(), 1),
        then: Then::CutOthers(lock_only, Ending::Reset),
    });
    say(&mut lock, &utf16("now")).unwrap();
    say(&mut other, &utf16("now")).unwrap();
    assert_eq!(rest(&mut lock).1, Some(ErrorKind::ConnectionReset));
    assert_eq!(say(&mut other, b"on").unwrap(), b"on");
    assert_eq!(proxy.cut(&Only::NotSaying("dw lock".to_owned()), Ending::Close), 1);
    assert_eq!(rest(&mut other), (vec![], None));
}

#[test]
fn a_stall_holds_everything_back_and_a_latency_delays_it() {
    let proxy = proxy();
    let mut stream = connect(&proxy);
    say(&mut stream, b"x").unwrap();
    proxy.stall(true);
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let silent = say(&mut stream, b"held").unwrap_err();
    assert!(matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent}");
    proxy.stall(false);
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"held");

    proxy.latency(Duration::from_millis(30));
    let began = Instant::now();
    say(&mut stream, b"slow").unwrap();
    assert!(began.elapsed() >= Duration::from_millis(60), "30 ms each way");

    proxy.clear();
    let then = Then::Stall(Some(Duration::from_millis(50)));
    proxy.rule(Rule { only: Only::All, when: When::Bytes(None, 1), then });
    let began = Instant::now();
    say(&mut stream, b"late").unwrap();
    assert!(began.elapsed() >= Duration::from_millis(50));

    // For ever, and the proxy still ends with its owner.
    proxy.rule(Rule { only: Only::All, when: When::Bytes(None, 1), then: Then::Stall(None) });
    stream.write_all(b"never").unwrap();
    drop(proxy);
    assert!(rest(&mut stream).0.is_empty());
}

#[test]
fn a_server_that_is_down_cuts_all_and_takes_nobody_until_it_is_up_again() {
    let proxy = proxy();
    for down in [Down::Refuse, Down::Reset] {
        let mut stream = connect(&proxy);
        say(&mut stream, b"x").unwrap();
        proxy.down(down);
        assert_eq!(rest(&mut stream).1, Some(ErrorKind::ConnectionReset));
        for _ in 0..3 {
            let refused = TcpStream::connect(proxy.address()).and_then(|mut new| say(&mut new, b"x"));
            assert!(refused.is_err());
        }
        proxy.up();
        assert_eq!(say(&mut connect(&proxy), b"back").unwrap(), b"back");
    }
    assert_eq!(proxy.counts().refused, 3);
    let mut stream = connect(&proxy);
    say(&mut stream, b"x").unwrap();
    proxy.rule(Rule { only: Only::All, when: When::Bytes(None, 1), then: Then::Down(Down::Refuse, Only::All) });
    assert!(say(&mut stream, b"y").is_err());
    assert!(TcpStream::connect(proxy.address()).and_then(|mut new| say(&mut new, b"z")).is_err());
}

#[test]
fn a_server_that_is_not_there_and_the_end_of_the_owner_close_connections() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy::start("127.0.0.1", nobody);
    assert!(say(&mut connect(&proxy), b"x").is_err());
    assert_eq!((proxy.counts().connections, proxy.counts().refused), (0, 1));

    let proxy = self::proxy();
    let mut stream = connect(&proxy);
    say(&mut stream, b"x").unwrap();
    let address = proxy.address();
    drop(proxy);
    assert!(rest(&mut stream).0.is_empty());
    assert!(TcpStream::connect(address).is_err());
}
