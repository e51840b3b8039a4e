//! Functions from text to data and back, and digests of text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::lower::functions::given::Given;
use crate::lower::functions::plain::{from_plain, to_plain};
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::Val;
use crate::model::digest;

const TEXT: Parameter = Parameter::all("text", &[Kind::Str]);
const VALUE: Parameter = Parameter::all("value", &[Kind::Any]);
const COST: Parameter = Parameter::all("cost", &[Kind::Int]).or_else("10");

/// What `cost` may be: above it one hash takes seconds.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// The longest text that bcrypt looks at, in bytes.
const LONGEST_PASSWORD: usize = 71;

/// The functions that turn text into data, data into text, and text into digests.
pub const TABLE: &[Function] = &[
    Function {
        name: "json",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a JSON text says.",
        example: r#"json("{\"port\": 80, \"tags\": [\"a\"]}")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: json,
    },
    Function {
        name: "yaml",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a YAML 1.2 text says: `yes` and `1_000` are strings there. A text of \
              several documents is refused.",
        example: r#"yaml("port: 80\ntags: [a]")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: yaml,
    },
    Function {
        name: "toml",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a TOML text says; dates are strings.",
        example: r#"toml("port = 80\ntags = [\"a\"]")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: toml,
    },
    Function {
        name: "to_json",
        parameters: &[VALUE],
        returns: "string",
        doc: "A value as compact JSON with sorted keys. Sizes, durations and addresses are \
              strings, as the language prints them.",
        example: r#"to_json({ b = 4GiB, a = [1, true] })"#,
        result: r#""{\"a\":[1,true],\"b\":\"4GiB\"}""#,
        body: |given| given.text_made(plain(given)?.to_string()),
    },
    Function {
        name: "to_yaml",
        parameters: &[VALUE],
        returns: "string",
        doc: "A value as YAML with sorted keys and every string in quotes. Sizes, durations and \
              addresses are strings, as the language prints them.",
        example: r#"to_yaml({ b = "no", a = [1] })"#,
        result: r#""a:\n- 1\nb: 'no'\n""#,
        body: to_yaml,
    },
    Function {
        name: "base64",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text in Base64, with padding.",
        example: r#"base64("user:word")"#,
        result: r#""dXNlcjp3b3Jk""#,
        body: |given| given.text_made(STANDARD.encode(given.text(0)?)),
    },
    Function {
        name: "sha256",
        parameters: &[TEXT],
        returns: "string",
        doc: "The SHA-256 digest of the text, in lower-case hexadecimal.",
        example: r#"sha256("")"#,
        result: r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
        body: |given| given.text_made(digest(given.text(0)?.as_bytes())),
    },
    Function {
        name: "bcrypt",
        parameters: &[TEXT, COST],
        returns: "string",
        doc: "The bcrypt hash of a password. The same text gives the same hash, so that a plan \
              does not change by itself: the salt is the SHA-256 of a bcrypt hash of the text.",
        example: r#"bcrypt("word", cost = 4)"#,
        result: r#""$2b$04$yy8RquRdnfV/R00KRts9nOl9xansvMXZ1mbFZjPI/jj298FSGGIAq""#,
        body: |given| given.text_made(bcrypt_hash(given, 0, "", bcrypt::Version::TwoB)?),
    },
    Function {
        name: "htpasswd",
        parameters: &[
            Parameter::all("user", &[Kind::Str]),
            Parameter::all("password", &[Kind::Str]),
            COST,
        ],
        returns: "string",
        doc: "A line of a web server's password file: the user, `:` and a bcrypt hash. The same \
              user and password give the same line, as with `bcrypt`.",
        example: r#"htpasswd("ada", "word", cost = 4)"#,
        result: r#""ada:$2y$04$6qNXOLe54HlO4Yvwpq4Gp.D3kNxCmqpU6hC0HXjx21Rn40on80q8.""#,
        body: htpasswd,
    },
];

/// The value of data in a text; what is wrong with the text has its line in it.
fn parsed(given: &Given<'_>, format: &str, plain: Result<Value, String>) -> Result<Val, Refusal> {
    let plain = plain
        .map_err(|reason| given.refuse(0, format!("this text is no valid {format}: {reason}")))?;
    from_plain(plain, given.origin).map_err(|number| {
        let mut refusal =
            given.refuse(0, format!("`{number}` is a whole number that no int can hold"));
        refusal.help = Some(format!("put it in quotes in the {format}, it is a string then"));
        refusal
    })
}

fn json(given: &Given<'_>) -> Result<Val, Refusal> {
    let plain = serde_json::from_str(given.text(0)?);
    parsed(given, "JSON", plain.map_err(|error| error.to_string()))
}

fn yaml(given: &Given<'_>) -> Result<Val, Refusal> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    };
    let plain = serde_saphyr::from_str_with_options(given.text(0)?, options);
    let told = |error: serde_saphyr::Error| {
        error.render_with_formatter(&serde_saphyr::UserMessageFormatter)
    };
    parsed(given, "YAML", plain.map_err(told))
}

fn toml(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = given.text(0)?;
    let table = text.parse::<toml::Table>().map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or(text).matches('\n').count() + 1;
        let reason = error.message().lines().next().unwrap_or_default();
        format!("{reason} at line {line}")
    });
    let plain = table.and_then(|table| toml_plain(toml::Value::Table(table)));
    parsed(given, "TOML", plain)
}

fn toml_plain(value: toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(it) => Value::String(it),
        toml::Value::Integer(it) => Value::from(it),
        toml::Value::Float(it) => serde_json::Number::from_f64(it)
            .map(Value::Number)
            .ok_or_else(|| format!("`{it}` is no number that can be computed with"))?,
        toml::Value::Boolean(it) => Value::Bool(it),
        toml::Value::Datetime(it) => Value::String(it.to_string()),
        toml::Value::Array(list) => {
            Value::Array(list.into_iter().map(toml_plain).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let entry = |(key, value)| Ok((key, toml_plain(value)?));
            Value::Object(table.into_iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}

/// The first argument as plain data.
fn plain(given: &Given<'_>) -> Result<Value, Refusal> {
    to_plain(&given.value(0)?.data).map_err(|noun| {
        let name = given.name();
        given.refuse(0, format!("{name} takes plain data, there is {noun} in its argument"))
    })
}

fn to_yaml(given: &Given<'_>) -> Result<Val, Refusal> {
    // Any other setting writes some strings so that a reader takes them for something else.
    let options = serde_saphyr::ser_options! { quote_all: true, prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(&plain(given)?, options);
    let text = text.map_err(|error| {
        given.refuse(0, format!("`to_yaml` has no way to write this value: {error}"))
    });
    given.text_made(text?)
}

fn htpasswd(given: &Given<'_>) -> Result<Val, Refusal> {
    let user = given.text(0)?;
    if user.is_empty() || user.contains(|c: char| c == ':' || c.is_control()) {
        return Err(given.refuse(0, "`htpasswd` takes a user's name without `:` and line ends"));
    }
    // Apache reads no other version.
    let hash = bcrypt_hash(given, 1, user, bcrypt::Version::TwoY)?;
    given.text_made(format!("{user}:{hash}"))
}

/// The hash of the parameter's text; the parameter after it is the cost.
///
/// The salt stands in the hash for everybody to read. If it were a digest of the password itself,
/// guesses could be checked against it without the work that bcrypt asks for; so it is taken from
/// a bcrypt hash of the same cost.
fn bcrypt_hash(
    given: &Given<'_>,
    parameter: usize,
    user: &str,
    version: bcrypt::Version,
) -> Result<String, Refusal> {
    let password = given.text(parameter)?;
    if password.len() > LONGEST_PASSWORD || password.contains('\0') {
        let message =
            format!("bcrypt takes at most {LONGEST_PASSWORD} bytes, and none of them is zero");
        return Err(given.refuse(parameter, message));
    }
    let cost = match given.optional(parameter + 1) {
        Some(_) => given.int(parameter + 1)?,
        None => 10,
    };
    let Some(cost) = u32::try_from(cost).ok().filter(|cost| COSTS.contains(cost)) else {
        let message =
            format!("a cost of bcrypt is {} to {}, not {cost}", COSTS.start(), COSTS.end());
        return Err(given.refuse(parameter + 1, message));
    };
    let hash = |salt| {
        bcrypt::non_truncating_hash_with_salt(password, cost, salt)
            .map_err(|error| given.refuse(parameter, format!("bcrypt refuses the text: {error}")))
    };
    let inner = hash(salt(&format!("paas bcrypt {user}")))?;
    let outer = hash(salt(&inner.format_for_version(bcrypt::Version::TwoB)))?;
    Ok(outer.format_for_version(version))
}

/// The first 16 bytes of a text's SHA-256.
fn salt(text: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut salt = [0; 16];
    salt.copy_from_slice(&digest[..16]);
    salt
}
