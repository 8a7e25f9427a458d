//! The account-wide calls of S3 name the account in the host. At an endpoint that is an address, such as that of the
//! served practice account, no such host exists, and the name would be looked for in the network.

use std::net::Ipv4Addr;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Takes the account out of the host where what is left is an address. The account stands in a header besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountHost;

#[dyn_dispatch_hint]
impl Intercept for AccountHost {
    fn name(&self) -> &'static str {
        "dayone: no account before an address"
    }

    // The host is signed, so it has to be right before.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(uri) = without_account(request.uri()) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

/// The address, where there is an account before it.
fn without_account(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (account, rest) = rest.split_once('.')?;
    let host = rest.split([':', '/', '?']).next()?;
    let is_address = host == "localhost" || host.parse::<Ipv4Addr>().is_ok();
    let is_account = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
    (is_address && is_account).then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_before_an_address_the_account_goes() {
        let at = |uri: &str| without_account(uri);
        let path = "/v20180820/configuration/publicAccessBlock";
        for address in ["127.0.0.1:4566", "localhost:4566", "10.0.0.7"] {
            let uri = format!("http://111122223333.{address}{path}");
            assert_eq!(at(&uri), Some(format!("http://{address}{path}")), "{uri}");
        }
        for host in ["111122223333.s3-control.us-east-1.amazonaws.com", "127.0.0.1:4566", "1.127.0.0.1", "x"]
        {
            assert_eq!(at(&format!("https://{host}{path}")), None, "{host}");
        }
    }
}
