//! The environment, judged before the SDK reads it: of an endpoint that is no address, and of an access key id that fits
//! in no header, the SDK says so by a panic, or in pages, at the first call. And what it tells of how the program was
//! started.

use std::ffi::OsString;

use steps::text;
use steps::text::{Text, harmless};

use crate::error::Failure;

/// What the names of all variables begin with that replace AWS's own addresses.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Whether the variables that this program passes on to the SDK hold up.
pub fn judge(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), Failure> {
    for (name, value) in variables {
        let (name, value) = (name.to_string_lossy(), value.to_str());
        let trouble = if name.starts_with(ENDPOINT) && !value.is_some_and(is_address) {
            no_address(&name)
        } else if name == "AWS_ACCESS_KEY_ID" && !value.is_some_and(is_printable) {
            no_key(&name)
        } else {
            continue;
        };
        return Err(Failure::Usage(trouble));
    }
    Ok(())
}

/// How the person has started the program: from its sources, it is not on the path.
pub fn invocation() -> &'static str {
    if std::env::var_os("CARGO").is_some() { "cargo run --" } else { "dayone" }
}

/// Whether it is the address of a server. Whether there is one, the first call tells.
fn is_address(value: &str) -> bool {
    let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && is_printable(rest))
}

/// Nothing counts as not set, as for the AWS CLI.
fn is_printable(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic())
}

fn no_address(name: &str) -> Text {
    let name = harmless(name);
    text! {
        en: "The variable {name} is set to what is no address such as https://iam.example.com. Correct it, or remove it.",
        ko: "환경 변수 {name}의 값이 https://iam.example.com 같은 주소가 아닙니다. 고치거나 지우세요."
    }
}

fn no_key(name: &str) -> Text {
    text! {
        en: "The variable {name} holds characters that are in no access key id. Correct it, or remove it.",
        ko: "환경 변수 {name}에 액세스 키 ID에 쓸 수 없는 문자가 있습니다. 고치거나 지우세요."
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn judged(name: &str, value: &[u8]) -> Result<(), Failure> {
        judge(std::iter::once((name.into(), OsString::from_vec(value.to_vec()))))
    }

    #[test]
    fn an_endpoint_is_an_address() {
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_S3"] {
            for address in ["http://127.0.0.1:4566", "https://iam.example.com/path", "http://[::1]:80"] {
                assert!(judged(name, address.as_bytes()).is_ok(), "{address}");
            }
            let odd: [&[u8]; 8] = [
                b"",
                b"nonsense",
                b"http://",
                b"http:///x",
                b"ftp://x",
                b"http://a b",
                b"http://\x1b[2J",
                b"\xff",
            ];
            for odd in odd {
                let told = judged(name, odd).unwrap_err();
                assert!(told.to_string().contains(name) && told.exit_status() == 2, "{told}");
            }
        }
    }

    #[test]
    fn an_access_key_id_fits_in_a_header() {
        for value in ["", "AKIAEXAMPLE", "odd-but-printable"] {
            assert!(judged("AWS_ACCESS_KEY_ID", value.as_bytes()).is_ok(), "{value}");
        }
        for odd in [&b"AKIA EXAMPLE"[..], b"AKIA\r\nx: y", b"AKIA\x1b[31m", b"\xff"] {
            let told = judged("AWS_ACCESS_KEY_ID", odd).unwrap_err().to_string();
            assert!(!told.contains("AKIA"), "{told}");
        }
        assert!(judged("AWS_ENDPOINT", b"").is_ok() && judged("LANG", b"\xff").is_ok());
    }
}
