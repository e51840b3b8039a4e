//! A plan for a terminal: what changes, why, how bad, what is untouched.

use crate::legible::visible;
use crate::plan::{Blocked, Capacity, Level, Outdated, Plan, Revealed};
use crate::problem::Style;
use crate::render::entry::{self, Action, Entry};
use crate::render::escape::thousands;
use crate::render::paint::{Hue, Paper, hue_of, hue_of_level};
use crate::render::tree::{self, ALIKE_SHOWN, Node};
use crate::render::{Context, Density, Verdict, change, drift, leaf, value, words};

/// More entries than this of one list are counted, unless everything is asked for.
const LIST_MAX: usize = 50;

/// The whole plan, ready to be printed.
pub fn terminal(plan: &Plan, context: &Context, style: Style) -> String {
    let entries = entry::entries(plan);
    let mut paper = Paper::new(style);
    header(&mut paper, plan, context);
    overview(&mut paper, plan, &entries);
    match context.density {
        Density::Summary => {
            paper.end();
            entries.iter().for_each(|entry| change::brief(&mut paper, entry));
        }
        Density::Normal | Density::Full => groups(&mut paper, &entries, context),
    }
    drift::section(&mut paper, &plan.drift, context);
    drift::pending(&mut paper, &plan.pending, context);
    outdated(&mut paper, &plan.outdated, context);
    unmanaged(&mut paper, &plan.unmanaged, context);
    blocked(&mut paper, &plan.blocked);
    checks(&mut paper, context);
    reveals(&mut paper, &plan.reveals);
    relocation(&mut paper, plan);
    outputs(&mut paper, plan, context);
    footer(&mut paper, plan, &entries, context);
    paper.finish()
}

fn header(paper: &mut Paper, plan: &Plan, context: &Context) {
    let mut parts = vec![context.title(), format!("state serial {}", plan.against.serial)];
    if !plan.against.config.is_empty() {
        let digest = words::short(&plan.against.config);
        parts.push(format!("config {}", digest.chars().take(7).collect::<String>()));
    }
    if !plan.against.templates.is_empty() {
        parts.push(format!("templates {}", plan.against.templates.len()));
    }
    if context.sandbox {
        parts.push("sandbox".to_owned());
    }
    paper.line(0, Hue::Bold, &parts.join(" · "));
}

/// Counts, impacts, and nodes that get fuller or emptier.
fn overview(paper: &mut Paper, plan: &Plan, entries: &[Entry<'_>]) {
    paper.end();
    paper.blanks(2);
    for (action, count) in entry::counts(entries).into_iter().filter(|(_, count)| *count > 0) {
        paper.put(hue_of(action), &format!("{} {count} {}", action.sign(), action.word()));
        paper.blanks(3);
    }
    for (count, word) in [(plan.outdated.len(), "outdated"), (plan.drift.len(), "drift")] {
        if count > 0 {
            paper.put(Hue::Yellow, &format!("! {count} {word}"));
            paper.blanks(3);
        }
    }
    paper.put(Hue::Dim, &format!("{} unchanged", plan.unchanged));
    paper.end();
    if !entries.is_empty() {
        impacts(paper, entries);
    }
    plan.capacity.iter().filter(|node| moves(node)).for_each(|node| capacity(paper, node));
}

fn impacts(paper: &mut Paper, entries: &[Entry<'_>]) {
    let levels = [Level::Critical, Level::High, Level::Medium, Level::Low, Level::None];
    paper.blanks(2);
    paper.put(Hue::Plain, "impact");
    for level in levels {
        let count = entries.iter().filter(|entry| entry.impact.level == level).count();
        if count > 0 {
            paper.blanks(3);
            paper.put(hue_of_level(level), &format!("{} {count}", words::level(level)));
        }
    }
    paper.end();
}

/// Whether a node has other promises after the plan.
pub fn moves(node: &Capacity) -> bool {
    node.cores[0] != node.cores[1] || node.memory[0] != node.memory[1]
}

fn capacity(paper: &mut Paper, node: &Capacity) {
    let part = |name: &str, before: String, after: String, total: String| match before == after {
        true => format!("{name} {after}/{total}"),
        false => format!("{name} {before} → {after}/{total}"),
    };
    let [before, after, total] = node.cores;
    let cores = part("cores", before.to_string(), after.to_string(), total.to_string());
    let [before, after, total] = node.memory.map(words::gib);
    let memory = part("memory", before, after, total);
    let over = node.cores[1] > node.cores[2] || node.memory[1] > node.memory[2];
    paper.blanks(2);
    paper.put(Hue::Plain, &format!("{}   {cores}   {memory} GiB", visible(&node.node)));
    if over {
        paper.put(Hue::Yellow, "   ! more is promised than there is");
    }
    paper.end();
}

fn groups(paper: &mut Paper, entries: &[Entry<'_>], context: &Context) {
    let groups = tree::groups(entries);
    let tenants = groups.iter().any(|group| group.address.is_some());
    let (mut shown, mut left_out) = (Vec::new(), 0);
    match context.density {
        Density::Normal => {
            for item in tree::collapsed(&groups, entries) {
                match item {
                    tree::Shown::Node(group) => shown.push(group),
                    tree::Shown::More(count) => left_out += count,
                }
            }
        }
        Density::Summary | Density::Full => shown.extend(&groups),
    }
    for group in shown {
        one_group(paper, group, tenants, entries, context);
    }
    if left_out > 0 {
        paper.end();
        let text = format!("… and {} more tenants like these", thousands(left_out));
        paper.line(0, Hue::Dim, &text);
    }
}

fn one_group(
    paper: &mut Paper,
    group: &Node,
    tenants: bool,
    entries: &[Entry<'_>],
    context: &Context,
) {
    paper.end();
    match &group.address {
        Some(address) => {
            let heading = visible(&address.as_str().replacen('.', " ", 1));
            paper.line(0, Hue::Bold, &heading);
        }
        None if tenants => paper.line(0, Hue::Bold, "no tenant"),
        None => (),
    }
    change::nodes(paper, 2, &group.children, entries, context);
}

/// How much of a list is shown, and how much is only counted.
pub fn counted(length: usize, context: &Context) -> (usize, usize) {
    match context.density {
        Density::Full => (length, 0),
        Density::Summary | Density::Normal if length <= LIST_MAX => (length, 0),
        Density::Summary | Density::Normal => (ALIKE_SHOWN, length - ALIKE_SHOWN),
    }
}

/// Says how many entries of a list are not shown.
pub fn more(paper: &mut Paper, left_out: usize) {
    if left_out > 0 {
        paper.line(2, Hue::Dim, &format!("… and {} more", thousands(left_out)));
    }
}

/// Resources that were made from an older template, and stay so.
pub fn outdated(paper: &mut Paper, outdated: &[Outdated], context: &Context) {
    let (shown, left_out) = counted(outdated.len(), context);
    if shown > 0 {
        paper.end();
        paper.line(0, Hue::Bold, "outdated");
    }
    for one in &outdated[..shown] {
        let address = visible(one.address.as_str());
        paper.two_sided(2, (Hue::Yellow, "!", &address), (Hue::Yellow, "outdated"));
        if context.density == Density::Summary {
            continue;
        }
        let inner = paper.sign_width() + 5;
        let (from, to) = (words::short(&one.from), words::short(&one.to));
        let template = visible(one.template.as_str());
        paper.line(inner, Hue::Plain, &format!("{template}  {from} → {to}"));
    }
    more(paper, left_out);
    if shown > 0 {
        let text = "on_template_change = \"report\": nothing is done here";
        paper.line(paper.sign_width() + 5, Hue::Dim, text);
    }
}

/// Guests that carry our mark and that nobody asks for.
pub fn unmanaged(paper: &mut Paper, guests: &[String], context: &Context) {
    let (shown, left_out) = counted(guests.len(), context);
    if shown > 0 {
        paper.end();
        paper.line(0, Hue::Bold, "unmanaged");
    }
    for guest in &guests[..shown] {
        let note = "carries this project's mark and is in no state";
        paper.two_sided(2, (Hue::Yellow, "!", &visible(guest)), (Hue::Plain, note));
    }
    more(paper, left_out);
}

fn blocked(paper: &mut Paper, blocked: &[Blocked]) {
    if !blocked.is_empty() {
        paper.end();
        paper.line(0, Hue::Red, "blocked");
    }
    for one in blocked {
        let address = visible(one.address.as_str());
        let code = visible(&one.code);
        paper.two_sided(2, (Hue::Red, "!", &address), (Hue::Red, &code));
        let inner = paper.sign_width() + 5;
        paper.line(inner, Hue::Plain, &visible(&one.message));
        if !one.help.is_empty() {
            paper.line(inner, Hue::Plain, &format!("rather: {}", visible(&one.help)));
        }
    }
}

fn checks(paper: &mut Paper, context: &Context) {
    if context.checks.is_empty() {
        return;
    }
    let count = |verdict| context.checks.iter().filter(|it| it.verdict == verdict).count();
    let words = [(Verdict::Passed, "passed"), (Verdict::Warning, "warned")];
    let rest = [(Verdict::Failed, "failed"), (Verdict::Later, "after apply")];
    let words = words.into_iter().chain(rest);
    let counts = words.map(|(verdict, word)| (count(verdict), word));
    let counts = counts.filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    paper.end();
    paper.put(Hue::Bold, "checks");
    paper.put(Hue::Plain, &format!("   {}", counts.join(" · ")));
    paper.end();
    let bad = context.checks.iter();
    for check in bad.filter(|it| matches!(it.verdict, Verdict::Warning | Verdict::Failed)) {
        let hue = if check.verdict == Verdict::Failed { Hue::Red } else { Hue::Yellow };
        let about = check.address.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
        let text = format!("check.{}   {about}{}", check.name, check.message);
        paper.two_sided(2, (hue, "!", &visible(&text)), (Hue::Dim, &visible(&check.at)));
    }
}

/// What becomes public is never left out: it is why somebody reads the plan.
fn reveals(paper: &mut Paper, reveals: &[Revealed]) {
    if !reveals.is_empty() {
        paper.end();
        paper.line(0, Hue::Bold, "made public");
    }
    for one in reveals {
        let secret = visible(&one.secret);
        paper.two_sided(2, (Hue::Yellow, "!", &secret), (Hue::Dim, &visible(&one.at)));
        paper.line(paper.sign_width() + 5, Hue::Plain, &visible(&one.reason));
    }
}

/// Values go from one place to another, which somebody should know who looks for them.
fn relocation(paper: &mut Paper, plan: &Plan) {
    if let Some(relocation) = &plan.relocation {
        paper.end();
        paper.line(0, Hue::Bold, "generated secrets move");
        let text = format!("{} → {}", relocation.from, relocation.to);
        paper.line(2, Hue::Yellow, &visible(&text));
    }
}

fn outputs(paper: &mut Paper, plan: &Plan, context: &Context) {
    if plan.outputs.is_empty() || context.density == Density::Summary {
        return;
    }
    paper.end();
    paper.line(0, Hue::Bold, "outputs");
    let (shown, left_out) = counted(plan.outputs.len(), context);
    let names = plan.outputs.keys().map(|name| name.chars().count());
    let widest = names.max().unwrap_or(0).min(30);
    for (name, output) in plan.outputs.iter().take(shown) {
        paper.blanks(2);
        paper.put_padded(Hue::Plain, &visible(name), widest);
        paper.blanks(3);
        paper.put(Hue::Plain, &value::text(output, None, leaf::length_max(context.density)));
        paper.end();
    }
    more(paper, left_out);
}

fn footer(paper: &mut Paper, plan: &Plan, entries: &[Entry<'_>], context: &Context) {
    paper.end();
    paper.put(Hue::Bold, &verdict(plan, entries));
    if let Some(saved) = context.saved.as_ref().filter(|_| !entries.is_empty()) {
        paper.put(Hue::Dim, &format!("    saved {}", visible(saved)));
    }
    paper.end();
    if let Some(first) = plan.blocked.first() {
        let rest = match plan.blocked.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        let what = format!("{} ({}){rest}", first.address, first.code);
        let text = format!("Blocked: {}. Settle that first; nothing was changed.", visible(&what));
        paper.line(0, Hue::Red, &text);
    }
}

/// `Plan: 3 to create, 1 to replace.`
pub fn verdict(plan: &Plan, entries: &[Entry<'_>]) -> String {
    let counts = entry::counts(entries).into_iter().filter(|(_, count)| *count > 0);
    let part = |(action, count): (Action, usize)| format!("{count} to {}", action.word());
    let parts: Vec<String> = counts.map(part).collect();
    if !parts.is_empty() {
        return format!("Plan: {}.", parts.join(", "));
    }
    if !plan.blocked.is_empty() {
        return "No plan: something stands in the way.".to_owned();
    }
    let left = plan.drift.iter().filter(|drift| !drift.mended).count();
    let left = left + plan.outdated.len() + plan.unmanaged.len();
    match left {
        0 if plan.relocation.is_some() => "Plan: generated secrets move.".to_owned(),
        0 => "No changes: everything is as the manifest says.".to_owned(),
        count => format!(
            "No changes: {} only shown, not acted upon.",
            match count {
                1 => "1 difference is".to_owned(),
                _ => format!("{} differences are", thousands(count)),
            }
        ),
    }
}
