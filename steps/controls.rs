//! What security benchmarks call that which a step puts in place.
//!
//! CIS AWS Foundations numbers the same thing differently in each version. FSBP is AWS Foundational Security Best
//! Practices, SSB the AWS Startup Security Baseline, WA the security pillar of Well-Architected, and ISMS-P the
//! certification of KISA. `docs/controls.md` has the same as a table.

use crate::practice::StepId;

impl StepId {
    /// The ids that security benchmarks give to what this step puts in place.
    #[rustfmt::skip] // A benchmark to a line reads as a table.
    pub fn controls(self) -> &'static [&'static str] {
        match self {
            Self::PasswordPolicy => &[
                "CIS-5.0:1.7", "CIS-5.0:1.8", "CIS-6.0:2.7", "CIS-6.0:2.8", "CIS-7.0:2.8", "CIS-7.0:2.9",
                "FSBP:IAM.7", "FSBP:IAM.10", "SSB:ACCT.06", "WA:SEC02-BP01", "ISMS-P:2.5.4",
            ],
            Self::AdminGroup => &[
                "CIS-5.0:1.14", "CIS-6.0:2.14", "CIS-7.0:2.13",
                "FSBP:IAM.2", "SSB:ACCT.04", "WA:SEC02-BP06", "ISMS-P:2.5.5",
            ],
            Self::AdminUser => &[
                "CIS-5.0:1.6", "CIS-6.0:2.6", "CIS-7.0:2.7",
                "SSB:ACCT.02", "SSB:ACCT.03", "WA:SEC01-BP02", "ISMS-P:2.5.1", "ISMS-P:2.5.2",
            ],
            Self::AdminSignIn => &[
                "CIS-5.0:1.6", "CIS-6.0:2.6", "CIS-7.0:2.7",
                "SSB:ACCT.02", "WA:SEC01-BP02", "ISMS-P:2.5.5",
            ],
            Self::RootCredentials => &["SSB:ACCT.02", "WA:SEC01-BP02", "ISMS-P:2.5.5"],
            Self::RootAccessKeys => &[
                "CIS-5.0:1.3", "CIS-6.0:2.3", "CIS-7.0:2.4",
                "FSBP:IAM.4", "SSB:ACCT.02", "WA:SEC01-BP02", "ISMS-P:2.5.5",
            ],
            Self::AdminMfa | Self::UsersMfa => &[
                "CIS-5.0:1.9", "CIS-6.0:2.9", "CIS-7.0:2.10",
                "FSBP:IAM.5", "FSBP:IAM.19", "SSB:ACCT.05", "WA:SEC02-BP01", "ISMS-P:2.5.3",
            ],
            Self::RootMfa => &[
                "CIS-5.0:1.4", "CIS-6.0:2.4", "CIS-7.0:2.5",
                "FSBP:IAM.9", "SSB:ACCT.05", "WA:SEC01-BP02", "ISMS-P:2.5.3", "ISMS-P:2.5.5",
            ],
            Self::RequireMfa => &[
                "CIS-5.0:1.9", "CIS-6.0:2.9", "CIS-7.0:2.10",
                "FSBP:IAM.19", "SSB:ACCT.05", "WA:SEC02-BP01", "ISMS-P:2.5.3",
            ],
            Self::TrailBucket => &[
                "CIS-5.0:2.1.1", "CIS-5.0:2.1.4", "CIS-6.0:3.1.1", "CIS-6.0:3.1.4", "CIS-7.0:3.1.1",
                "CIS-7.0:3.1.4",
                "FSBP:S3.5", "FSBP:S3.8", "SSB:ACCT.08", "ISMS-P:2.9.4",
            ],
            Self::Trail => &[
                "CIS-5.0:3.1", "CIS-5.0:3.2", "CIS-6.0:4.1", "CIS-6.0:4.2", "CIS-7.0:4.1", "CIS-7.0:4.2",
                "FSBP:CloudTrail.1", "FSBP:CloudTrail.4", "SSB:ACCT.07", "WA:SEC04-BP02", "ISMS-P:2.9.4",
            ],
            Self::LogDelivery => &["SSB:ACCT.07", "WA:SEC04-BP02", "ISMS-P:2.9.4"],
            Self::BillingAccess | Self::Report | Self::ReportDelivery => &["SSB:ACCT.10"],
            Self::ReportBucket => &[
                "CIS-5.0:2.1.1", "CIS-5.0:2.1.4", "CIS-6.0:3.1.1", "CIS-6.0:3.1.4", "CIS-7.0:3.1.1",
                "CIS-7.0:3.1.4",
                "FSBP:S3.5", "FSBP:S3.8", "SSB:ACCT.08",
            ],
            Self::IndividualUsers => &["SSB:ACCT.03", "ISMS-P:2.5.1", "ISMS-P:2.5.2"],
            Self::PermissionsThroughGroups => &[
                "CIS-5.0:1.14", "CIS-6.0:2.14", "CIS-7.0:2.13",
                "FSBP:IAM.2", "SSB:ACCT.04", "WA:SEC02-BP06", "ISMS-P:2.5.1",
            ],
            Self::UnusedCredentials => &[
                "CIS-5.0:1.10", "CIS-5.0:1.11", "CIS-6.0:2.10", "CIS-6.0:2.11", "CIS-7.0:2.11",
                "FSBP:IAM.8", "FSBP:IAM.22", "WA:SEC02-BP02", "WA:SEC02-BP05", "ISMS-P:2.5.1",
                "ISMS-P:2.5.6",
            ],
            Self::KeyRotation => &[
                "CIS-5.0:1.12", "CIS-5.0:1.13", "CIS-6.0:2.12", "CIS-6.0:2.13", "CIS-7.0:2.12",
                "FSBP:IAM.3", "WA:SEC02-BP05", "ISMS-P:2.5.3",
            ],
            Self::RolesNotKeys => &[
                "CIS-5.0:1.17", "CIS-6.0:2.17", "CIS-7.0:2.16",
                "SSB:WKLD.01", "WA:SEC02-BP02", "ISMS-P:2.5.3",
            ],
            Self::LeastPrivilege => &[
                "CIS-5.0:1.15", "CIS-6.0:2.15", "CIS-7.0:2.14",
                "FSBP:IAM.1", "SSB:ACCT.04", "WA:SEC03-BP02", "ISMS-P:2.5.5", "ISMS-P:2.5.6",
            ],
            Self::ActivityMonitoring => &[
                "CIS-5.0:1.2", "CIS-5.0:1.6", "CIS-5.0:1.16", "CIS-5.0:1.19", "CIS-5.0:2.1.4", "CIS-5.0:4.3",
                "CIS-6.0:2.2", "CIS-6.0:2.6", "CIS-6.0:2.16", "CIS-6.0:2.19", "CIS-6.0:3.1.4", "CIS-6.0:5.3",
                "CIS-7.0:2.3", "CIS-7.0:2.7", "CIS-7.0:2.15", "CIS-7.0:2.18", "CIS-7.0:3.1.4", "CIS-7.0:5.3",
                "FSBP:Account.1", "FSBP:S3.1", "SSB:ACCT.01", "SSB:ACCT.02", "SSB:ACCT.08",
                "WA:SEC01-BP02", "WA:SEC04-BP04", "ISMS-P:2.11.3",
            ],
        }
    }
}
