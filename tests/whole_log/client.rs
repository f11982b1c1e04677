//! A reader of public files: over HTTP with nothing but a socket, or out of a folder.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

/// Where the files of one log are read from.
#[derive(Clone, Debug)]
pub enum Files {
    /// `http://ADDRESS/PREFIX/`.
    Http(SocketAddr, String),
    /// A folder.
    Folder(PathBuf),
}

impl Files {
    /// The bytes of a file that must be there.
    pub fn get(&self, file: &str) -> Vec<u8> {
        self.find(file).unwrap_or_else(|| panic!("{file} is not there"))
    }

    /// The bytes of a file.
    pub fn find(&self, file: &str) -> Option<Vec<u8>> {
        match self {
            Files::Folder(folder) => std::fs::read(folder.join(file)).ok(),
            Files::Http(address, prefix) => {
                let answer = ask(*address, "GET", &format!("{prefix}/{file}"), &[]);
                (answer.status == 200).then_some(answer.body)
            }
        }
    }
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// One request on a connection of its own.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}
