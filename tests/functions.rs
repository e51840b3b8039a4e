//! The standard library: calls in, results and refusals out, all as text.

#![allow(clippy::unwrap_used)]

mod arguments;
mod encoding;
mod values;

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use paas::lower::functions::{self, Argument, Files, Refusal};
use paas::lower::value::{Data, Val};
use paas::model::{Address, Cidr, Duration, Key, Late, PortRange, Ref, Size, Text};
use paas::source::{FileId, Span};

/// A project of a few files.
struct Project;

const COMMIT: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

const FILES: &[(&str, &[u8])] = &[
    ("motd.txt", b"Welcome\n"),
    ("keys/ada.pub", b"ssh-ed25519 A\n"),
    ("keys/bob.pub", b"ssh-ed25519 B\n"),
    ("hello.txt", b"Hello \\(user.name) on port \\(port).\n"),
    ("escaped.txt", b"s/\\\\(a/\\(port)/"),
    ("secret.txt", b"token=\\(token)\nip=\\( ip )\n"),
    ("wrong.txt", b"one\ntwo \\(nobody)\n"),
    ("open.txt", b"\n\nsed \\(a\\|b\\)\n"),
    ("latin.txt", b"one\ngr\xfc\xdfe\n"),
    ("zero.txt", b"a\0b"),
];

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let found = FILES.iter().find(|(name, _)| *name == path);
        found.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        let (start, end) = pattern.split_once('*').ok_or("this pattern is not for tests")?;
        let fits = |name: &&str| name.starts_with(start) && name.ends_with(end);
        Ok(FILES.iter().map(|(name, _)| *name).filter(fits).map(str::to_owned).collect())
    }

    fn commit(&self, path: &str) -> Result<String, String> {
        match path {
            "templates" => Ok(COMMIT.to_owned()),
            _ => Err("it was never committed".to_owned()),
        }
    }
}

/// Reads calls, lists, objects and literals, and calls the functions in them.
struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    read: usize,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        self.read += 1;
        self.rest.next()
    }

    fn skip(&mut self) {
        while self.rest.next_if(|c| c.is_whitespace() || *c == ',').is_some() {
            self.read += 1;
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || "_./-".contains(*c)) {
            self.read += 1;
            word.push(c);
        }
        word
    }

    /// Whether the next character is this one, which is taken then.
    fn eat(&mut self, wanted: char) -> bool {
        self.skip();
        let found = self.rest.next_if_eq(&wanted).is_some();
        self.read += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Val, Refusal> {
        self.skip();
        let start = self.read;
        let data = match self.rest.peek().copied() {
            Some('[') => self.list()?,
            Some('{') => self.object()?,
            Some(quote @ ('"' | '\'')) => Data::Str(self.string(quote).into()),
            _ => {
                let (word, end) = (self.word(), self.read);
                match self.eat('(') {
                    true => return self.call(&word, start),
                    false => return Ok(Val::new(literal(&word), Span::new(FileId(0), start, end))),
                }
            }
        };
        Ok(Val::new(data, Span::new(FileId(0), start, self.read)))
    }

    fn list(&mut self) -> Result<Data, Refusal> {
        self.take();
        let mut list = Vec::new();
        while !self.eat(']') {
            list.push(self.value()?);
        }
        Ok(Data::List(list.into()))
    }

    fn object(&mut self) -> Result<Data, Refusal> {
        self.take();
        let mut map = BTreeMap::new();
        while !self.eat('}') {
            let key = match self.rest.peek().copied() {
                Some('"') => Key::Text(self.string('"').into()),
                _ => match self.word() {
                    word if word.parse::<i64>().is_ok() => Key::Int(word.parse().unwrap()),
                    word => Key::Text(word.into()),
                },
            };
            assert!(self.eat('='), "an entry has a value");
            map.insert(key, self.value()?);
        }
        Ok(Data::Map(map.into()))
    }

    fn string(&mut self, quote: char) -> String {
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                Some(c) if c == quote => return text,
                Some('\\') if quote == '"' => match self.take() {
                    Some('n') => text.push('\n'),
                    Some('0') => text.push('\0'),
                    Some(c) => text.push(c),
                    None => panic!("a string ends with a backslash"),
                },
                Some(c) => text.push(c),
                None => panic!("a string has no end"),
            }
        }
    }

    fn call(&mut self, name: &str, start: usize) -> Result<Val, Refusal> {
        let mut arguments = Vec::new();
        while !self.eat(')') {
            let ahead = self.rest.clone();
            let read = self.read;
            let word = self.word();
            let name = self.eat('=').then_some(word);
            if name.is_none() {
                (self.rest, self.read) = (ahead, read);
            }
            arguments.push(Argument { name, value: self.value()? });
        }
        let span = Span::new(FileId(0), start, self.read);
        functions::call(name, &arguments, &Project, span)
            .unwrap_or_else(|| panic!("there is no function `{name}`"))
    }
}

fn late(what: &str) -> Late {
    let of = Ref::Address(Address::parse("container.web").unwrap());
    Late { of, what: what.to_owned() }
}

fn literal(word: &str) -> Data {
    match word {
        "null" => return Data::Null,
        "true" => return Data::Bool(true),
        "false" => return Data::Bool(false),
        "bad" => return Data::Bad,
        "secret" => return Data::Text(Text::secret("secret.pve").into()),
        "late" => return Data::Late(late("ip").into()),
        "unknown" => return Data::Unknown(late("ip").into()),
        "url_of_late" => {
            let mut text = Text::from("https://");
            text.push(&Text::late(late("ip")));
            return Data::Text(text.into());
        }
        "resource" => return Data::Ref(Address::parse("app.blog").unwrap()),
        _ => (),
    }
    let int = word.parse().ok().map(Data::Int);
    int.or_else(|| word.parse().ok().map(Data::Ip))
        .or_else(|| Cidr::parse(word).map(Data::Cidr))
        .or_else(|| word.parse().ok().map(Data::Float))
        .or_else(|| Size::parse(word).map(|size| Data::Size(size.0)))
        .or_else(|| Duration::parse(word).map(|duration| Data::Duration(duration.0)))
        .or_else(|| PortRange::parse(word).map(Data::PortRange))
        .unwrap_or_else(|| panic!("`{word}` is no literal"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n"))
}

fn shown(value: &Val) -> String {
    let entry = |(key, value): (&Key, &Val)| {
        let key = match key {
            Key::Text(text) if text.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                text.to_string()
            }
            Key::Text(text) => quoted(text),
            Key::Int(number) => number.to_string(),
        };
        format!("{key} = {}", shown(value))
    };
    match &value.data {
        Data::Null => "null".to_owned(),
        Data::Str(text) => quoted(text),
        Data::Text(text) => format!("text {text}"),
        Data::List(list) => {
            format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) if map.is_empty() => "{}".to_owned(),
        Data::Map(map) => {
            format!("{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Data::Ref(address) => address.to_string(),
        Data::Unknown(late) => format!("unknown {}", late.what),
        Data::Bad => "bad".to_owned(),
        data => functions::printed(data).expect("all others can be printed").to_string(),
    }
}

fn evaluated(call: &str) -> Result<Val, Refusal> {
    let mut reader = Reader { rest: call.chars().peekable(), read: 0 };
    let value = reader.value();
    if value.is_ok() {
        assert_eq!(reader.rest.collect::<String>(), "", "all of `{call}` is read");
    }
    value
}

/// What a call comes to: a value, or the argument that is refused, why, and what helps.
fn outcome(call: &str) -> String {
    match evaluated(call) {
        Ok(value) => shown(&value),
        Err(refusal) => {
            let place = refusal.argument.map_or("call".to_owned(), |index| index.to_string());
            let help = refusal.help.map_or(String::new(), |help| format!(" | {help}"));
            format!("{place}: {}{help}", refusal.message)
        }
    }
}

#[track_caller]
fn check(call: &str, expected: &str) {
    assert_eq!(outcome(call), expected, "{call}");
}

#[test]
fn every_example_comes_to_its_result() {
    for function in functions::all() {
        check(function.example, function.result);
    }
}

#[test]
fn every_function_is_documented_once() {
    let names = functions::names();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    for function in functions::all() {
        assert!(function.doc.ends_with('.') && !function.doc.contains("  "), "{}", function.name);
        let call = format!("{}(", function.name);
        assert!(function.example.starts_with(&call), "{}", function.name);
        assert!(function.signature().starts_with(&call), "{}", function.name);
        let last = function.parameters.len() - 1;
        let many = function.parameters.iter().position(|it| it.count == functions::Count::Many);
        assert!(many.is_none_or(|index| index == last), "{}", function.name);
    }
}

#[test]
fn the_design_s_functions_are_there() {
    let names = functions::names();
    let wanted = "join split replace trim upper lower starts_with ends_with matches capture lines \
        indent slug length keys values contains sort unique distinct flatten zip range sum min \
        max group_by index_by deep_merge first last nth base_of prefix subnet overlaps ip cidr \
        host_of url json yaml toml to_json to_yaml base64 sha256 bcrypt htpasswd file files dir \
        render git_commit coalesce version_in duration size calendar reveal url_encode";
    let missing: Vec<&str> = wanted.split_whitespace().filter(|it| !names.contains(it)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(names.len(), wanted.split_whitespace().count());
    assert!(functions::call("now", &[], &Project, Span::default()).is_none());
}

#[test]
fn signatures_read_like_declarations() {
    let signature = |name| functions::find(name).unwrap().signature();
    assert_eq!(signature("nth"), "nth(network: cidr, index: int) -> ip");
    assert_eq!(signature("bcrypt"), "bcrypt(text: string, cost: int = 10) -> string");
    assert_eq!(signature("min"), "min(values: any...) -> any");
}
