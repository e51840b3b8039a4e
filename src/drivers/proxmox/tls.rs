//! How the certificate of a Proxmox node is trusted: by the system's authorities, by a file with
//! one, or by its fingerprint.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::ClientBuilder;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest as _, Sha256};

/// Whom a connection trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that this machine trusts.
    System,
    /// An authority in a file: `pve-root-ca.pem` of the cluster.
    Authority(PathBuf),
    /// The one certificate with this SHA-256.
    Pinned([u8; 32]),
    /// Whoever answers. Anybody on the way can read the token.
    Anybody,
}

impl Trust {
    /// Sets up a connection.
    pub(super) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, String> {
        // Somebody else in this process may have been first; one is as good as the other.
        let _ = rustls::crypto::ring::default_provider().install_default();
        match self {
            Trust::System => Ok(builder),
            Trust::Authority(path) => {
                let shown = path.display();
                let text = std::fs::read(path)
                    .map_err(|error| format!("`tls.ca` names {shown}: {error}"))?;
                let all = reqwest::Certificate::from_pem_bundle(&text)
                    .ok()
                    .filter(|all| !all.is_empty())
                    .ok_or_else(|| format!("`tls.ca` names {shown}, which has no certificate"))?;
                Ok(builder.tls_certs_only(all))
            }
            Trust::Pinned(pin) => Ok(builder.tls_backend_preconfigured(checked_by(Some(*pin))?)),
            Trust::Anybody => Ok(builder.tls_backend_preconfigured(checked_by(None)?)),
        }
    }
}

/// A fingerprint as people and `openssl` write it: hexadecimal pairs, with colons or without.
pub fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let bare = text.trim();
    let bare = bare.strip_prefix("sha256:").or(bare.strip_prefix("SHA256:")).unwrap_or(bare);
    let digits: Vec<u8> = bare.bytes().filter(|byte| !matches!(byte, b':' | b' ' | b'-')).collect();
    let mut out = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

/// A fingerprint as Proxmox shows it.
pub fn shown(fingerprint: &[u8]) -> String {
    let pairs: Vec<String> = fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The address of an API from what people write: `pve.lan` is `https://pve.lan:8006`.
pub fn api_of(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = reqwest::Url::parse(&whole).ok()?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return None;
    }
    if url.port().is_none() && !text.contains("://") {
        url.set_port(Some(8006)).ok()?;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// The fingerprint of the certificate that a server shows; nothing of it is believed.
pub async fn look(api: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(api).map_err(|_| format!("`{api}` is no address"))?;
    let seen = Arc::new(Mutex::new(None));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let checked = Checked { pin: None, seen: Arc::clone(&seen), provider: Arc::clone(&provider) };
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .tls_backend_preconfigured(config(provider, checked)?)
        .build()
        .map_err(|error| error.to_string())?;
    let answer = client.get(url).send().await;
    let seen = seen.lock().map_err(|_| "the connection broke".to_owned())?.take();
    match (seen, answer) {
        (Some(fingerprint), _) => Ok(shown(&fingerprint)),
        (None, Err(error)) => Err(super::client::chain(&error)),
        (None, Ok(_)) => Err("the server showed no certificate".to_owned()),
    }
}

fn checked_by(pin: Option<[u8; 32]>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let seen = Arc::new(Mutex::new(None));
    config(Arc::clone(&provider), Checked { pin, seen, provider })
}

fn config(provider: Arc<CryptoProvider>, checked: Checked) -> Result<ClientConfig, String> {
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(checked))
        .with_no_client_auth();
    Ok(config)
}

/// Compares the certificate itself; names and dates in it do not matter.
#[derive(Debug)]
struct Checked {
    pin: Option<[u8; 32]>,
    seen: Arc<Mutex<Option<[u8; 32]>>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Checked {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shows: [u8; 32] = Sha256::digest(certificate.as_ref()).into();
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(shows);
        }
        match self.pin {
            Some(pin) if pin != shows => Err(Error::General(format!(
                "the server shows another certificate: {}, and `tls.fingerprint` says {}",
                shown(&shows),
                shown(&pin)
            ))),
            Some(_) | None => Ok(ServerCertVerified::assertion()),
        }
    }

    // The signature proves that the other side has the certificate's key: never taken on trust.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
