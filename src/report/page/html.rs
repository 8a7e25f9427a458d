//! The page for a browser and for paper: one file without a script and without anything from elsewhere.
//!
//! Its policy lets a browser load nothing at all but the one style sheet inside, by its digest, so that even a name
//! that slipped through could do nothing.

use sha2::{Digest, Sha256};
use steps::text::Language;

use super::layout::{Block, Fact, Layout, Line, Section, StepLines, Table};
use crate::report::markup::Markup;
use crate::screen::Tone;

/// How every page begins; nothing that does not is replaced.
pub(super) const BEGINNING: &str = "<!doctype html>\n<!-- dayone-report/";

const DECLARATION: &str = "<!doctype html>\n<!-- dayone-report/1 -->\n";
const STYLE: &str = include_str!("style.css");

/// Writes the page.
pub(super) fn write(layout: &Layout) -> String {
    let mut html = Markup::beginning(DECLARATION);
    let language = match layout.language {
        Language::En => "en",
        Language::Ko => "ko",
    };
    html.element("html", &[("lang", language)], |html| {
        html.element("head", &[], |head| write_head(head, layout));
        html.element("body", &[], |body| {
            body.element("header", &[], |header| write_header(header, layout));
            body.element("main", &[], |main| {
                layout.sections.iter().for_each(|section| write_section(main, section));
            });
            body.element("footer", &[], |footer| write_footer(footer, layout));
        });
    });
    html.finish()
}

fn write_head(head: &mut Markup, layout: &Layout) {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        aws_smithy_types::base64::encode(Sha256::digest(STYLE))
    );
    head.empty("meta", &[("charset", "utf-8")]);
    head.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    head.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    head.empty("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    head.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    head.words("title", &[], &layout.title);
    head.element("style", &[], |style| style.verbatim(STYLE));
}

fn write_header(header: &mut Markup, layout: &Layout) {
    let (tone, verdict) = &layout.verdict;
    header.words("p", &[("class", "what")], &layout.what);
    header.words("h1", &[], &layout.heading);
    header.words("p", &[("class", &format!("verdict {}", class(*tone)))], verdict);
    for warning in &layout.warnings {
        header.words("p", &[("class", "warning")], warning);
    }
    header.element("ul", &[("class", "counts")], |list| {
        for count in &layout.counts {
            list.element("li", &[], |item| {
                item.words("strong", &[("class", class(count.tone))], &count.count.to_string());
                item.text(" ");
                item.text(&count.label);
            });
        }
    });
    write_facts(header, &layout.facts);
}

fn write_section(main: &mut Markup, section: &Section) {
    let heading = format!("{}-heading", section.id);
    let attributes = [("class", section.id), ("aria-labelledby", heading.as_str())];
    main.element("section", &attributes, |part| {
        part.words("h2", &[("id", &heading)], &section.title);
        for block in &section.blocks {
            match block {
                Block::Heading(words) => part.words("h3", &[], words),
                Block::Paragraph(words) => part.words("p", &[], words),
                Block::Facts(facts) => write_facts(part, facts),
                Block::Steps(steps) => write_steps(part, steps),
                Block::Table(table) => write_table(part, table),
            }
        }
    });
}

fn write_facts(part: &mut Markup, facts: &[Fact]) {
    part.element("dl", &[], |list| {
        for fact in facts {
            list.words("dt", &[], &fact.name);
            list.element("dd", &[], |words| write_lines(words, &fact.lines));
        }
    });
}

fn write_steps(part: &mut Markup, steps: &[StepLines]) {
    part.element("ul", &[("class", "steps")], |list| {
        for step in steps {
            list.element("li", &[], |item| {
                item.element("h4", &[], |heading| heading.words("code", &[], step.step.name()));
                write_lines(item, &step.lines);
                if !step.how.is_empty() {
                    item.element("ol", &[], |how| {
                        step.how.iter().for_each(|words| how.words("li", &[], words));
                    });
                }
                step.notes.iter().for_each(|note| item.words("p", &[("class", "note")], note));
            });
        }
    });
}

/// With the roles said in words: on a phone the rows become boxes, and browsers then forget that it was a table.
fn write_table(part: &mut Markup, table: &Table) {
    part.element("table", &[("role", "table")], |html| {
        html.words("caption", &[("role", "caption")], &table.caption);
        html.element("thead", &[("role", "rowgroup")], |head| {
            head.element("tr", &[("role", "row")], |row| {
                for column in &table.columns {
                    row.words("th", &[("role", "columnheader"), ("scope", "col")], column);
                }
            });
        });
        html.element("tbody", &[("role", "rowgroup")], |body| {
            table.rows.iter().for_each(|row| write_row(body, row, &table.columns));
        });
    });
}

fn write_row(body: &mut Markup, row: &[Vec<Line>], columns: &[String]) {
    body.element("tr", &[("role", "row")], |html| {
        for (number, (cell, column)) in row.iter().zip(columns).enumerate() {
            if number == 0 {
                let attributes = [("role", "rowheader"), ("scope", "row")];
                html.element("th", &attributes, |html| write_lines(html, cell));
            } else {
                let attributes = [("role", "cell"), ("data-column", column.as_str())];
                html.element("td", &attributes, |html| write_lines(html, cell));
            }
        }
    });
}

fn write_lines(part: &mut Markup, lines: &[Line]) {
    for line in lines {
        part.element("p", &[], |html| match line {
            Line::Words(words) => html.text(words),
            Line::Name(name) => html.words("code", &[], name),
            Line::Marked(tone, symbol, words, more) => {
                html.element("span", &[("class", &format!("mark {}", class(*tone)))], |mark| {
                    mark.words("span", &[("aria-hidden", "true")], symbol);
                    mark.text(" ");
                    mark.text(words);
                });
                html.text(if more.is_empty() { "" } else { " " });
                html.text(more);
            }
        });
    }
}

fn write_footer(footer: &mut Markup, layout: &Layout) {
    let (about, digest) = &layout.seal;
    footer.words("p", &[], about);
    footer.element("p", &[], |html| html.words("code", &[("id", "digest")], digest));
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Caution => "caution",
        Tone::Bad => "bad",
        Tone::Faint => "faint",
        Tone::Strong => "strong",
    }
}

#[cfg(test)]
mod tests {
    use steps::practice::State;

    use super::*;
    use crate::report::look::tests::HOSTILE;
    use crate::report::markup::tests::elements;
    use crate::report::page::document::digest;
    use crate::report::page::document::tests::{document_with, document_with_root_credentials};
    use crate::report::page::layout::layout;

    fn page(name: &str, language: Language) -> String {
        write(&layout(&document_with(name, language), "00ff"))
    }

    #[test]
    fn nothing_is_loaded_and_nothing_runs() {
        for language in [Language::En, Language::Ko] {
            let html = page("Administrators", language);
            let mut seen = elements(&html);
            seen.sort();
            seen.dedup();
            let expected = [
                "body", "caption", "code", "dd", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "head",
                "header", "html", "li", "main", "meta", "ol", "p", "section", "span", "strong", "style",
                "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
            ];
            assert_eq!(seen, expected);
            for loading in [" src=", " href=", "url(", "@import", " style=", " on"] {
                let mut tags = html.split('<').filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag);
                assert!(!tags.any(|tag| tag.contains(loading)), "{loading}");
            }
            assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
        }
    }

    #[test]
    fn the_policy_lets_in_the_style_sheet_alone() {
        let html = page("a", Language::En);
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let bytes: Vec<u8> = digest(style)
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let policy = format!("style-src &#39;sha256-{}&#39;", aws_smithy_types::base64::encode(bytes));
        assert!(html.contains(&policy) && html.contains("default-src &#39;none&#39;"), "{policy}");
        let before_style = html.split_once("<style>").map(|(before, _)| before).unwrap();
        assert!(before_style.contains("Content-Security-Policy"), "the policy comes first");
    }

    #[test]
    fn hostile_names_do_not_change_the_structure() {
        let expected = elements(&page("Administrators", Language::En));
        for hostile in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            let html = page(hostile, Language::En);
            assert_eq!(elements(&html), expected, "{hostile}");
            assert!(!html.contains(['\u{202e}', '\u{1b}', '\0']));
        }
    }

    #[test]
    fn the_language_is_said_and_spoken() {
        let (english, korean) = (page("a", Language::En), page("a", Language::Ko));
        assert!(english.starts_with(BEGINNING) && english.contains("<html lang=\"en\">"));
        assert!(korean.starts_with(BEGINNING) && korean.contains("<html lang=\"ko\">"));
        assert!(english.contains("What is left, and for whom") && !english.contains("남은"));
        assert!(korean.contains("남은 일과 할 사람") && !korean.contains("What is left"));
        assert_eq!(elements(&english), elements(&korean));
    }

    #[test]
    fn the_checklist_has_room_to_write_in() {
        for language in [Language::En, Language::Ko] {
            let html = write(&layout(&document_with_root_credentials(State::NeedsPerson, language), "00ff"));
            let (_, sheet) = html.split_once("<section class=\"checklist\"").unwrap();
            assert!(elements(&html).len() > 100 && sheet.matches("<dd></dd>").count() == 4, "{sheet}");
            assert!(sheet.matches("<td role=\"cell\"").count() > 20, "{sheet}");
            assert!(sheet.contains("☐") && sheet.contains("1111-2222-3333"), "{sheet}");
        }
    }

    #[test]
    fn tables_say_what_their_cells_are() {
        let html = page("a", Language::En);
        let count = |words: &str| html.matches(words).count();
        assert_eq!(count("<table "), count("<caption role=\"caption\">"));
        assert_eq!(
            count("<th role=\"rowheader\" scope=\"row\">"),
            count("<tr role=\"row\">") - count("<table ")
        );
        assert!(count("<th role=\"columnheader\" scope=\"col\">") >= 2 * count("<table "));
        assert_eq!(count("<td role=\"cell\" data-column="), count("<td "));
        assert!(html.contains("<code id=\"digest\">00ff</code>"));
    }
}
