//! The command line: one enum, one match. Only this module prints.

mod commands;
mod files;
mod given;
mod imports;
mod lock;
mod machines;
mod options;
mod parsing;
mod pipeline;
mod progress;
mod project;
mod repositories;
mod saved;
mod secrets;
mod stop;
mod terminal;
mod world;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::cli::options::{
    CheckFormat, DriftFormat, Format, Global, GraphFormat, Inputs, Planning, TestFormat,
};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::Applicability;

/// Plan and apply a self-hosted platform on Proxmox from one readable manifest.
#[derive(Debug, Parser)]
#[command(name = "paas", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a project: ask for a cluster and a network, and write a first manifest
    ///
    /// What is given as an option is not asked, so that it runs without a terminal. Nothing that
    /// exists is overwritten.
    Init {
        #[command(flatten)]
        answers: commands::init::Answers,
    },
    /// Write guests that are on a cluster into a manifest, to look after them from then on
    ///
    /// Nothing is changed. The text has a block for each guest and a line that takes it over; it
    /// is planned before it is shown, and what the plan would change is told.
    Import {
        #[command(flatten)]
        inputs: Inputs,
        #[command(flatten)]
        which: commands::import::Which,
    },
    /// Say everything that is wrong with a manifest, without looking at anything else
    ///
    /// Exits with 0 when there is nothing to say, 1 on errors, 4 on warnings with
    /// `--deny-warnings`.
    Check {
        #[command(flatten)]
        inputs: Inputs,
        /// How problems are printed
        #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
        format: CheckFormat,
        /// Warnings count as errors
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Run the tests of a manifest: no network, no secret's value, and nothing is changed
    ///
    /// Exits with 0 when every test passed or there is none, 1 when one failed or the manifest
    /// has errors.
    Test {
        #[command(flatten)]
        inputs: Inputs,
        /// Only tests with this text in their names; may be given several times
        #[arg(long, value_name = "TEXT")]
        filter: Vec<String>,
        /// How the results are printed
        #[arg(long, value_enum, default_value_t = TestFormat::Human)]
        format: TestFormat,
    },
    /// Mend what can be mended without asking, and say what is left
    ///
    /// Files are only changed where a problem has a sure fix; everything else stays byte for byte.
    /// Exits with 0 when no error is left, 1 when some are, 4 when `--check` finds a file that
    /// would change.
    Fix {
        /// Folders of manifests, or `.paas` files; by default the current folder
        paths: Vec<std::path::PathBuf>,
        /// Change nothing, only tell which files would change
        #[arg(long)]
        check: bool,
        /// Change nothing, show what would change
        #[arg(long)]
        diff: bool,
        /// Apply fixes as well that are only probably meant
        #[arg(long)]
        r#unsafe: bool,
    },
    /// Write manifests in their one canonical form
    ///
    /// Exits with 4 when `--check` finds a file that would change.
    Fmt {
        /// Files or folders; by default the current folder
        paths: Vec<std::path::PathBuf>,
        /// Change nothing, only tell which files would change
        #[arg(long)]
        check: bool,
        /// Show what would change
        #[arg(long)]
        diff: bool,
        /// Read standard input, write standard output
        #[arg(long, conflicts_with_all = ["paths", "check", "diff"])]
        stdin: bool,
    },
    /// Show what apply would change, why, and what that disturbs; writes nothing anywhere
    ///
    /// With `--exit-code`: 0 for no change, 2 for changes, 3 for changes that destroy or replace.
    /// 4 when something stands in the way.
    Plan {
        #[command(flatten)]
        inputs: Inputs,
        #[command(flatten)]
        planning: Planning,
        /// How the plan is printed
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
        /// Save the plan, to apply exactly this with `paas apply FILE`
        #[arg(long, value_name = "FILE")]
        out: Option<std::path::PathBuf>,
        /// Tell by the exit code whether there are changes
        #[arg(long)]
        exit_code: bool,
        /// One line a resource
        #[arg(long, conflicts_with = "full")]
        summary: bool,
        /// Everything, however long
        #[arg(long)]
        full: bool,
    },
    /// Make the platform what the manifest says
    ///
    /// PATH is a project or a plan that `paas plan --out` saved. Exits with 0 when all is done, 1
    /// when it failed before the first change, 3 when it stopped half-way (the state is saved and
    /// the next apply goes on), 4 when something stands in the way, 5 when the plan is stale, 6
    /// when somebody else works on the state, 130 when it was interrupted.
    Apply {
        #[command(flatten)]
        inputs: Inputs,
        #[command(flatten)]
        planning: Planning,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
        /// How many changes run at once [default: what the manifest says, or 16]
        #[arg(long, value_name = "COUNT")]
        parallel: Option<NonZeroUsize>,
    },
    /// Find what was changed outside, is missing, or is made from an outdated template
    ///
    /// Exits with 0 when nothing is, 2 when something is.
    Drift {
        #[command(flatten)]
        inputs: Inputs,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = DriftFormat::Human)]
        format: DriftFormat,
    },
    /// Ask clusters and hosts whether they have what the manifest needs: login, privileges, nodes,
    /// storages, bridges, SSH, clocks
    ///
    /// Nothing is changed. Exits with 0 when an apply can go ahead, 1 when something is missing.
    Preflight {
        #[command(flatten)]
        inputs: Inputs,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = DriftFormat::Human)]
        format: DriftFormat,
    },
    /// Remove everything that the state has
    ///
    /// Exits like `paas apply`.
    Destroy {
        #[command(flatten)]
        inputs: Inputs,
        #[command(flatten)]
        planning: Planning,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
        /// How many changes run at once [default: what the manifest says, or 16]
        #[arg(long, value_name = "COUNT")]
        parallel: Option<NonZeroUsize>,
    },
    /// Look at what was made so far, or mend the record of it
    State {
        #[command(subcommand)]
        action: commands::state::Action,
    },
    /// Show what waits for what
    Graph {
        #[command(flatten)]
        inputs: Inputs,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = GraphFormat::Waves)]
        format: GraphFormat,
    },
    /// Print a JSON Schema: of what is printed as JSON, of the state, of every kind or of one
    Schema {
        /// `plan`, `drift`, `check`, `state`, `manifest` or a kind
        #[arg(default_value = "manifest")]
        name: String,
    },
    /// Print what the manifest gives to the outside, as of the last apply
    Output {
        #[command(flatten)]
        inputs: Inputs,
        /// Only this one, as plain text
        #[arg(long)]
        name: Option<String>,
    },
    /// Explain a resource, one of its attributes, a kind, a function, or the code of a message
    ///
    /// `kinds` and `functions` list what there is.
    Explain {
        /// `container.web`, `container.web.memory`, `container`, `nth`, `P1003`
        what: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Look after secrets: list, renew, show generated ones
    Secret {
        #[command(subcommand)]
        action: commands::secret::Action,
    },
    /// Fetch modules out of their repositories, and write down in `paas.lock` what they have
    ///
    /// Nothing else changes `paas.lock`. With `--check` nothing is written, and the exit code is 4
    /// when something moved.
    Update {
        #[command(flatten)]
        inputs: Inputs,
        /// Only tell what would move
        #[arg(long)]
        check: bool,
    },
    /// Run a command on a machine, with the input and the outputs of this one
    ///
    /// It runs as root, in a clean environment and without a terminal, like everything that apply
    /// does. Exits with the command's code, 128 and the number of a signal that ended it, 255 when
    /// the machine could not be reached, 130 when it was interrupted: then the command is ended.
    Exec {
        /// `host.web`, `container.web`, `vm.db`, `cluster.home/node.pve1`
        address: String,
        #[command(flatten)]
        inputs: Inputs,
        /// The command, as it is: no shell takes it apart
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<std::ffi::OsString>,
    },
    /// Open a shell on a machine, by the installed `ssh`, or `mosh` where it is preferred
    ///
    /// With `mosh = "prefer"` it is mosh if both ends have it and UDP works; it says which it is,
    /// and why. Exits like the shell.
    Shell {
        /// `host.web`, `container.web`, `vm.db`, `cluster.home/node.pve1`
        address: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Look after the keys by which machines are known
    HostKey {
        #[command(subcommand)]
        action: commands::host_key::Action,
    },
    /// Look at the sandbox, or disturb it
    Sandbox {
        #[command(subcommand)]
        action: commands::sandbox::Action,
    },
}

/// Every command with its options, for the reference page.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// How much room there is for parts of a manifest inside of each other.
///
/// What the limits of the language allow needs less than a quarter of it, and the system gives
/// memory only for what is used. What it gives by itself may be a good deal less.
const STACK_BYTES: usize = 64 << 20;

/// Runs one command line, and tells what the process ends with.
pub fn main() -> ExitCode {
    match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(command_line) {
        // A panic has told about itself.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(101)),
        Err(_) => command_line(),
    }
}

fn command_line() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 64 } else { 0 };
            // Nothing can be said when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    terminal::log(arguments.global.verbose);
    let terminal = Terminal::new(arguments.global.color);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.say(&format!("cannot start: {error}\n"));
            return ExitCode::from(1);
        }
    };
    let end = runtime.block_on(run(arguments, &terminal));
    // A thread may wait for a key that nobody presses.
    runtime.shutdown_background();
    match end {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            terminal.problems(&stop.problems, &stop.sources);
            ExitCode::from(stop.exit)
        }
    }
}

async fn run(arguments: Arguments, terminal: &Terminal) -> Result<u8, Stop> {
    let sandbox = arguments.global.sandbox;
    match arguments.command {
        Command::Init { answers } => commands::init::run(terminal, answers).await,
        Command::Import { inputs, which } => {
            commands::import::run(terminal, &inputs, &which, sandbox).await
        }
        Command::Check { inputs, format, deny_warnings } => {
            commands::check::run(terminal, &inputs, format, deny_warnings)
        }
        Command::Test { inputs, filter, format } => {
            commands::test::run(terminal, &inputs, format, &filter).await
        }
        Command::Fix { paths, check, diff, r#unsafe } => {
            let least = if r#unsafe { Applicability::Maybe } else { Applicability::Machine };
            commands::fix::run(terminal, &paths, commands::fix::How { check, diff, least })
        }
        Command::Fmt { paths, check, diff, stdin } => {
            commands::fmt::run(terminal, &paths, commands::fmt::How { check, diff, stdin })
        }
        Command::Plan { inputs, planning, format, out, exit_code, summary, full } => {
            let how = commands::plan::How { format, out, exit_code, summary, full };
            commands::plan::run(terminal, &inputs, &planning, &how, sandbox).await
        }
        Command::Apply { inputs, planning, yes, parallel } => {
            let how = commands::apply::How { yes, parallel };
            commands::apply::run(terminal, &inputs, &planning, how, sandbox).await
        }
        Command::Drift { inputs, format } => {
            commands::drift::run(terminal, &inputs, format, sandbox).await
        }
        Command::Preflight { inputs, format } => {
            commands::preflight::run(terminal, &inputs, format, sandbox).await
        }
        Command::Destroy { inputs, planning, yes, parallel } => {
            let how = commands::apply::How { yes, parallel };
            commands::destroy::run(terminal, &inputs, &planning, how, sandbox).await
        }
        Command::State { action } => commands::state::run(terminal, &action, sandbox).await,
        Command::Graph { inputs, format } => commands::graph::run(terminal, &inputs, format),
        Command::Schema { name } => commands::schema::run(terminal, &name),
        Command::Output { inputs, name } => {
            commands::output::run(terminal, &inputs, name.as_deref(), sandbox).await
        }
        Command::Explain { what, inputs } => {
            commands::explain::run(terminal, &what, &inputs, sandbox)
        }
        Command::Secret { action } => commands::secret::run(terminal, &action, sandbox).await,
        Command::Update { inputs, check } => commands::update::run(terminal, &inputs, check),
        Command::Exec { address, inputs, command } => {
            commands::exec::run(&address, &inputs, command, sandbox).await
        }
        Command::Shell { address, inputs } => {
            commands::shell::run(terminal, &address, &inputs, sandbox).await
        }
        Command::HostKey { action } => commands::host_key::run(terminal, &action, sandbox).await,
        Command::Sandbox { action } => commands::sandbox::run(terminal, &action),
    }
}
