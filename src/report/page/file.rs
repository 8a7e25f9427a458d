//! Where the page is put: whole or not at all, readable by its owner only, and never in the place of something else.

use std::path::Path;

use steps::text;

use super::{html, markdown};
use crate::error::Failure;
use crate::journal;

/// How the JSON form begins.
const JSON_BEGINNING: &str = "{\n  \"schema\": \"dayone-report/";

/// Whether the page may go there: nothing is there, or an empty file, or an earlier page.
pub(super) fn judge(path: &Path) -> Result<(), Failure> {
    let ours = [html::BEGINNING, markdown::BEGINNING, JSON_BEGINNING];
    if journal::may_be_replaced(path, &ours)? { Ok(()) } else { Err(not_ours(path)) }
}

/// Puts it there.
pub(super) fn put(path: &Path, page: &str) -> Result<(), Failure> {
    judge(path)?;
    Ok(journal::replace_file(path, page.as_bytes())?)
}

fn not_ours(path: &Path) -> Failure {
    let path = text::shown(path);
    Failure::Usage(text! {
        en: "{path} is there already and is not a report of dayone, so it is left as it is. Name another file.",
        ko: "{path}이(가) 이미 있고 dayone 보고서가 아니므로 그대로 둡니다. 다른 파일 이름을 지정하세요."
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use steps::text::Language;

    use super::*;
    use crate::report::page::document::tests::document_with;
    use crate::report::page::layout::layout;

    fn every_form() -> [String; 3] {
        let document = document_with("a", Language::En);
        let layout = layout(&document, "00ff");
        [html::write(&layout), markdown::write(&layout), document.json()]
    }

    #[test]
    fn a_page_replaces_a_page_and_an_empty_file_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        for page in every_form() {
            put(&path, &page).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_else_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let ours = &every_form()[0];
        std::fs::write(at("notes.md"), "# About dayone-report/1\n").unwrap();
        std::fs::write(at("short.json"), "{").unwrap();
        std::fs::write(at("page.html"), ours).unwrap();
        symlink(at("page.html"), at("link.html")).unwrap();
        symlink(at("nowhere"), at("dangling.html")).unwrap();
        std::fs::create_dir(at("folder.html")).unwrap();
        for name in ["notes.md", "short.json", "link.html", "dangling.html", "folder.html"] {
            match put(&at(name), ours) {
                Err(failure @ Failure::Usage(_)) => assert_eq!(failure.exit_status(), 2),
                other => panic!("{name}: {other:?}"),
            }
        }
        assert_eq!(std::fs::read_to_string(at("notes.md")).unwrap(), "# About dayone-report/1\n");
        assert!(at("link.html").is_symlink() && judge(&at("new.html")).is_ok());
    }
}
