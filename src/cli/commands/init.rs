//! `paas init`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;

use crate::cli::options::Inputs;
use crate::cli::project;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::proxmox::{api_of, certificate_of, fingerprint};
use crate::problem::begin as problem;

/// The manifest that is written.
const MANIFEST: &str = "main.paas";

/// What the first manifest says; what is missing is asked on a terminal.
#[derive(Clone, Debug, Args)]
pub struct Answers {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// The address of a node or of the API: `pve.lan`, `https://10.0.0.2:8006`
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// The environment variable with the token
    #[arg(long, value_name = "NAME", default_value = "PROXMOX_VE_API_TOKEN")]
    token_env: String,
    /// The SHA-256 of the node's certificate; without it the system's authorities are trusted
    #[arg(long, value_name = "SHA256", conflicts_with = "ca")]
    fingerprint: Option<String>,
    /// A file with the authority of the cluster: `pve-root-ca.pem`
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
    /// The network of the guests: `10.0.0.0/24`
    #[arg(long, value_name = "CIDR")]
    network: Option<String>,
    /// Its way out: `10.0.0.1`
    #[arg(long, value_name = "IP")]
    gateway: Option<String>,
    /// The addresses that guests get by themselves: `10.0.0.100-10.0.0.199`
    #[arg(long, value_name = "RANGE")]
    pool: Option<String>,
    /// The domain below which names are
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

/// Writes a first manifest that passes `check`; nothing that exists is overwritten.
pub async fn run(terminal: &Terminal, answers: Answers) -> Result<u8, Stop> {
    let folder = answers.folder.clone();
    let path = folder.join(MANIFEST);
    let refused = |why: &str, help: &str| Stop::one(problem::not_begun(why, help), 1);
    if path.exists() {
        let why = format!("there is a `{}` already", path.display());
        return Err(refused(&why, "name another folder: `paas init FOLDER`"));
    }
    let text = manifest(&asked(terminal, answers).await?);
    // It is tried where nobody sees it: what does not pass is not written.
    let trial = tempfile::tempdir().map_err(|error| refused(&error.to_string(), "make room"))?;
    let write = |folder: &Path, name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| {
            refused(&format!("`{}`: {error}", path.display()), "name another folder")
        })
    };
    write(trial.path(), MANIFEST, &text)?;
    project::load(&Inputs { path: trial.path().to_path_buf(), ..Inputs::default() })?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| refused(&format!("`{}`: {error}", folder.display()), "name another"))?;
    write(&folder, MANIFEST, &text)?;
    let ignored = folder.join(".gitignore");
    if !ignored.exists() {
        write(&folder, ".gitignore", "# What was made, and what is known of it.\n/state/\n")?;
    }
    let place = match folder.as_path() {
        it if it == Path::new(".") => String::new(),
        it => format!(" {}", it.display()),
    };
    terminal.print(
        &format!(
            "{} is written\n\nNext:\n  export PROXMOX_VE_API_TOKEN='USER@REALM!NAME=UUID'\n  \
         paas preflight{place}\n  paas plan{place}\n",
            path.display()
        )
        .replace("PROXMOX_VE_API_TOKEN", token_of(&text)),
    );
    Ok(0)
}

fn token_of(manifest: &str) -> &str {
    manifest.split("env(\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// The answers with everything that had to be asked.
async fn asked(terminal: &Terminal, mut answers: Answers) -> Result<Answers, Stop> {
    let missing = [("--api", answers.api.is_none()), ("--network", answers.network.is_none())];
    let missing: Vec<&str> =
        missing.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
    if !terminal.interactive && !missing.is_empty() {
        let why = format!("{} is missing, and nobody can be asked", missing.join(" and "));
        let help = "write it: `paas init --api pve.lan --network 10.0.0.0/24`";
        return Err(Stop::one(problem::not_begun(&why, help), 64));
    }
    let ask = |question: &str, given: Option<String>| match given {
        Some(given) => Some(given),
        None if terminal.interactive => terminal.asks(question),
        None => None,
    };
    answers.api = ask("Address of a Proxmox node", answers.api);
    answers.network = ask("Network of the guests, like 10.0.0.0/24", answers.network);
    answers.gateway = ask("Its gateway (empty for none)", answers.gateway);
    answers.domain = ask("Domain of the platform (empty for none)", answers.domain);
    let wrong = |why: String, help: &str| Stop::one(problem::not_begun(&why, help), 1);
    let api = answers.api.take().unwrap_or_default();
    let api = api_of(&api)
        .ok_or_else(|| wrong(format!("`{api}` is no address"), "write `--api pve.lan`"))?;
    let network = answers.network.clone().unwrap_or_default();
    if network.parse::<IpNet>().is_err() {
        let help = "write `--network 10.0.0.0/24`";
        return Err(wrong(format!("`{network}` is no network"), help));
    }
    let gateway = answers.gateway.as_ref().filter(|text| !text.is_empty());
    if let Some(text) = gateway.filter(|text| text.parse::<std::net::IpAddr>().is_err()) {
        return Err(wrong(
            format!("the gateway `{text}` is no address"),
            "write `--gateway 10.0.0.1`",
        ));
    }
    if let Some(text) = answers.fingerprint.as_ref().filter(|text| fingerprint(text).is_none()) {
        let help = "on the node: `openssl x509 -in /etc/pve/local/pve-ssl.pem -noout -fingerprint \
                    -sha256`";
        return Err(wrong(format!("`{text}` is no SHA-256 fingerprint"), help));
    }
    if terminal.interactive && answers.fingerprint.is_none() && answers.ca.is_none() {
        match certificate_of(&api).await {
            Ok(shown) => {
                terminal.say(&format!(
                    "It shows the certificate {shown}\nCompare on the node: openssl x509 -in \
                     /etc/pve/local/pve-ssl.pem -noout -fingerprint -sha256\n"
                ));
                if terminal.confirms("Is it the node's?") {
                    answers.fingerprint = Some(shown);
                }
            }
            Err(why) => terminal.say(&format!("It does not answer: {why}\n")),
        }
    }
    answers.api = Some(api);
    Ok(answers)
}

fn manifest(answers: &Answers) -> String {
    let mut out = String::from("## A platform on Proxmox: machines, apps and their names.\n\n");
    let text = |it: &str| format!("\"{}\"", it.replace('\\', "\\\\").replace('"', "\\\""));
    let mut line = |text: String| {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{text}");
    };
    line("# A token of the API; `paas preflight` says what it may and may not.".to_owned());
    line(format!("secret pve = env({})\n", text(&answers.token_env)));
    line("cluster home {".to_owned());
    line(format!("  api = {}", text(answers.api.as_deref().unwrap_or_default())));
    line("  token = secret.pve".to_owned());
    match (&answers.fingerprint, &answers.ca) {
        (Some(pin), _) => line(format!("  tls {{ fingerprint = {} }}", text(pin))),
        (None, Some(path)) => line(format!("  tls {{ ca = {} }}", text(path))),
        (None, None) => (),
    }
    line("}\n".to_owned());
    line("network lan {".to_owned());
    line("  cluster = cluster.home".to_owned());
    line(format!("  cidr = {}", answers.network.as_deref().unwrap_or_default()));
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    if let Some(gateway) = given(&answers.gateway) {
        line(format!("  gateway = {gateway}"));
    }
    if let Some(domain) = given(&answers.domain) {
        line(format!("  domain = {}", text(&domain)));
    }
    if let Some(pool) = given(&answers.pool) {
        line(format!("  pool = [{}]", text(&pool)));
    }
    line("}".to_owned());
    out
}
