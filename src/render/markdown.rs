//! A plan as one comment of a pull request: the table is the review, details are folded.

use crate::legible::visible;
use crate::model::SecretStore;
use crate::plan::{Capacity, Level, Plan};
use crate::render::difference::Line;
use crate::render::entry::{self, Action, Entry};
use crate::render::escape::{code, fence, html, prose, thousands};
use crate::render::leaf::{self, What};
use crate::render::{Context, Verdict, drift, value, words};

/// What a comment may have, in bytes: GitHub's 65,536 characters less some for its own.
pub const LIMIT: usize = 65_000;

/// What is kept free for the table's last line, the capacity and the footer.
const RESERVE: usize = 4_000;

/// What capacity and checks may take.
const TAIL_MAX: usize = 12_000;

/// What the difference of one change may take, so that one does not crowd out all others.
const BODY_MAX: usize = 12_000;

/// So much of one row or quote is enough; longer texts are a matter of the details.
const CELL_MAX: usize = 400;

/// The plan as Markdown, never longer than [`LIMIT`].
pub fn markdown(plan: &Plan, context: &Context) -> String {
    let mut entries = entry::entries(plan);
    // Stable: what is equally bad stays in the order of the plan.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.impact.level));
    let mut out = header(plan, &entries, context);
    let tail = tail(plan, context);
    let room = LIMIT - RESERVE - tail.len();
    blocked(&mut out, plan, LIMIT / 8);
    reveals(&mut out, plan, LIMIT / 4);
    relocation(&mut out, plan);
    table(&mut out, plan, &entries, context, room * 2 / 3);
    details(&mut out, &entries, context, room);
    out.push_str(&tail);
    out
}

fn header(plan: &Plan, entries: &[Entry<'_>], context: &Context) -> String {
    let mut counts: Vec<String> = entry::counts(entries)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(action, count)| format!("{}{count}", sign(action)))
        .collect();
    if counts.is_empty() {
        counts.push("no changes".to_owned());
    }
    let mut parts = vec![format!("paas plan · {}", prose(&cut(&context.title())))];
    if context.sandbox {
        parts.push("sandbox".to_owned());
    }
    let blocked = if plan.blocked.is_empty() { "" } else { "⛔ blocked · " };
    let worst = words::level(entry::worst(entries)).to_uppercase();
    let title = parts.join(" · ");
    let marker = marker(context);
    let counts = counts.join(" ");
    format!("{marker}\n### {title} — {blocked}{counts} · impact **{worst}**\n\n")
}

/// A comment that finds the earlier one; nothing in a name can end it.
fn marker(context: &Context) -> String {
    let safe = |text: &str| -> String {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let parts = text.split(|c| !word(c)).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("-").chars().take(100).collect()
    };
    let environment = context.environment.as_deref().map(safe);
    let environment = environment.map(|text| format!("/{text}")).unwrap_or_default();
    format!("<!-- paas-plan:{}{environment} -->", safe(&context.project))
}

fn cut(text: &str) -> String {
    crate::render::escape::cut(text, CELL_MAX)
}

fn sign(action: Action) -> &'static str {
    match action {
        Action::Destroy => "−",
        Action::Create | Action::Update | Action::Replace => action.sign(),
        Action::Adopt | Action::Forget | Action::Move => action.sign(),
    }
}

fn table(
    out: &mut String,
    plan: &Plan,
    entries: &[Entry<'_>],
    context: &Context,
    length_max: usize,
) {
    let changes = entries.iter().map(|entry| row(entry, context));
    let outdated = plan.outdated.iter().map(|one| {
        let (from, to) = (code(&words::short(&one.from)), code(&words::short(&one.to)));
        let what = format!("outdated template {from} → {to}");
        let template = code(&cut(one.template.as_str()));
        let address = code(&cut(one.address.as_str()));
        format!("| ! | | {address} | {what} | {template} | reported only |\n")
    });
    let drift = plan.drift.iter().filter(|drift| !drift.mended).map(|one| {
        let address = code(&cut(one.address.as_str()));
        format!(
            "| ! | | {address} | {} | drift | reported only |\n",
            prose(&cut(&drift::brief(one)))
        )
    });
    let total = entries.len() + plan.outdated.len() + plan.drift.len();
    if total == 0 {
        out.push_str("Everything is as the manifest says.\n\n");
        return;
    }
    out.push_str("| | where | resource | what | why | impact |\n|---|---|---|---|---|---|\n");
    let rows = changes.chain(outdated).chain(drift);
    let mut left_out = 0;
    for row in rows {
        match left_out == 0 && out.len() + row.len() <= length_max {
            true => out.push_str(&row),
            false => left_out += 1,
        }
    }
    if left_out > 0 {
        let count = thousands(left_out);
        out.push_str(&format!("\n… and {count} more rows, none worse than the last one here.\n"));
    }
    out.push('\n');
}

fn row(entry: &Entry<'_>, context: &Context) -> String {
    let place = entry.tenant.as_ref().map(|tenant| prose(&cut(tenant.name()))).unwrap_or_default();
    let last = entry.chain.last().expect("an address has a segment");
    let name = match entry.tenant.as_ref().map(|tenant| tenant.as_str().len() + 1) {
        Some(skip) if entry.address().as_str().len() > skip => &entry.address().as_str()[skip..],
        Some(_) | None => last.as_str(),
    };
    let name = code(&cut(name));
    let name = match entry.impact.level {
        Level::High | Level::Critical => format!("**{name}**"),
        Level::None | Level::Low | Level::Medium => name,
    };
    let (what, why) = (what(entry, context), why(entry));
    let impact = impact(entry);
    format!("| {} | {place} | {name} | {what} | {why} | {impact} |\n", sign(entry.action))
}

fn what(entry: &Entry<'_>, context: &Context) -> String {
    const SHOWN_MAX: usize = 3;
    let word = match entry.action {
        Action::Create => return "new".to_owned(),
        Action::Destroy => {
            let farewell = words::farewell(entry).map(|text| format!(", {text}"));
            return format!("destroy{}", farewell.unwrap_or_default());
        }
        Action::Forget => return "no longer looked after".to_owned(),
        Action::Adopt => "found, looked after from now on",
        Action::Replace => "**forces replacement**",
        Action::Move => return "another name, the same object".to_owned(),
        Action::Update => "",
    };
    let fields = leaf::fields(entry.address(), context);
    let mut forcing: Vec<_> = entry.leaves.iter().collect();
    forcing.sort_by_key(|leaf| std::cmp::Reverse(leaf.class));
    let mut parts: Vec<String> = forcing
        .iter()
        .take(SHOWN_MAX)
        .map(|one| {
            let ty = value::type_at(fields, &one.path);
            let line = leaf::line(one, ty, context.density);
            format!("{} {}", code(&cut(&value::path(&one.path))), code(&cut(&line)))
        })
        .collect();
    if entry.leaves.len() > SHOWN_MAX {
        parts.push(format!("{} more", entry.leaves.len() - SHOWN_MAX));
    }
    let parts = parts.join(", ");
    format!("{parts} {word}").trim().to_owned()
}

fn why(entry: &Entry<'_>) -> String {
    const SHOWN_MAX: usize = 3;
    let leaves = entry.leaves.iter().map(|leaf| &leaf.because);
    let mut reasons: Vec<String> = Vec::new();
    for reason in leaves.chain([&entry.change.because]) {
        let text = code(&cut(&words::reason(reason)));
        if !reasons.contains(&text) {
            reasons.push(text);
        }
    }
    let left_out = reasons.len().saturating_sub(SHOWN_MAX);
    reasons.truncate(SHOWN_MAX);
    if left_out > 0 {
        reasons.push(format!("{left_out} more"));
    }
    reasons.join(", ")
}

fn impact(entry: &Entry<'_>) -> String {
    let mut text = words::impact(&entry.impact);
    match entry.impact.names.len() {
        0 => (),
        count => text.push_str(&format!(" · {}", words::count(count, "name"))),
    }
    match entry.impact.level {
        Level::Critical => format!("**{text}**"),
        Level::None | Level::Low | Level::Medium | Level::High => text,
    }
}

fn blocked(out: &mut String, plan: &Plan, length_max: usize) {
    for (index, one) in plan.blocked.iter().enumerate() {
        let address = code(&cut(one.address.as_str()));
        let message = prose(&cut(&one.message));
        let mut text =
            format!("> **Blocked.** {address}: {message} ({})\n", prose(&cut(&one.code)));
        if !one.help.is_empty() {
            text.push_str(&format!("> Rather: {}\n", prose(&cut(&one.help))));
        }
        if out.len() + text.len() > length_max {
            let left = thousands(plan.blocked.len() - index);
            out.push_str(&format!("> … and {left} more\n"));
            break;
        }
        out.push_str(&text);
        out.push_str(">\n");
    }
    if !plan.blocked.is_empty() {
        out.push('\n');
    }
}

/// The differences, worst first, as long as there is room; what did not fit is counted.
fn details(out: &mut String, entries: &[Entry<'_>], context: &Context, length_max: usize) {
    let told = |entry: &&Entry<'_>| {
        let any = !entry.leaves.is_empty() || !entry.inside.is_empty();
        any || entry.action == Action::Replace
    };
    let mut dropped: Vec<&Entry<'_>> = Vec::new();
    for entry in entries.iter().filter(told) {
        // Once there is no room, what is less bad is not squeezed in before what is worse.
        let text = dropped.is_empty().then(|| detail(entry, context));
        match text.filter(|text| out.len() + text.len() <= length_max) {
            Some(text) => out.push_str(&text),
            None => dropped.push(entry),
        }
    }
    if let Some(worst) = dropped.first() {
        let count = words::count(dropped.len(), "change");
        let level = words::level(worst.impact.level);
        out.push_str(&format!(
            "Dropped for length: the differences of {count} of impact {level} or less; \
             `paas plan --full` shows them.\n\n"
        ));
    }
}

fn detail(entry: &Entry<'_>, context: &Context) -> String {
    let lines = lines(entry, context);
    let mut body = String::new();
    for (index, line) in lines.iter().enumerate() {
        if body.len() > BODY_MAX {
            body.push_str(&format!("… {} more\n", words::count(lines.len() - index, "line")));
            break;
        }
        body.push_str(&cut(line));
        body.push('\n');
    }
    let fence = fence(&body);
    let address = html(entry.address().as_str());
    let (sign, word) = (sign(entry.action), entry.action.word());
    let mut out = format!("<details><summary>{sign} {address} — {word}</summary>\n\n");
    out.push_str(&format!("{fence}diff\n{body}{fence}\n"));
    let notes = [words::loss(entry), words::names_down(entry)];
    for note in notes.into_iter().flatten() {
        out.push_str(&format!("{}  \n", prose(&cut(&note))));
    }
    out.push_str("</details>\n\n");
    out
}

fn lines(entry: &Entry<'_>, context: &Context) -> Vec<String> {
    let mut lines = Vec::new();
    if entry.action == Action::Replace {
        lines.push(format!("! {}", words::forced(entry)));
    }
    let fields = leaf::fields(entry.address(), context);
    for one in &entry.leaves {
        if let What::Lines(difference) = leaf::row(one, entry.address(), context).what {
            lines.extend(difference.into_iter().map(|Line { text, .. }| text));
            continue;
        }
        let ty = value::type_at(fields, &one.path);
        let path = value::path(&one.path);
        let sides = [("-", &one.before), ("+", &one.after)];
        let mut texts = Vec::new();
        for (sign, side) in sides {
            if let Some(side) = side {
                let text = value::text(side, ty, CELL_MAX);
                texts.push(format!("{sign} {path} = {text}"));
            }
        }
        match texts.as_slice() {
            [before, after] if before[1..] == after[1..] => {
                lines.push(format!("! {path} {}", leaf::line(one, ty, context.density)));
            }
            _ => lines.append(&mut texts),
        }
    }
    for inside in &entry.inside {
        lines.push(format!("# {}", words::inside(inside)));
        lines.extend(inside.changes.iter().map(words::inner));
    }
    lines
}

/// What becomes public, before everything else: somebody has to agree.
fn reveals(out: &mut String, plan: &Plan, length_max: usize) {
    let rows = plan.reveals.iter().map(|one| {
        let (secret, at) = (code(&cut(&one.secret)), code(&cut(&one.at)));
        format!("⚠️ {secret} is made public: {} — {at}\n\n", prose(&cut(&visible(&one.reason))))
    });
    push_up_to(out, rows, length_max);
}

fn relocation(out: &mut String, plan: &Plan) {
    if let Some(relocation) = &plan.relocation {
        let place = |it: &SecretStore| code(&cut(&visible(&it.to_string())));
        let (from, to) = (place(&relocation.from), place(&relocation.to));
        out.push_str(&format!("🔑 generated secrets move: {from} → {to}\n\n"));
    }
}

fn tail(plan: &Plan, context: &Context) -> String {
    let mut out = String::new();
    let unchanged = thousands(plan.unchanged);
    out.push_str(&format!("<details><summary>Capacity · {unchanged} unchanged</summary>\n\n"));
    if !plan.capacity.is_empty() {
        out.push_str("| node | cores | memory |\n|---|---|---|\n");
        let rows = plan.capacity.iter().map(capacity);
        push_up_to(&mut out, rows, TAIL_MAX / 2);
        out.push('\n');
    }
    let bad = context.checks.iter();
    let bad = bad.filter(|it| matches!(it.verdict, Verdict::Warning | Verdict::Failed));
    let rows = bad.map(|check| {
        let sign = if check.verdict == Verdict::Failed { "⛔" } else { "⚠️" };
        let name = code(&cut(&format!("check.{}", check.name)));
        let (message, at) = (prose(&cut(&check.message)), code(&cut(&check.at)));
        format!("{sign} {name}: {message} — {at}\n\n")
    });
    push_up_to(&mut out, rows, TAIL_MAX);
    out.push_str("</details>\n\n");
    let mut parts = vec![format!("state {}", plan.against.serial)];
    parts.push(format!("config {}", html(&words::short(&plan.against.config))));
    if let Some(saved) = &context.saved {
        parts.push(code(&cut(saved)));
    }
    out.push_str(&format!("<sub>{}</sub>\n", parts.join(" · ")));
    out
}

/// As many of the rows as there is room for.
fn push_up_to(out: &mut String, rows: impl Iterator<Item = String>, length_max: usize) {
    for row in rows {
        if out.len() + row.len() > length_max {
            out.push_str("\n… and more\n");
            break;
        }
        out.push_str(&row);
    }
}

fn capacity(node: &Capacity) -> String {
    let part = |[before, after, total]: [String; 3]| match before == after {
        true => format!("{after} / {total}"),
        false => format!("{before} → {after} / {total}"),
    };
    let cores = part(node.cores.map(|count| count.to_string()));
    let memory = part(node.memory.map(words::gib));
    format!("| {} | {cores} | {memory} GiB |\n", code(&cut(&visible(&node.node))))
}
