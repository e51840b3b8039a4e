//! Who asks: an API token, or a user with a password, whose ticket is renewed.

use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use crate::model::Hidden;

/// How somebody proves who they are.
pub enum Login {
    /// `USER@REALM!NAME=UUID`; it is sent with each request.
    Token(Hidden),
    /// A user and a password: a ticket is asked for, and once more before it ends.
    Password {
        /// `root@pam`
        user: String,
        /// Theirs.
        password: Hidden,
    },
}

impl Login {
    /// Reads a token in any form that it is kept in: alone, as `NAME=TOKEN`, as
    /// `export NAME="TOKEN"`, or as the whole header.
    pub fn token(text: &str) -> Result<Login, String> {
        let wrong = "it does not look like `USER@REALM!NAME=UUID`";
        let line = text.lines().map(str::trim).find(|it| !it.is_empty() && !it.starts_with('#'));
        let mut line = line.ok_or("it is empty")?;
        line = line.strip_prefix("export ").unwrap_or(line).trim();
        line = line.strip_prefix("Authorization:").unwrap_or(line).trim();
        line = line.strip_prefix("PVEAPIToken=").unwrap_or(line);
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
        };
        if let Some((name, rest)) = line.split_once('=')
            && is_name(name)
        {
            line = rest.trim();
        }
        let quoted = |mark: char| line.strip_prefix(mark).and_then(|it| it.strip_suffix(mark));
        line = quoted('"').or_else(|| quoted('\'')).unwrap_or(line).trim();
        line = line.strip_prefix("PVEAPIToken=").unwrap_or(line);
        let (whose, value) = line.split_once('=').ok_or(wrong)?;
        let (user, name) = whose.split_once('!').ok_or(wrong)?;
        let (user, realm) = user.rsplit_once('@').ok_or(wrong)?;
        let value = value.trim();
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|it| it.is_ascii_graphic() && it != '!')
        };
        match plain(user) && plain(realm) && plain(name) && plain(value) {
            true => Ok(Login::Token(Hidden::new(format!("{user}@{realm}!{name}={value}")))),
            false => Err(wrong.to_owned()),
        }
    }

    /// Who it is, without what proves it: `ci@pve!paas`.
    pub fn name(&self) -> &str {
        match self {
            Login::Token(token) => token.expose().split('=').next().unwrap_or_default(),
            Login::Password { user, .. } => user,
        }
    }

    /// Whether Proxmox lets it do what is `root@pam`'s alone; no token may, whoever's it is.
    pub fn is_root(&self) -> bool {
        matches!(self, Login::Password { user, .. } if user == "root@pam")
    }
}

/// The header of a token.
pub(super) fn authorization(token: &Hidden) -> Result<HeaderValue, String> {
    let text = Zeroizing::new(format!("PVEAPIToken={}", token.expose()));
    sensitive(&text).ok_or_else(|| "the token has characters that none has".to_owned())
}

/// A header that is shown nowhere.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
