//! The few parts of Markdown that the guides use, for a terminal: headings, paragraphs, lists, code, bold and links.

use crate::screen::{Screen, Tone, wrap};

/// Markdown as lines for the screen, indented by so many columns.
pub(super) fn lines(screen: &Screen, indent: usize, markdown: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, block) in blocks(markdown).into_iter().enumerate() {
        if number > 0 && !matches!(block, Block::Item(..)) {
            lines.push(String::new());
        }
        lines.extend(block.lines(screen, indent));
    }
    lines
}

/// The first paragraph, as one line of plain words.
pub(super) fn first_paragraph(markdown: &str) -> Option<String> {
    blocks(markdown).into_iter().find_map(|block| match block {
        Block::Paragraph(words) => Some(words),
        _ => None,
    })
}

/// What follows the first paragraph.
pub(super) fn after_first_paragraph(markdown: &str) -> &str {
    markdown.trim_start().split_once("\n\n").map_or("", |(_, rest)| rest)
}

/// A paragraph without the bold label that it may begin with, such as `**Why.** `.
pub(super) fn without_label(paragraph: &str) -> &str {
    let label = paragraph.strip_prefix("**").and_then(|rest| rest.split_once("** "));
    label.map_or(paragraph, |(_, rest)| rest)
}

/// Words with their bold parts in bold, and without the marks of bold, code and links.
pub(super) fn inline(screen: &Screen, words: &str) -> String {
    let words = links_spelled_out(&words.replace('`', ""));
    let parts = words.split("**").enumerate();
    parts
        .map(|(n, part)| if n % 2 == 1 { screen.paint(Tone::Strong, part) } else { part.to_owned() })
        .collect()
}

/// Words without the marks of bold, code and links.
pub(super) fn plain(words: &str) -> String {
    links_spelled_out(&words.replace('`', "")).replace("**", "")
}

enum Block {
    Heading(String),
    Paragraph(String),
    Item(String, String),
    Code(Vec<String>),
}

impl Block {
    fn lines(&self, screen: &Screen, indent: usize) -> Vec<String> {
        let width = screen.width();
        let margin = " ".repeat(indent);
        match self {
            Self::Heading(words) => wrap(&margin, indent, &screen.paint(Tone::Strong, words), width),
            Self::Paragraph(words) => wrap(&margin, indent, &inline(screen, words), width),
            Self::Item(mark, words) => {
                let head = format!("{margin}  {mark} ");
                wrap(&head, head.chars().count(), &inline(screen, words), width)
            }
            Self::Code(lines) => lines.iter().map(|line| format!("{margin}    {line}")).collect(),
        }
    }

    /// Takes a further line of the same paragraph or item.
    fn takes(&mut self, line: &str) -> bool {
        match self {
            Self::Paragraph(words) | Self::Item(_, words) => {
                words.push(' ');
                words.push_str(line);
                true
            }
            _ => false,
        }
    }
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            let code = lines.by_ref().take_while(|line| !line.trim().starts_with("```"));
            blocks.push(Block::Code(code.map(str::to_owned).collect()));
            open = false;
        } else if trimmed.is_empty() {
            open = false;
        } else if let Some(block) = special(trimmed) {
            open = matches!(block, Block::Item(..));
            blocks.push(block);
        } else if !(open && blocks.last_mut().is_some_and(|block| block.takes(trimmed))) {
            blocks.push(Block::Paragraph(trimmed.to_owned()));
            open = true;
        }
    }
    blocks
}

/// A heading or the start of a list item.
fn special(line: &str) -> Option<Block> {
    if line.starts_with('#') {
        return Some(Block::Heading(line.trim_start_matches('#').trim().to_owned()));
    }
    let (mark, words) = line.split_once(' ')?;
    let number = mark.strip_suffix('.').is_some_and(|digits| digits.parse::<u8>().is_ok());
    (number || ["-", "*"].contains(&mark)).then(|| Block::Item(mark.to_owned(), words.trim().to_owned()))
}

/// `[words](address)` becomes `words (address)`.
fn links_spelled_out(words: &str) -> String {
    words.replace("](", " (").replace(" [", " ").trim_start_matches('[').to_owned()
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    #[test]
    fn a_guide_reads_well_without_its_marks() {
        let screen = Screen::in_memory(Language::En, Mode::Plain);
        let shown = lines(
            &screen,
            2,
            "One line\nand **another**.\n\n- see `aws login`\n  and [more](https://x.y)\n\n```\ncode\n```\n",
        );
        let expected =
            ["  One line and another.", "    - see aws login and more (https://x.y)", "", "      code"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_first_paragraph_is_one_line() {
        assert_eq!(first_paragraph("### x\n\na\nb\n\nc").as_deref(), Some("a b"));
        assert_eq!(first_paragraph(""), None);
        assert_eq!((after_first_paragraph("a\nb\n\nc\n\nd"), after_first_paragraph("a")), ("c\n\nd", ""));
        assert_eq!(without_label("**Why.** It is **so**."), "It is **so**.");
        assert_eq!(without_label("**Why**"), "**Why**");
        assert_eq!(plain("It is **so**: `aws` [here](https://x.y)."), "It is so: aws here (https://x.y).");
    }
}
