//! Shared by zones of every engine: records in the words of the programs that answer with them.

use crate::model::{Form, Piece, Text};

/// What a name server answers with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record<'a> {
    /// With the domain.
    pub name: String,
    /// `A`, `SRV`, …
    pub kind: &'a str,
    /// How long others remember it, in seconds.
    pub ttl_secs: u64,
    /// As a zone file has it behind the kind; what a TXT record says is not quoted.
    pub value: Text,
}

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    /// Local data, see unbound.conf(5).
    Unbound,
    /// Options, see dnsmasq(8).
    Dnsmasq,
    /// Lines, see hosts(5).
    Hosts,
}

impl Wording {
    /// What stands before all records.
    pub fn header(self) -> &'static str {
        match self {
            Wording::Unbound => "server:\n",
            Wording::Dnsmasq | Wording::Hosts => "",
        }
    }

    /// Whether it has a word for a record.
    pub fn has(self, record: &Record<'_>) -> bool {
        self.line(record).is_some()
    }

    /// What is in the known part of a record that no line can have.
    pub fn refusal(self, record: &Record<'_>) -> Option<&'static str> {
        let refused = |text: &str| match (self, record.kind) {
            (Wording::Unbound, _) => None,
            (_, "TXT") => Form::DnsmasqString.refusal(text),
            (_, "MX" | "SRV") => text.split(' ').find_map(|word| Form::Word.refusal(word)),
            (Wording::Dnsmasq | Wording::Hosts, _) => Form::Word.refusal(text),
        };
        let mut pieces = record.value.pieces().iter().filter_map(|piece| match piece {
            Piece::Literal(text) => refused(text),
            Piece::Secret { .. }
            | Piece::Revealed { .. }
            | Piece::Late { .. }
            | Piece::Project { .. } => None,
        });
        Form::Word.refusal(&record.name).or_else(|| pieces.next())
    }

    /// Which engines have words for what this one has none for.
    pub fn others(self) -> &'static str {
        match self {
            Wording::Hosts => "use `engine = \"dnsmasq\"` or `\"unbound\"`",
            Wording::Unbound | Wording::Dnsmasq => "use `engine = \"unbound\"`",
        }
    }

    /// A record as a line.
    pub fn line(self, record: &Record<'_>) -> Option<Text> {
        match self {
            Wording::Unbound => Some(unbound(record)),
            Wording::Dnsmasq => dnsmasq(record),
            Wording::Hosts if matches!(record.kind, "A" | "AAAA") => {
                Some(around("", &record.value.quoted(Form::Word), &format!(" {}\n", record.name)))
            }
            Wording::Hosts => None,
        }
    }
}

fn around(before: &str, value: &Text, behind: &str) -> Text {
    let mut line = Text::literal(before);
    line.push(value);
    line.push_str(behind);
    line
}

fn unbound(record: &Record<'_>) -> Text {
    let Record { name, kind, ttl_secs, value } = record;
    let before = format!("  local-data: '{name} {ttl_secs} IN {kind} ");
    match *kind {
        "TXT" => around(&format!("{before}\""), &value.quoted(Form::UnboundString), "\"'\n"),
        _ => around(&before, &value.quoted(Form::UnboundRecord), "'\n"),
    }
}

/// What dnsmasq says in its own order of words must be known word by word.
fn dnsmasq(record: &Record<'_>) -> Option<Text> {
    let Record { name, kind, ttl_secs, value } = record;
    let words = || -> Option<Vec<String>> {
        let text: Vec<&str> = value.as_literal()?.split_whitespace().collect();
        Some(text.iter().map(|word| word.trim_end_matches('.').to_owned()).collect())
    };
    let word = value.quoted(Form::Word);
    let line = match *kind {
        "A" | "AAAA" => around(&format!("host-record={name},"), &word, &format!(",{ttl_secs}\n")),
        "CNAME" => around(&format!("cname={name},"), &word, &format!(",{ttl_secs}\n")),
        "TXT" => {
            around(&format!("txt-record={name},\""), &value.quoted(Form::DnsmasqString), "\"\n")
        }
        "MX" => match words()?.as_slice() {
            [preference, host] => Text::literal(format!("mx-host={name},{host},{preference}\n")),
            _ => return None,
        },
        "SRV" => match words()?.as_slice() {
            [priority, weight, port, host] => {
                Text::literal(format!("srv-host={name},{host},{port},{priority},{weight}\n"))
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(line)
}
