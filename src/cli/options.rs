//! Options that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Use a cluster in memory instead of any real machine; it is kept in `state/sandbox`
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
    /// Log what happens to standard error; twice for more
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which project, and the values of its inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Inputs {
    /// The folder of the manifest, or one `.paas` file
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Give an input a value; the strongest of all ways
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Give inputs values from a file of `name = value` lines
    #[arg(long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// The same as `--values env/NAME.paas` in the project's folder
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

/// What part of the plan is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct Planning {
    /// Only this resource, what is inside it, and what it waits for
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Human,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// How problems are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Frames for a person, on standard error
    Human,
    /// One line a problem
    Concise,
    /// For programs; docs/check-format.md describes it
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Commands of a GitHub workflow, which shows them at their places
    Github,
    /// Sentences without drawings, for screen readers
    Narrated,
}

/// How the results of tests are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For a terminal
    Human,
    /// For programs; docs/testing.md describes it
    Json,
    /// XML as JUnit writes it, for CI services
    Junit,
}

/// How drift is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DriftFormat {
    /// For a terminal
    Human,
    /// For programs
    Json,
}

/// How a graph is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// What can be made at once, wave after wave
    Waves,
    /// For Graphviz
    Dot,
}
