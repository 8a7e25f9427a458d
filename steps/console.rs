//! Where the pages of the AWS Management Console are: each partition has a console and a sign-in of its own.
//!
//! Whether root can open a page is another matter: in China there is no root user, and in GovCloud it does not sign in to
//! the console. A partition that is not known here is taken for a commercial one.

/// The sign-in page of an account's users.
pub fn sign_in(account: &str, partition: &str) -> String {
    let host = match partition {
        "aws-cn" => "signin.amazonaws.cn",
        "aws-us-gov" => "signin.amazonaws-us-gov.com",
        _ => "signin.aws.amazon.com",
    };
    format!("https://{account}.{host}/console")
}

/// The page on which whoever is signed in manages the own password, access keys and MFA devices.
pub fn security_credentials(partition: &str) -> String {
    format!("https://{}/iam/home#/security_credentials", host(partition))
}

/// The billing page that shows the account, and who may see its bills.
pub fn billing_account(partition: &str) -> String {
    format!("https://{}/billing/home#/account", host(partition))
}

fn host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_a_console_and_a_sign_in_of_its_own() {
        for (partition, console, page) in [
            ("aws", "console.aws.amazon.com", "111122223333.signin.aws.amazon.com"),
            ("aws-cn", "console.amazonaws.cn", "111122223333.signin.amazonaws.cn"),
            ("aws-us-gov", "console.amazonaws-us-gov.com", "111122223333.signin.amazonaws-us-gov.com"),
        ] {
            assert_eq!(sign_in("111122223333", partition), format!("https://{page}/console"));
            let credentials = format!("https://{console}/iam/home#/security_credentials");
            assert_eq!(security_credentials(partition), credentials);
            assert_eq!(billing_account(partition), format!("https://{console}/billing/home#/account"));
        }
    }
}
