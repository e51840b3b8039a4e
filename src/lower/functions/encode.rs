//! Functions from data to text, and digests of text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::lower::functions::given::Given;
use crate::lower::functions::plain::to_plain;
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

/// The functions that turn data into text, and text into digests.
pub const TABLE: &[Function] = &[
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
        name: "url_encode",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text as a part of a URL: everything but letters, digits, `-`, `.`, `_` and `~` \
              is written as `%` and two hexadecimal digits for each byte.",
        example: r#"url_encode("p@ss/ö")"#,
        result: r#""p%40ss%2F%C3%B6""#,
        body: |given| given.text_made(url_encoded(given.text(0)?)),
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

fn url_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    each.collect()
}
