//! A server that keeps secrets as a Vault does, in both versions of its key-value store, and fails
//! when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

/// What becomes of a request to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error, and nothing was written.
    ErrorBefore,
    /// An error, and it was written all the same.
    ErrorAfter,
    /// No answer, and nothing was written.
    SilenceBefore,
    /// No answer, and it was written all the same.
    SilenceAfter,
    /// Somebody else writes another field first.
    OtherField,
    /// Somebody else writes our field first.
    SameField,
    /// The token may not write.
    Forbidden,
}

/// What a server holds.
#[derive(Default)]
pub struct Held {
    /// Every secret: how often it was written, and its fields.
    pub secrets: BTreeMap<String, (u64, Value)>,
    /// What becomes of the next requests to write.
    pub faults: VecDeque<Fault>,
    /// How many requests wrote something.
    pub writes: usize,
    /// It answers nobody.
    pub sealed: bool,
}

/// A running server.
pub struct Vault {
    /// Where it listens.
    pub address: String,
    held: Arc<Mutex<Held>>,
}

impl Vault {
    /// A server whose store has this version.
    pub fn start(version: u64) -> Vault {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let held = Arc::new(Mutex::new(Held::default()));
        let inside = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, version, &inside);
            }
        });
        Vault { address, held }
    }

    /// What it holds now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
}

fn answer(stream: TcpStream, version: u64, held: &Mutex<Held>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(given) = line.to_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut held = held.lock().unwrap();
    let answered = match method {
        _ if held.sealed => Some((503, json!({ "errors": ["sealed"] }))),
        _ if path.starts_with("/v1/sys/internal/ui/mounts/") => {
            let options = json!({ "version": version.to_string() });
            Some((200, json!({ "data": { "path": "kv/", "options": options } })))
        }
        "GET" => Some(read(&held, version, path)),
        _ => write(&mut held, version, path, &serde_json::from_slice(&body).unwrap_or_default()),
    };
    let Some((status, answer)) = answered else { return Ok(()) };
    let text = answer.to_string();
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n", text.len());
    write!(reader.get_mut(), "{head}Connection: close\r\n\r\n{text}")
}

fn read(held: &Held, version: u64, path: &str) -> (u16, Value) {
    match (held.secrets.get(path), version) {
        (None, _) => (404, json!({ "errors": [] })),
        (Some((_, fields)), 1) => (200, json!({ "data": fields })),
        (Some((count, fields)), _) => {
            (200, json!({ "data": { "data": fields, "metadata": { "version": count } } }))
        }
    }
}

fn write(held: &mut Held, version: u64, path: &str, body: &Value) -> Option<(u16, Value)> {
    let fault = held.faults.pop_front();
    let (mut count, mut before) = held.secrets.get(path).cloned().unwrap_or((0, json!({})));
    match fault {
        Some(Fault::ErrorBefore) => return Some((500, json!({ "errors": ["storage"] }))),
        Some(Fault::SilenceBefore) => return None,
        Some(Fault::Forbidden) => return Some((403, json!({ "errors": ["denied"] }))),
        Some(Fault::OtherField) => before["other"] = json!("by somebody"),
        Some(Fault::SameField) => before["paas_generated"] = json!({ "format": 1 }),
        Some(Fault::ErrorAfter | Fault::SilenceAfter) | None => (),
    }
    if matches!(fault, Some(Fault::OtherField | Fault::SameField)) {
        count += 1;
        held.secrets.insert(path.to_owned(), (count, before));
    }
    if version == 2 && body["options"]["cas"] != json!(count) {
        let why = "check-and-set parameter did not match the current version";
        return Some((400, json!({ "errors": [why] })));
    }
    let fields = if version == 2 { body["data"].clone() } else { body.clone() };
    held.secrets.insert(path.to_owned(), (count + 1, fields));
    held.writes += 1;
    match fault {
        Some(Fault::ErrorAfter) => Some((502, json!({ "errors": ["proxy"] }))),
        Some(Fault::SilenceAfter) => None,
        _ => Some((200, json!({ "data": { "version": count + 1 } }))),
    }
}
