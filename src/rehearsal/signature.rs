//! Signatures, version 4: a request is believed only if the secret of its key has signed it.
//!
//! Sources: IAM user guide, "Create a signed AWS API request"; S3 API reference, "Signature calculations for the
//! authorization header" and the same for chunked uploads. The time that was signed is not judged, because the clock
//! of a rehearsal may run ahead of the client's. What stands behind the last chunk of a body is not looked at: nothing
//! here uses such a checksum.

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use steps::text::{percent_decoded, percent_encoded};
use winterbaume_core::MockResponse;

use super::service::{Protocol, Service};
use super::wire::{Call, chunks, header, path_and_query};

/// Refuses a request that this secret has not signed.
pub(crate) fn verify(call: &Call, secret: &str) -> Result<(), MockResponse> {
    check(call, secret).map_err(|flaw| refusal(call, flaw))
}

/// A word under a key, as text: for what is compared and never read back.
pub(crate) fn keyed_digest(key: &str, word: &str) -> String {
    calculate_signature(key, word.as_bytes())
}

/// The digest of some bytes, as text.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What is wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// A part of it is missing.
    Incomplete,
    /// Another secret signed, or something else was signed.
    Wrong,
    /// The body is not the one whose digest was signed.
    OtherBody,
}

/// The header of a signed request.
struct Signature<'h> {
    /// The day, the Region and the service, and how the scope ends.
    scope: &'h str,
    headers: Vec<&'h str>,
    value: &'h str,
}

impl<'h> Signature<'h> {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/SCOPE, SignedHeaders=a;b, Signature=…`.
    fn read(header: &'h str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let (mut scope, mut headers, mut value) = (None, None, None);
        for (name, words) in fields.split(',').filter_map(|field| field.trim().split_once('=')) {
            match name {
                "Credential" => scope = words.split_once('/').map(|(_, scope)| scope),
                "SignedHeaders" => headers = Some(words.split(';').collect()),
                "Signature" => value = Some(words),
                _ => {}
            }
        }
        Some(Self { scope: scope?, headers: headers?, value: value? })
    }
}

fn check(call: &Call, secret: &str) -> Result<(), Flaw> {
    let header_of = |name| header(&call.request, name).ok_or(Flaw::Incomplete);
    let (authorization, time) = (header_of("authorization")?, header_of("x-amz-date")?);
    let signature = Signature::read(&authorization).ok_or(Flaw::Incomplete)?;
    let day = signature.scope.split('/').next().unwrap_or_default();
    if !signature.headers.contains(&"host") || day.is_empty() || !time.starts_with(day) {
        return Err(Flaw::Incomplete);
    }
    let payload = payload(call)?;
    let own = value(call, secret, signature.scope, &signature.headers, &time, &payload);
    let own = own.ok_or(Flaw::Incomplete)?;
    let chunked = payload.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    if own != signature.value || (chunked && !chunks_hold(call, &signature, &time, secret)) {
        return Err(Flaw::Wrong);
    }
    Ok(())
}

/// The signature of a request, for those of its headers that are named; none for what is no scope.
pub(crate) fn value(
    call: &Call,
    secret: &str,
    scope: &str,
    headers: &[&str],
    time: &str,
    payload: &str,
) -> Option<String> {
    let request = digest(canonical_request(call, headers, payload).as_bytes());
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{request}");
    Some(calculate_signature(signing_key(secret, scope)?, text.as_bytes()))
}

/// What was signed of the body: its digest, or for S3 the word that says how the body is, or is not, signed.
fn payload(call: &Call) -> Result<String, Flaw> {
    let own = digest(&call.sent);
    let in_words = |said: &str| said == "UNSIGNED-PAYLOAD" || said.starts_with("STREAMING-");
    match header(&call.request, "x-amz-content-sha256") {
        Some(said) if is_s3(call) && in_words(&said) => Ok(said),
        Some(said) if said != own => Err(Flaw::OtherBody),
        _ => Ok(own),
    }
}

fn is_s3(call: &Call) -> bool {
    matches!(call.service, Service::S3 | Service::S3Control)
}

fn canonical_request(call: &Call, signed: &[&str], payload: &str) -> String {
    let (path, query) = path_and_query(&call.request.uri);
    // The other services sign the path as it was sent, encoded once more.
    let path = if is_s3(call) {
        path.to_owned()
    } else {
        path.split('/').map(percent_encoded).collect::<Vec<_>>().join("/")
    };
    let line = |name: &&str| format!("{name}:{}\n", header_value(call, name));
    let headers: String = signed.iter().map(line).collect();
    let parts =
        [call.request.method.as_str(), &path, &canonical_query(query), &headers, &signed.join(";"), payload];
    parts.join("\n")
}

/// All values of a header, with single blanks. A client that has set no host has signed the one in the address.
fn header_value(call: &Call, name: &str) -> String {
    let squeezed = |value: &http::HeaderValue| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let values: Vec<_> = call.request.headers.get_all(name).iter().map(squeezed).collect();
    if values.is_empty() && name == "host" { host(&call.request.uri) } else { values.join(",") }
}

fn host(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let usual = if scheme == "http" { ":80" } else { ":443" };
    host.strip_suffix(usual).unwrap_or(host).to_owned()
}

fn canonical_query(query: &str) -> String {
    let encoded = |word: &str| percent_encoded(&percent_decoded(word));
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (encoded(name), encoded(value))
    };
    let mut pairs: Vec<_> = query.split('&').filter(|part| !part.is_empty()).map(pair).collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Each chunk is signed together with the signature before it.
fn chunks_hold(call: &Call, signature: &Signature<'_>, time: &str, secret: &str) -> bool {
    let (nothing, mut before) = (digest(b""), signature.value.to_owned());
    let Some(key) = signing_key(secret, signature.scope) else { return false };
    chunks(&call.sent).into_iter().all(|chunk| {
        let bytes = digest(chunk.bytes);
        let scope = signature.scope;
        let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{time}\n{scope}\n{before}\n{nothing}\n{bytes}");
        before = calculate_signature(&key, text.as_bytes());
        chunk.signature == Some(before.as_str())
    })
}

/// The key for a day, a Region and a service; none for what is no scope.
fn signing_key(secret: &str, scope: &str) -> Option<impl AsRef<[u8]>> {
    let parts: Vec<_> = scope.split('/').collect();
    let [day, region, service, "aws4_request"] = parts[..] else { return None };
    let midnight = Date::strptime("%Y%m%d", day).ok()?.at(0, 0, 0, 0);
    let seconds = TimeZone::UTC.to_timestamp(midnight).ok()?.as_second();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?);
    Some(generate_signing_key(secret, time, region, service))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refusal(call: &Call, flaw: Flaw) -> MockResponse {
    let protocol = call.service.protocol();
    let json = matches!(protocol, Protocol::Json | Protocol::RestJson);
    match flaw {
        Flaw::Incomplete if json => call.refuse(400, "IncompleteSignatureException", INCOMPLETE),
        Flaw::Incomplete if is_s3(call) => call.refuse(400, "AuthorizationHeaderMalformed", INCOMPLETE),
        Flaw::Incomplete => call.refuse(400, "IncompleteSignature", INCOMPLETE),
        Flaw::OtherBody if is_s3(call) => call.refuse(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
        Flaw::Wrong | Flaw::OtherBody if json => call.refuse(403, "InvalidSignatureException", WRONG),
        Flaw::Wrong | Flaw::OtherBody => call.refuse(403, "SignatureDoesNotMatch", WRONG),
    }
}

const INCOMPLETE: &str =
    "The signature needs a Credential, SignedHeaders with the host, a Signature, and a date in X-Amz-Date.";
const WRONG: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                     Secret Access Key and signing method. Consult the service documentation for details.";

#[cfg(test)]
mod tests {
    use winterbaume_core::MockRequest;

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const BUCKET: &str = "https://examplebucket.s3.amazonaws.com";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// A signed request. Each header has its name, and its value.
    fn call(method: &str, uri: &str, body: &[u8], headers: &[(&str, &str)], signature: &str) -> Call {
        let (service, day) = if uri.contains("iam.") { ("iam", "20150830") } else { ("s3", "20130524") };
        let mut names: Vec<_> = headers.iter().map(|(name, _)| *name).chain(["host"]).collect();
        names.sort_unstable();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{day}/us-east-1/{service}/aws4_request,\
             SignedHeaders={},Signature={signature}",
            names.join(";")
        );
        let mut map = http::HeaderMap::new();
        map.insert("authorization", authorization.parse().unwrap());
        for (name, value) in headers {
            map.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let body = bytes::Bytes::copy_from_slice(body);
        Call::read(MockRequest { method: method.into(), uri: uri.into(), headers: map, body }).unwrap()
    }

    fn of_s3(method: &str, path: &str, body: &[u8], more: &[(&str, &str)], signature: &str) -> Call {
        let own = digest(body);
        let mut headers = vec![("x-amz-content-sha256", own.as_str()), ("x-amz-date", "20130524T000000Z")];
        headers.extend_from_slice(more);
        call(method, &format!("{BUCKET}{path}"), body, &headers, signature)
    }

    /// The examples of the S3 API reference, "Signature calculations for the authorization header".
    #[test]
    fn the_examples_of_s3_hold() {
        let put = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        for call in [
            of_s3(
                "GET",
                "/test.txt",
                b"",
                &[("range", "bytes=0-9")],
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            of_s3(
                "PUT",
                "/test%24file.text",
                b"Welcome to Amazon S3.",
                &put,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            of_s3(
                "GET",
                "/?lifecycle",
                b"",
                &[],
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            of_s3(
                "GET",
                "/?prefix=J&max-keys=2",
                b"",
                &[],
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            assert_eq!(check(&call, SECRET), Ok(()), "{}", call.request.uri);
            assert_eq!(check(&call, "another"), Err(Flaw::Wrong), "{}", call.request.uri);
        }
    }

    /// The example of the IAM user guide, "Create a signed AWS API request".
    #[test]
    fn the_example_of_iam_holds() {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("x-amz-date", "20150830T123600Z"),
        ];
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let uri = "https://iam.amazonaws.com:443/?Action=ListUsers&Version=2010-05-08";
        let listing = call("GET", uri, b"", &headers, signature);
        assert_eq!(check(&listing, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Ok(()));
        assert_eq!(digest(&listing.sent), EMPTY);
    }

    /// The example of the S3 API reference for a body in chunks.
    #[test]
    fn a_body_in_chunks_holds_as_long_as_every_chunk_does() {
        let headers = [
            ("content-encoding", "aws-chunked"),
            ("content-length", "66824"),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        let uri = "https://s3.amazonaws.com/examplebucket/chunkObject.txt";
        let mut body = Vec::new();
        for (size, signature) in [
            (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ] {
            body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
            body.resize(body.len() + size, b'a');
            body.extend_from_slice(b"\r\n");
        }
        let whole = call("PUT", uri, &body, &headers, seed);
        assert_eq!(check(&whole, SECRET), Ok(()));
        assert_eq!(whole.request.body.len(), 66560);
        let at = body.len() - 500;
        body[at] = b'b';
        assert_eq!(check(&call("PUT", uri, &body, &headers, seed), SECRET), Err(Flaw::Wrong));
    }

    #[test]
    fn what_is_missing_or_exchanged_is_noticed() {
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        let whole = || of_s3("GET", "/test.txt", b"", &[("range", "bytes=0-9")], signature);
        let mut other_range = whole();
        other_range.request.headers.insert("range", "bytes=0-99".parse().unwrap());
        assert_eq!(check(&other_range, SECRET), Err(Flaw::Wrong));
        let mut other_body = whole();
        other_body.sent = bytes::Bytes::from_static(b"more");
        assert_eq!(check(&other_body, SECRET), Err(Flaw::OtherBody));
        let mut other_day = whole();
        other_day.request.headers.insert("x-amz-date", "20130525T000000Z".parse().unwrap());
        assert_eq!(check(&other_day, SECRET), Err(Flaw::Incomplete));
        let mut no_date = whole();
        no_date.request.headers.remove("x-amz-date");
        assert_eq!(check(&no_date, SECRET), Err(Flaw::Incomplete));
        for (what, instead) in [("aws4_request", "aws4"), ("20130524", "2013")] {
            let mut no_scope = whole();
            let authorization = header(&no_scope.request, "authorization").unwrap().replace(what, instead);
            no_scope.request.headers.insert("authorization", authorization.parse().unwrap());
            assert_eq!(check(&no_scope, SECRET), Err(Flaw::Incomplete), "{authorization}");
        }
    }
}
