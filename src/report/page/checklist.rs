//! The checklist for root's credentials, which somebody fills in by hand: the last part of the page, so that who has
//! the program has it too. Its words are those of `docs/root-credentials.md`.

use steps::text::Language;

use super::layout::{Block, Fact, Line, Section, Table};
use crate::report::human;
use crate::report::markdown::plain;

/// The checklist of an account. What is there for a reader of the documents alone, links to others of them, is left out.
pub(super) fn section(language: Language, account: &str) -> Section {
    let (mut title, mut heading, mut blocks) = (String::new(), None, Vec::new());
    for part in words(language).split("\n\n").map(str::trim).filter(|part| !is_link(part)) {
        if let Some(words) = part.strip_prefix("# ") {
            title = plain(words);
        } else if let Some(words) = part.strip_prefix("## ") {
            heading = Some(plain(words));
        } else if part.starts_with('|') {
            blocks.push(table(part, heading.take()));
        } else {
            blocks.extend(heading.take().map(Block::Heading));
            blocks.extend(paragraphs(part).into_iter().map(Block::Paragraph));
        }
    }
    let title = format!("{title} · {}", human::grouped(account));
    Section { id: "checklist", title, blocks }
}

fn words(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../../../docs/root-credentials.md"),
        Language::Ko => include_str!("../../../docs/ko/root-credentials.md"),
    }
}

fn is_link(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(')') && part.contains("](")
}

/// A table, or names with room beside them where the columns have none.
fn table(markdown: &str, caption: Option<String>) -> Block {
    let mut lines = markdown.lines().map(cells);
    let columns = lines.next().unwrap_or_default();
    // Below them is the rule.
    let rows = lines.skip(1);
    if columns.iter().all(String::is_empty) {
        let fact = |cells: Vec<String>| Fact {
            name: cells.into_iter().next().unwrap_or_default(),
            lines: Vec::new(),
        };
        return Block::Facts(rows.map(fact).collect());
    }
    let cell = |words: String| if words.is_empty() { Vec::new() } else { vec![Line::Words(words)] };
    let rows = rows.map(|cells| cells.into_iter().map(cell).collect()).collect();
    Block::Table(Table { caption: caption.unwrap_or_default(), columns, rows })
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| plain(cell.trim())).collect()
}

/// A paragraph, or the items of a list.
fn paragraphs(markdown: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in markdown.lines().map(str::trim) {
        match (line.strip_prefix("- "), paragraphs.last_mut()) {
            (Some(item), _) => paragraphs.push(item.to_owned()),
            (None, Some(paragraph)) => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            (None, None) => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs.iter().map(|paragraph| plain(paragraph)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 2] = [Language::En, Language::Ko];

    /// What kind of block it is, and how many columns and rows it has.
    fn shape(section: &Section) -> Vec<(&'static str, usize, usize)> {
        let block = |block: &Block| match block {
            Block::Heading(_) => ("heading", 0, 0),
            Block::Paragraph(_) => ("paragraph", 0, 0),
            Block::Facts(facts) => ("facts", 0, facts.len()),
            Block::Steps(steps) => ("steps", 0, steps.len()),
            Block::Table(table) => ("table", table.columns.len(), table.rows.len()),
        };
        section.blocks.iter().map(block).collect()
    }

    #[test]
    fn the_whole_checklist_is_there_in_both_languages() {
        let expected = [
            ("paragraph", 0, 0),
            ("facts", 0, 4),
            ("table", 4, 7),
            ("paragraph", 0, 0),
            ("table", 4, 3),
            ("paragraph", 0, 0),
            ("heading", 0, 0),
            ("paragraph", 0, 0),
            ("paragraph", 0, 0),
            ("paragraph", 0, 0),
            ("paragraph", 0, 0),
            ("table", 3, 2),
        ];
        for language in LANGUAGES {
            assert_eq!(shape(&section(language, "111122223333")), expected, "{language:?}");
        }
        let english = section(Language::En, "111122223333");
        assert_eq!(english.title, "The root user's credentials: a checklist to print · 1111-2222-3333");
        assert!(section(Language::Ko, "111122223333").title.starts_with("루트 사용자의 보안 인증 정보"));
    }

    #[test]
    fn every_row_has_its_cells_and_every_table_a_caption() {
        for language in LANGUAGES {
            for block in section(language, "111122223333").blocks {
                if let Block::Table(table) = block {
                    assert!(!table.caption.is_empty(), "{table:?}");
                    assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{table:?}");
                }
            }
        }
    }

    /// Neither marks of Markdown nor links that lead nowhere from here.
    #[test]
    fn nothing_of_the_document_shows_through() {
        for language in LANGUAGES {
            let said = format!("{:?}", section(language, "111122223333"));
            assert!(!said.contains(['`', '*']) && !said.contains("](") && !said.contains(".md"), "{said}");
            assert!(said.contains("dayone check --only root-access-keys"), "{said}");
        }
    }
}
