//! Blocks of Terraform: what each of them would be here.

use crate::problem::Problem;
use crate::problem::foreign::{self, ForeignBlock};
use crate::source::{Sources, Span};
use crate::syntax::tree::{Block, Item, ItemKind, Key, Tree};

/// The problems, with those about a block of Terraform told in full.
pub(super) fn translated(
    problems: Vec<Problem>,
    trees: &[Tree],
    sources: &Sources,
) -> Vec<Problem> {
    let told = |problem: Problem| {
        let at = problem.labels.first().filter(|_| problem.code == "P1001").map(|it| it.span);
        let block = at.and_then(|at| trees.iter().find_map(|tree| block_at(&tree.items, at)));
        block.and_then(|item| better(item, sources)).unwrap_or(problem)
    };
    problems.into_iter().map(told).collect()
}

/// The block whose kind is written at this place.
fn block_at(items: &[Item], at: Span) -> Option<&Item> {
    let around = items.iter().find(|item| {
        let span = item.span;
        span.file == at.file && span.start <= at.start && at.end <= span.end
    })?;
    match &around.kind {
        ItemKind::Block(block) if block.kind.span == at => Some(around),
        ItemKind::Block(block) => block_at(&block.body.items, at),
        _ => None,
    }
}

fn better(item: &Item, sources: &Sources) -> Option<Problem> {
    let ItemKind::Block(block) = &item.kind else { return None };
    let attribute = |item: &Item| match &item.kind {
        ItemKind::Attribute(attribute) => match &attribute.key {
            Key::Plain(name) => Some((name.text.to_string(), sources.text(attribute.value.span))),
            Key::Computed(_) => None,
        },
        _ => None,
    };
    let attributes: Option<Vec<(String, &str)>> = block.body.items.iter().map(attribute).collect();
    let labels = block.labels.iter().map(|label| label.text.as_str()).collect();
    foreign::block(&ForeignBlock {
        word: &block.kind.text,
        labels,
        header: header(block),
        whole: item.span,
        attributes: attributes.unwrap_or_default(),
    })
}

fn header(block: &Block) -> Span {
    block.labels.last().map_or(block.kind.span, |label| block.kind.span.to(label.span))
}
