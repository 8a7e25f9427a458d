//! The interceptor in every client: it counts what is sent, keeps AWS's request ids, holds back what a reading run must
//! not send, and ends the attempts where there is no connection. Beside it, who judges what may be tried again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::{ErrorKind, RetryConfig};

use crate::event_history::Pace;

use super::clock::AwsClock;
use super::failure::{clock_skew, request_id_of};
use super::reads::is_read;
use super::unanswered::Unanswered;

/// So often a connection is tried. Without one, everything that could be tried again fails in the same way, and each
/// attempt may take as long as a connection may.
const CONNECTIONS: u32 = 4;

/// Whether a run may write to AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Every operation that is not a known read is refused before a request exists.
    ReadOnly,
    /// Changes may be made.
    ReadWrite,
}

/// Counts what is sent, and holds back what a reading run must not send. Copies share what they have seen.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub access: Access,
    /// The distance that look-ups in Event History keep.
    pub look_ups: Pace,
    /// What time it is at AWS.
    pub clock: AwsClock,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: AtomicU32,
    last_request: Mutex<Option<String>>,
    /// The operations that wrote, each with AWS's request id.
    written: Mutex<Vec<(String, String)>>,
    /// How many calls that write were sent and not refused.
    unrefused: AtomicU32,
}

impl Watch {
    pub fn new(access: Access) -> Self {
        Self { access, look_ups: Pace::default(), clock: AwsClock::default(), seen: Arc::default() }
    }

    /// How many calls have been sent, each attempt counted.
    pub fn calls(&self) -> u32 {
        self.seen.calls.load(Ordering::Relaxed)
    }

    /// The request id of the last answer.
    pub fn last_request_id(&self) -> Option<String> {
        lock(&self.seen.last_request).clone()
    }

    /// The operations that wrote since the last time that this was asked, each with AWS's request id.
    pub fn take_written(&self) -> Vec<(String, String)> {
        self.note_undone();
        std::mem::take(&mut lock(&self.seen.written))
    }

    /// Whether a call that writes was sent since then that AWS has not refused. An answer that was lost, or that tells of
    /// a failure at AWS, is no refusal: the call may have had its effect.
    pub fn may_have_written(&self) -> bool {
        self.seen.unrefused.load(Ordering::Relaxed) > 0
    }

    /// What was written since then is as if it had not been.
    pub fn note_undone(&self) {
        self.seen.unrefused.store(0, Ordering::Relaxed);
    }

    /// What refuses may be somebody else on the way, and what was kept on the way has the date of then.
    fn hear_time(&self, response: &HttpResponse) {
        if response.status().is_success() && response.headers().get("age").is_none() {
            clock_skew(response).into_iter().for_each(|ahead| self.clock.hear(ahead));
        }
    }
}

/// A panic elsewhere does not make what was seen untrue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the credentials are an access key that services may not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewKey {
    /// It is known.
    No,
    /// A run that was cut short may have made it a moment ago, or it was deleted long ago: it is waited for some seconds.
    Perhaps,
    /// It was made a moment ago: it is waited for as long as anything is.
    Yes,
}

impl NewKey {
    /// Between two attempts with a key that may be new.
    const PAUSE: Duration = Duration::from_secs(1);
    /// What IAM and STS, the JSON services, and S3 say to a key that they do not know.
    const REFUSALS: [&str; 3] = ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"];
}

impl ClassifyRetry for NewKey {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match self {
            Self::Perhaps if is_unknown_key(context) => {
                RetryAction::retryable_error_with_explicit_delay(ErrorKind::TransientError, Self::PAUSE)
            }
            Self::Yes if is_unknown_key(context) => RetryAction::transient_error(),
            Self::No | Self::Perhaps | Self::Yes => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "new access key"
    }
}

fn is_unknown_key(context: &InterceptorContext) -> bool {
    // An answer that is none of these may well tell of them, as Event History does.
    let refusal = context.response().filter(|response| !response.status().is_success());
    let body = refusal.and_then(|response| response.body().bytes()).unwrap_or_default();
    let words = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    NewKey::REFUSALS.iter().any(|refusal| words.contains(refusal))
}

/// For calls that must not run twice: they are tried again only where AWS has refused them before it looked at what they
/// ask for, because there are too many, or because a service does not know the key yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Once(pub NewKey);

impl ClassifyRetry for Once {
    fn classify_retry(&self, _context: &InterceptorContext) -> RetryAction {
        RetryAction::RetryForbidden
    }

    fn classify_retry_v2(&self, context: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        // The SDK knows by which code each service says so.
        let throttled = matches!(
            previous,
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        );
        if throttled || self.0.classify_retry(context).should_retry() {
            return previous.clone();
        }
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "not twice"
    }

    /// After all others, which know more reasons to try again.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// A write was stopped in a run that only reads.
#[derive(Debug, thiserror::Error)]
#[error("{operation} is not on the list of reads")]
pub(super) struct WouldWrite {
    operation: String,
}

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "dayone"
    }

    // Earlier hooks do not know the operation's name yet.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(config);
        if self.access == Access::ReadOnly && !is_read(operation) {
            return Err(WouldWrite { operation: operation.to_owned() }.into());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.seen.calls.fetch_add(1, Ordering::Relaxed);
        if !is_read(operation(config)) {
            self.seen.unrefused.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let id = request_id_of(response);
        let operation = operation(config);
        if let (Some(id), true, false) = (&id, response.status().is_success(), is_read(operation)) {
            lock(&self.seen.written).push((operation.to_owned(), id.clone()));
        }
        if response.status().is_client_error() && !is_read(operation) {
            self.seen.unrefused.fetch_sub(1, Ordering::Relaxed);
        }
        *lock(&self.seen.last_request) = id;
        self.hear_time(response);
        Ok(())
    }

    // Whether there is another attempt is decided after this, by the configuration.
    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempts = config.load::<RequestAttempts>().map_or(0, RequestAttempts::attempts);
        if attempts < CONNECTIONS || !is_unconnected(context) {
            return Ok(());
        }
        if let Some(retries) = config.load::<RetryConfig>().cloned() {
            config.interceptor_state().store_put(retries.with_max_attempts(attempts));
        }
        Ok(())
    }
}

fn is_unconnected(context: &FinalizerInterceptorContextRef<'_>) -> bool {
    let Some(Err(error)) = context.output_or_error() else { return false };
    error.as_connector_error().is_some_and(|error| Unanswered::of_connection(error).is_unconnected())
}

fn operation(config: &ConfigBag) -> &str {
    config.load::<Metadata>().map(Metadata::name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicUsize;

    use aws_credential_types::Credentials;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use tokio::time::Instant;

    use super::*;
    use crate::aws::{AwsFiles, Connection, ForCall, canned};
    use crate::error::AwsCause;

    #[tokio::test]
    async fn a_reading_run_sends_no_write() {
        let aws = canned::Aws::answering(|call| call.xml(""));
        let connection = aws.connection(Access::ReadOnly);
        let identity = connection.started_as().await.unwrap();
        let sent = identity.iam().create_group().group_name("Administrators").send().await;
        let refused = sent.for_call("iam:CreateGroup").unwrap_err();
        assert_eq!(refused.cause, AwsCause::WouldWrite);
        assert_eq!((aws.heard().len(), connection.calls()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn each_write_leaves_its_request_id_and_no_other_call_does() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "AddUserToGroup" => call.refused(404, "NoSuchEntity"),
            _ => call.xml(""),
        });
        let connection = aws.connection(Access::ReadWrite);
        let iam = connection.started_as().await.unwrap().iam();
        assert!(connection.take_request_ids().is_empty());
        iam.delete_group().group_name("a").send().await.unwrap();
        iam.get_account_summary().send().await.unwrap();
        iam.add_user_to_group().group_name("a").user_name("kim").send().await.unwrap_err();
        iam.delete_user().user_name("kim").send().await.unwrap();
        let id = |operation: &str, number: u8| (operation.to_owned(), format!("request-{number}"));
        assert_eq!(connection.take_request_ids(), [id("DeleteGroup", 2), id("DeleteUser", 5)]);
        assert!(connection.take_request_ids().is_empty());
        assert_eq!(connection.last_request_id().as_deref(), Some("request-5"));
    }

    /// What AWS answers to one attempt after the other; 0: the answer is lost.
    #[tokio::test(start_paused = true)]
    async fn what_aws_has_not_refused_may_have_been_written() {
        let cases: [(&[u16], bool); 6] = [
            (&[404], false),
            (&[200], true),
            (&[500, 404], true),
            (&[0, 404], true),
            (&[0, 0, 0, 0], true),
            (&[500, 500, 500, 500], true),
        ];
        for (statuses, expected) in cases {
            let attempts = AtomicUsize::new(0);
            let aws = canned::Aws::answering(move |call| {
                match statuses[attempts.fetch_add(1, Ordering::Relaxed).min(statuses.len() - 1)] {
                    0 => None,
                    200 => call.xml(""),
                    status => call.refused(status, "NoSuchEntity"),
                }
            });
            let connection = aws.connection(Access::ReadWrite);
            let iam = connection.started_as().await.unwrap().iam();
            let _ = iam.delete_user().user_name("kim").send().await;
            assert_eq!(connection.may_have_written(), expected, "{statuses:?}");
            let _ = iam.get_account_summary().send().await;
            assert_eq!(connection.may_have_written(), expected, "a read changes nothing: {statuses:?}");
            connection.note_undone();
            assert!(!connection.may_have_written(), "{statuses:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_new_key_is_tried_again_when_it_is_not_known() {
        for (new_key, attempts, longest) in
            [(NewKey::No, 1, 0), (NewKey::Perhaps, 8, 7), (NewKey::Yes, 8, 18)]
        {
            let aws = canned::Aws::answering(|call| call.refused(403, "InvalidClientTokenId"));
            let mut identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            identity.new_key = new_key;
            let began = Instant::now();
            identity.iam().get_account_summary().send().await.unwrap_err();
            assert_eq!(aws.heard().len(), 1 + attempts, "{new_key:?}");
            assert!(began.elapsed().as_secs() <= longest, "{new_key:?}: {:?}", began.elapsed());
        }
    }

    #[tokio::test]
    async fn an_answer_that_only_tells_of_unknown_keys_is_taken() {
        let told = r#"{"Events": [{"CloudTrailEvent": "{\"errorCode\": \"InvalidClientTokenId\"}"}]}"#;
        let aws = canned::Aws::answering(move |_| Some((200, told.to_owned())));
        let mut identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        identity.new_key = NewKey::Yes;
        let events = identity.cloudtrail("eu-west-2").lookup_events().send().await.unwrap();
        assert_eq!((events.events().len(), aws.heard().len()), (1, 2));
    }

    /// An error of the HTTP client in one half of a call.
    #[derive(Debug, Clone, Copy, thiserror::Error)]
    #[error("client error ({0})")]
    struct OfClient(&'static str);

    impl HttpConnector for OfClient {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::ready(Err(ConnectorError::io((*self).into())))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_is_away_is_told_sooner_than_a_connection_that_breaks() {
        for (half, attempts, longest) in [("Connect", 4, 7), ("SendRequest", 8, 18)] {
            let client = http_client_fn(move |_, _| SharedHttpConnector::new(OfClient(half)));
            let nowhere = Path::new("/nonexistent/dayone");
            let files = AwsFiles { credentials: nowhere.join("credentials"), config: nowhere.join("config") };
            let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
            let connection = Connection::through(client, login, files, Access::ReadOnly);
            let began = Instant::now();
            let error = connection.started_as().await.unwrap_err();
            assert_eq!((error.cause, connection.calls()), (AwsCause::Unreachable, attempts), "{half}");
            assert!(began.elapsed().as_secs() <= longest, "{half}: {:?}", began.elapsed());
        }
    }
}
