//! The page for a repository, a wiki or a ticket.

use super::layout::{Block, Fact, Layout, Line, Section, StepLines, Table};

/// How every page begins; nothing that does not is replaced.
pub(super) const BEGINNING: &str = "<!-- dayone-report/";

/// What a renderer could take for markup in the middle of words.
const MARKS: &str = "\\`*_[]|~$";

/// Writes the page.
pub(super) fn write(layout: &Layout) -> String {
    let mut lines = vec!["<!-- dayone-report/1 -->".to_owned()];
    let mut paragraph = |words: String| lines.extend([String::new(), words]);
    paragraph(format!("# {}", escaped(&layout.heading)));
    paragraph(escaped(&layout.what));
    paragraph(format!("**{}**", escaped(&layout.verdict.1)));
    for warning in &layout.warnings {
        paragraph(format!("> {}", escaped(warning)));
    }
    let counts = layout.counts.iter().map(|count| format!("{} {}", count.count, escaped(&count.label)));
    paragraph(counts.collect::<Vec<_>>().join(" · "));
    paragraph(facts(&layout.facts));
    layout.sections.iter().flat_map(section).for_each(&mut paragraph);
    let (about, digest) = &layout.seal;
    paragraph("---".to_owned());
    paragraph(format!("{}\n\n{}", escaped(about), code(digest)));
    format!("{}\n", lines.join("\n"))
}

fn section(section: &Section) -> Vec<String> {
    let heading = format!("## {}", escaped(&section.title));
    let blocks = section.blocks.iter().map(|block| match block {
        Block::Heading(words) => format!("### {}", escaped(words)),
        Block::Paragraph(words) => escaped(words),
        Block::Facts(list) => facts(list),
        Block::Steps(list) => steps(list),
        Block::Table(rows) => table(rows),
    });
    std::iter::once(heading).chain(blocks).collect()
}

fn facts(facts: &[Fact]) -> String {
    let fact = |fact: &Fact| format!("- **{}**: {}", escaped(&fact.name), on_one_line(&fact.lines));
    facts.iter().map(fact).collect::<Vec<_>>().join("\n")
}

fn steps(steps: &[StepLines]) -> String {
    let mut lines = Vec::new();
    for step in steps {
        lines.push(format!("- {}", code(step.step.name())));
        lines.extend(step.lines.iter().map(|words| format!("  - {}", line(words))));
        lines.extend((1..).zip(&step.how).map(|(number, words)| format!("    {number}. {}", escaped(words))));
        lines.extend(step.notes.iter().map(|words| format!("  - {}", escaped(words))));
    }
    lines.join("\n")
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let caption = format!("**{}**\n", escaped(&table.caption));
    let columns = row(table.columns.iter().map(|column| escaped(column)).collect());
    let rule = row(table.columns.iter().map(|_| "---".to_owned()).collect());
    let rows = table.rows.iter().map(|cells| row(cells.iter().map(|lines| on_one_line(lines)).collect()));
    [caption, columns, rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn on_one_line(lines: &[Line]) -> String {
    lines.iter().map(line).collect::<Vec<_>>().join("<br>")
}

fn line(line: &Line) -> String {
    match line {
        Line::Words(words) => escaped(words),
        Line::Name(name) => code(name),
        Line::Marked(_, symbol, words, more) => {
            let line = format!("{} {} {}", escaped(symbol), escaped(words), escaped(more));
            line.trim_end().to_owned()
        }
    }
}

/// Code cannot hold its own mark, and in a table no stroke. A name with such signs stands as words.
fn code(name: &str) -> String {
    let plain = !name.is_empty() && !name.contains(['`', '|', '\\', '<']);
    if plain { format!("`{name}`") } else { escaped(name) }
}

/// Words in which nothing is markup. They are free of line breaks.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    let (mut before, mut rest) = (None, words.chars().peekable());
    while let Some(c) = rest.next() {
        let in_a_word = before.is_some_and(char::is_alphanumeric)
            && rest.peek().is_some_and(|after: &char| after.is_alphanumeric());
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // At the beginning these would make a list or a heading.
            '-' | '+' | '=' | '#' if before.is_none() => escaped.extend(['\\', c]),
            // In a word it marks nothing, and addresses of pages would not be links any more.
            '_' if in_a_word => escaped.push(c),
            _ if MARKS.contains(c) => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
        before = Some(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::report::look::tests::HOSTILE;
    use crate::report::page::document::tests::document_with;
    use crate::report::page::layout::layout;

    fn page(name: &str) -> String {
        write(&layout(&document_with(name, Language::En), "00ff"))
    }

    /// What each line begins with, up to its first letter, and how many cells it has.
    fn shape(page: &str) -> Vec<(String, usize)> {
        let begins = |line: &str| line.chars().take_while(|c| " #->|*`.0123456789".contains(*c)).collect();
        let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        page.lines().map(|line| (begins(line), cells(line))).collect()
    }

    #[test]
    fn the_page_has_the_parts_of_the_other_forms() {
        let page = page("Administrators");
        assert!(page.starts_with(BEGINNING), "{page}");
        let headings: Vec<_> = page.lines().filter(|line| line.starts_with("## ")).collect();
        let expected = [
            "## What is left, and for whom",
            "## What is in place",
            "## Evidence",
            "## What was changed",
            "## Controls",
            "## What the words mean",
        ];
        assert_eq!(headings, expected);
        for words in [
            "# Account 1111-2222-3333 · Administrators",
            "**5 of 10 steps are left.**",
            "- `admin-group`\n  - \\+ create group Administrators",
            "    1. In another window: aws login",
            "| `password-policy` | at least 14 characters |",
            "| 2026-11-24 06:00:00 | created · admin-group<br>`iam:group/Administrators` | \
             `arn:aws:iam::111122223333:root` | ✓ done<br>Request id 4d2f0000-aaaa |",
            "\n`00ff`\n",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }

    #[test]
    fn hostile_names_do_not_change_the_structure() {
        let expected = shape(&page("Administrators")).len();
        for hostile in HOSTILE {
            let page = page(hostile);
            assert_eq!(page.lines().count(), expected, "{page}");
            assert!(
                !page.contains("<script") && !page.contains("<img") && !page.contains("[link]"),
                "{page}"
            );
            let rows = |page: &str| {
                let tables = shape(page).into_iter().filter(|(begins, _)| begins.starts_with("| "));
                tables.map(|(_, cells)| cells).collect::<Vec<_>>()
            };
            assert_eq!(rows(&page), rows(&self::page("Administrators")), "{page}");
        }
    }

    #[test]
    fn marks_are_words() {
        assert_eq!(escaped("a*b _c_ [d](e) <f> &g;"), "a\\*b \\_c\\_ \\[d\\](e) &lt;f&gt; &amp;g;");
        assert_eq!((escaped("- a - b"), escaped("# a")), ("\\- a - b".into(), "\\# a".into()));
        let address = "https://console.aws.amazon.com/iam/home#/security_credentials";
        assert_eq!(escaped(address), address);
        assert_eq!((code("a-b"), code("a`b"), code("")), ("`a-b`".into(), "a\\`b".into(), String::new()));
    }
}
