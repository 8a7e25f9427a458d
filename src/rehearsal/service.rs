//! The services of the practice account: the name that each signs with, the form in which it speaks, and the way its
//! operations are named.

/// A service of the practice account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Iam,
    Sts,
    S3,
    /// What S3 knows of the account as a whole. It signs as S3 does.
    S3Control,
    CloudTrail,
    Reports,
    Exports,
    Account,
    FreeTier,
    Organizations,
    AccessAnalyzer,
    Kms,
    Sns,
    EventBridge,
    Budgets,
}

/// The form in which a service is asked and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A form is posted, XML comes back.
    Query,
    /// Method and path say what is asked; XML comes back.
    RestXml,
    /// A header says what is asked; JSON is posted and comes back.
    Json,
    /// Method and path say what is asked; JSON comes back.
    RestJson,
}

/// The path below which S3 has what concerns the account.
const ACCOUNT_OF_S3: &str = "/v20180820/";

impl Service {
    /// The service that a request is for, by the name in its signature and its path.
    pub fn of(name: &str, path: &str) -> Option<Self> {
        Some(match name {
            "iam" => Self::Iam,
            "sts" => Self::Sts,
            "s3" if path.starts_with(ACCOUNT_OF_S3) => Self::S3Control,
            "s3" => Self::S3,
            "cloudtrail" => Self::CloudTrail,
            "cur" => Self::Reports,
            "bcm-data-exports" => Self::Exports,
            "account" => Self::Account,
            "freetier" => Self::FreeTier,
            "organizations" => Self::Organizations,
            "access-analyzer" => Self::AccessAnalyzer,
            "kms" => Self::Kms,
            "sns" => Self::Sns,
            "events" => Self::EventBridge,
            "budgets" => Self::Budgets,
            _ => return None,
        })
    }

    /// What its permissions begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::S3 | Self::S3Control => "s3",
            Self::CloudTrail => "cloudtrail",
            Self::Reports => "cur",
            Self::Exports => "bcm-data-exports",
            Self::Account => "account",
            Self::FreeTier => "freetier",
            Self::Organizations => "organizations",
            Self::AccessAnalyzer => "access-analyzer",
            Self::Kms => "kms",
            Self::Sns => "sns",
            Self::EventBridge => "events",
            Self::Budgets => "budgets",
        }
    }

    /// The form in which it speaks.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Iam | Self::Sts | Self::Sns => Protocol::Query,
            Self::S3 | Self::S3Control => Protocol::RestXml,
            Self::CloudTrail
            | Self::Reports
            | Self::Exports
            | Self::FreeTier
            | Self::Organizations
            | Self::Kms
            | Self::EventBridge
            | Self::Budgets => Protocol::Json,
            Self::Account | Self::AccessAnalyzer => Protocol::RestJson,
        }
    }

    /// Whether each Region has its own, so that it is not to be had in a Region that is switched off.
    pub fn is_regional(self) -> bool {
        matches!(self, Self::CloudTrail | Self::AccessAnalyzer | Self::Kms | Self::Sns | Self::EventBridge)
    }

    /// The Region whose Event History has its calls: the services of the account as a whole are in us-east-1.
    pub fn region_of_events(self, region: &str) -> &str {
        match self {
            Self::S3 | Self::S3Control => region,
            service if service.is_regional() => region,
            _ => "us-east-1",
        }
    }
}

/// The operation of a service that is asked by method and path; empty for one that it does not have.
pub(crate) fn operation_at(service: Service, method: &str, path: &str) -> &'static str {
    match (service, method, path.trim_end_matches('/')) {
        (Service::Account, "POST", "/getAccountInformation") => "GetAccountInformation",
        (Service::Account, "POST", "/listRegions") => "ListRegions",
        (Service::Account, "POST", "/getContactInformation") => "GetContactInformation",
        (Service::Account, "POST", "/getAlternateContact") => "GetAlternateContact",
        (Service::Account, "POST", "/putAlternateContact") => "PutAlternateContact",
        (Service::AccessAnalyzer, "GET", "/analyzer") => "ListAnalyzers",
        (Service::AccessAnalyzer, "PUT", "/analyzer") => "CreateAnalyzer",
        (Service::S3Control, "GET", "/v20180820/configuration/publicAccessBlock") => {
            "GetAccountPublicAccessBlock"
        }
        (Service::S3Control, "PUT", "/v20180820/configuration/publicAccessBlock") => {
            "PutAccountPublicAccessBlock"
        }
        (Service::S3Control, "DELETE", "/v20180820/configuration/publicAccessBlock") => {
            "DeleteAccountPublicAccessBlock"
        }
        _ => "",
    }
}
