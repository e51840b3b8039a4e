//! The parser that is made from `grammar/paas.pest`.
#![allow(missing_docs, reason = "the rules are described in the grammar")]

/// The grammar's parser.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/paas.pest"]
pub struct Grammar;
