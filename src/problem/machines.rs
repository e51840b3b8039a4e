//! Problems of commands that go to one machine.

use crate::problem::Problem;

/// The manifest has no machine with this address.
pub fn no_such_machine(address: &str, near: &[&str]) -> Problem {
    let problem = Problem::error("P6310", format!("there is no machine `{address}`"));
    let near: Vec<String> = near.iter().map(|it| format!("`{it}`")).collect();
    match near.as_slice() {
        [] => {
            problem.help("name a machine of the manifest, like `host.web`; `paas graph` lists all")
        }
        near => problem.help(format!("did you mean {}?", near.join(", "))),
    }
}

/// There is such a resource, and it takes no commands.
pub fn not_a_machine(address: &str) -> Problem {
    Problem::error("P6310", format!("`{address}` is no machine"))
        .help("name a machine of the manifest, like `host.web` or `container.web`")
}

/// The text is neither an address in a manifest nor a name in a network.
pub fn not_a_place(text: &str) -> Problem {
    Problem::error("P6310", format!("`{text}` is neither a machine of the manifest nor a host"))
        .help("write `host.web`, `web.example.com`, `10.0.0.7:2222` or `[fd00::7]:2222`")
}

/// A machine does not do what was asked.
pub fn unreachable(name: &str, why: &str) -> Problem {
    Problem::error("P6311", format!("`{name}`: {why}"))
}

/// It does not show the key that was named.
pub fn another_key(place: &str, named: &str, shown: &str) -> Problem {
    Problem::error("P6312", format!("`{place}` does not show the key `{named}`"))
        .help("compare on the machine itself: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`")
        .note(format!("it shows `{shown}`"))
        .note("nothing was written down")
}

/// It has another key already.
pub fn has_a_key(place: &str, known: &[(String, String)], fingerprint: &str) -> Problem {
    let problem = Problem::error("P6312", format!("`{place}` has another key already"))
        .help(format!("if it was installed anew: `paas host-key replace {place} {fingerprint}`"));
    let known = known.iter().map(|(at, key)| format!("known is `{key}` ({at})"));
    known.fold(problem, Problem::note)
}

/// The key must not be used.
pub fn revoked(place: &str, at: &str) -> Problem {
    Problem::error("P6312", format!("the key that `{place}` shows is revoked"))
        .help(format!("give the machine a new key, or take the line away: {at}"))
}
