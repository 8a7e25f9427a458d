//! The identities of a run.
//!
//! A run can hold two: the one it was started with, often root, and the administrator that it made. Practice 1 ends
//! when the run acts as the administrator. Once MFA is required, the administrator's access key alone is refused, and
//! the run needs an MFA session: until it has one, the administrator is *locked* and the run reads as whom it was
//! started with.

mod codes;
mod proof;
mod words;

use aws_sdk_iam::types::User;
use jiff::Timestamp;

use crate::account::{self, About};
use crate::answers::Admin;
use crate::aws::{Caller, CallerKind, Connection, ForCall, Identity, WayIn, unless};
use crate::error::StepError;
use crate::event_history::KeyUses;
use crate::iam_practices::Remembered;
use crate::operator::Operator;
use crate::wait;

pub use codes::{is_passkey, is_phone_number, shows_codes};
pub(crate) use codes::{resync, wrong_codes};
pub use proof::Refusal;
pub(crate) use words::not_an_administrator;

/// The identities of a run, and how AWS is reached.
#[derive(Debug)]
pub struct Session {
    /// How AWS is reached.
    pub connection: Connection,
    /// Who the run was started as.
    pub started: Identity,
    /// When that was, by AWS's clock: what is signed from then on with the same access key may be this run.
    pub began: Timestamp,
    /// What is known of the account, once that was read.
    pub about: About,
    /// The administrator, as far as the run has got.
    pub administrator: Administrator,
    /// The group whose members are the administrators.
    pub group: String,
    /// The administrator's name, as it was looked for.
    user: String,
    /// One-time codes that AWS has seen in this run. A code is accepted once.
    pub used_codes: Vec<String>,
    /// The run deleted the access key that it was started with: from here on it has only the administrator.
    pub started_key_deleted: bool,
    /// The administrator by access key alone, kept to show what that may not do once MFA is required.
    pub by_key: Option<Identity>,
    /// The administrator has signed in since there was a device, so that the sign-in asked for it.
    pub signed_in_with_mfa: bool,
    /// The serial number of the device whose code opened the MFA session.
    pub session_device: Option<String>,
    /// What was read in Event History of the uses of access keys. It is read slowly, so it is kept for the whole run.
    pub key_uses: KeyUses,
    /// What the looks of this run have found about single users and keys.
    pub remembered: Remembered,
}

/// Who the administrator may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestion {
    /// A user of the administrators' group: the only one, or the one who is signed in.
    pub administrator: Option<String>,
    /// The IAM user who is signed in, whatever rights that user has.
    pub caller: Option<String>,
}

/// Why there is no MFA session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSession {
    /// No credentials of the administrator are known.
    NotSignedIn,
    /// The user with this ARN has no device at all, and may enrol one on this page.
    NoDevice {
        /// The user's ARN.
        arn: String,
        /// Where the user signs in to the console.
        page: String,
    },
    /// The user with this ARN has devices, and none of them shows codes.
    NoCodes(String),
    /// The user with this ARN signed in without MFA, by `aws login`. Only a new sign-in can carry it.
    SignInAgain(String),
    /// The user with this ARN has temporary credentials that were made without a code. Only new ones can carry MFA.
    SessionWithoutMfa(String),
    /// AWS refuses the user with this ARN what an administrator may do, even with MFA.
    Refused(String),
}

/// How far the run has got in acting as the administrator.
#[derive(Debug, Clone)]
pub enum Administrator {
    /// No credentials of the administrator are known.
    Unknown,
    /// The administrator has signed in, but AWS refuses what needs MFA.
    Locked(Identity),
    /// The administrator has signed in and has the rights of one.
    Proven(Identity),
    /// The user has signed in and is no administrator, or AWS refuses for another reason than MFA.
    Refused(Identity, Refusal),
}

impl Session {
    /// Opens a session as whom the environment says.
    pub async fn open(connection: Connection) -> Result<Self, StepError> {
        let here = Timestamp::now();
        let started = connection.started_as().await?;
        Ok(Self {
            connection,
            began: started.clock().at_aws(here),
            started,
            about: About::default(),
            administrator: Administrator::Unknown,
            group: Admin::default().group,
            user: String::new(),
            used_codes: Vec::new(),
            started_key_deleted: false,
            by_key: None,
            signed_in_with_mfa: false,
            session_device: None,
            key_uses: KeyUses::default(),
            remembered: Remembered::default(),
        })
    }

    /// Reads at once what a run begins with: what is known of the account, and who the administrator may be. Where
    /// somebody has said who it is, no group is given, and nobody is suggested.
    pub async fn introduce(&mut self, group: Option<&str>) -> Result<Suggestion, StepError> {
        let suggested = async {
            match group {
                Some(group) => self.suggest_administrator(group).await,
                None => Ok(Suggestion::default()),
            }
        };
        let (about, suggested) = tokio::join!(account::about(&self.started), suggested);
        self.about = about;
        suggested
    }

    async fn suggest_administrator(&self, group: &str) -> Result<Suggestion, StepError> {
        let caller = match &self.started.caller.kind {
            CallerKind::User(name) => Some(name.clone()),
            _ => None,
        };
        let answer = self.started.iam().get_group().group_name(group).send().await.for_call("iam:GetGroup");
        let users = match self.started.reading(unless("NoSuchEntity", answer)) {
            Ok(Ok(Some(group))) => group.users,
            Ok(Ok(None) | Err(_)) => Vec::new(),
            Err(error)
                if caller.is_some() && self.started.caller.temporary && proof::is_unknown_key(&error) =>
            {
                return Err(without_mfa(&self.started).into());
            }
            Err(error) => return Err(error.into()),
        };
        let is_caller = |user: &&User| self.started.caller.is_user(user.user_name());
        let administrator = match users.as_slice() {
            [only] => Some(only),
            several => several.iter().find(is_caller),
        };
        Ok(Suggestion { administrator: administrator.map(|user| user.user_name().to_owned()), caller })
    }

    /// Whether the run was started as the administrator, whom AWS refuses what needs MFA.
    pub fn is_started_locked(&self) -> bool {
        match &self.administrator {
            Administrator::Locked(identity) | Administrator::Refused(identity, Refusal::NoDevice) => {
                self.is_started(identity)
            }
            Administrator::Unknown | Administrator::Proven(_) | Administrator::Refused(..) => false,
        }
    }

    /// Who acts: the administrator where it is proven, else who the run was started as, as long as those credentials
    /// work.
    pub fn acting(&self) -> &Identity {
        match &self.administrator {
            Administrator::Proven(identity) => identity,
            Administrator::Locked(identity) | Administrator::Refused(identity, _)
                if self.started_key_deleted || self.is_started(identity) =>
            {
                identity
            }
            Administrator::Locked(_) | Administrator::Refused(..) | Administrator::Unknown => &self.started,
        }
    }

    /// Whether only a new sign-in of the administrator lets this run go on: MFA is missing, and there is nobody else to
    /// act as.
    pub fn is_out(&self) -> bool {
        self.started_key_deleted && matches!(self.administrator, Administrator::Locked(_))
    }

    fn is_started(&self, identity: &Identity) -> bool {
        identity.caller.arn == self.started.caller.arn
    }

    /// The root user's own credentials, for the few things that only root can do.
    pub fn root(&self) -> Option<&Identity> {
        (self.started.caller.is_root() && !self.started_key_deleted).then_some(&self.started)
    }

    /// The account number.
    pub fn account(&self) -> &str {
        &self.started.caller.account
    }

    /// The partition, such as `aws`.
    pub fn partition(&self) -> &str {
        &self.started.caller.partition
    }

    /// The administrator's caller, where the run has signed in as the administrator.
    pub fn administrator_caller(&self) -> Option<&Caller> {
        match &self.administrator {
            Administrator::Proven(identity) | Administrator::Locked(identity) => Some(&identity.caller),
            Administrator::Unknown | Administrator::Refused(..) => None,
        }
    }

    /// Looks whether the run, or the AWS profile, is the administrator by now. True when somebody has signed in under
    /// that name; whether it is an administrator is seen by [`Session::administrator`].
    pub async fn find_administrator(&mut self, user: &str, profile: Option<&str>) -> Result<bool, StepError> {
        if self.administrator_caller().is_some() {
            return Ok(true);
        }
        let identity = if self.started.caller.is_user(user) {
            Some(self.started.clone())
        } else if let Some(profile) = profile {
            self.connection.with_profile(profile).await?
        } else {
            None
        };
        match identity {
            Some(identity) if self.is_the_administrator(&identity, user) => {
                self.become_administrator(identity, user).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Goes on as the administrator of this name, as far as these credentials turn out to be an administrator's.
    pub async fn become_administrator(&mut self, identity: Identity, user: &str) -> Result<(), StepError> {
        user.clone_into(&mut self.user);
        self.administrator = self.judged(identity).await?;
        Ok(())
    }

    async fn judged(&self, identity: Identity) -> Result<Administrator, StepError> {
        let witness = Some(&self.started).filter(|_| !self.started_key_deleted);
        proof::judged(identity, &self.user, &self.group, witness).await
    }

    /// Reads the administrator's sign-in anew, after the person has signed in once more with the device. True when the
    /// administrator is signed in.
    pub async fn renew_sign_in(&mut self, user: &str, profile: &str) -> Result<bool, StepError> {
        let identity = if self.started.caller.is_user(user) {
            Some(self.connection.started_as().await?)
        } else {
            self.connection.with_profile(profile).await?
        };
        match identity {
            Some(identity) if self.is_the_administrator(&identity, user) && self.is_news(&identity) => {
                self.become_administrator(identity, user).await?;
                self.signed_in_with_mfa = true;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Another sign-in comes with other credentials. The converse is not true: they are also renewed by themselves.
    fn is_news(&self, identity: &Identity) -> bool {
        self.administrator_caller().is_none_or(|known| known.access_key != identity.caller.access_key)
    }

    /// Asks AWS once more whether the administrator may act: what was true before a policy changed may not be now.
    pub async fn prove_again(&mut self) -> Result<(), StepError> {
        let identity = match &self.administrator {
            Administrator::Proven(identity)
            | Administrator::Locked(identity)
            | Administrator::Refused(identity, _) => identity.clone(),
            Administrator::Unknown => return Ok(()),
        };
        self.administrator = self.judged(identity).await?;
        Ok(())
    }

    /// The same for who was refused, after something was done about it.
    pub async fn prove_refused_again(&mut self) -> Result<(), StepError> {
        match self.administrator {
            Administrator::Refused(..) => self.prove_again().await,
            Administrator::Unknown | Administrator::Locked(_) | Administrator::Proven(_) => Ok(()),
        }
    }

    /// Goes on under an MFA session: asks for a code that AWS has not seen, and proves that the session works. Without
    /// one, everything stays as it was.
    pub async fn unlock(&mut self, operator: &mut impl Operator) -> Result<Result<(), NoSession>, StepError> {
        let identity = match self.to_unlock() {
            Ok(Some(identity)) => identity,
            Ok(None) => return Ok(Ok(())),
            Err(reason) => return Ok(Err(reason)),
        };
        let CallerKind::User(user) = identity.caller.kind.clone() else {
            return Ok(Err(NoSession::NoCodes(identity.caller.arn)));
        };
        let devices = match codes::code_devices(&identity, &user).await? {
            Ok(devices) => devices,
            Err(reason) => return Ok(Err(reason)),
        };
        let credentials = match self.session_token(&identity, &user, devices, operator).await? {
            Ok(credentials) => credentials,
            Err(reason) => return Ok(Err(reason)),
        };
        let unlocked = self.connection.with_credentials(credentials, Some(true)).await?;
        self.by_key = Some(identity);
        self.go_on_as(unlocked, operator).await
    }

    /// The access key that a session is to be opened for; none where there is a session already.
    fn to_unlock(&self) -> Result<Option<Identity>, NoSession> {
        match &self.administrator {
            Administrator::Unknown => Err(NoSession::NotSignedIn),
            Administrator::Refused(identity, Refusal::NoDevice) => {
                Err(NoSession::no_device(&identity.caller))
            }
            Administrator::Refused(identity, Refusal::Denied) => {
                Err(NoSession::Refused(identity.caller.arn.clone()))
            }
            Administrator::Locked(identity) if identity.caller.temporary => Err(without_mfa(identity)),
            Administrator::Proven(identity) | Administrator::Refused(identity, _)
                if identity.caller.temporary =>
            {
                Ok(None)
            }
            Administrator::Locked(identity)
            | Administrator::Proven(identity)
            | Administrator::Refused(identity, _) => Ok(Some(identity.clone())),
        }
    }

    /// What was granted a moment ago may take a while to be seen, so a refusal is asked again within bounds. A session
    /// that AWS lets look is one, whatever rights the user has beyond that.
    async fn go_on_as(
        &mut self,
        identity: Identity,
        operator: &mut impl Operator,
    ) -> Result<Result<(), NoSession>, StepError> {
        let (arn, asked) = (identity.caller.arn.clone(), operator.pause());
        let proof = async {
            for pause in wait::pauses() {
                let judged = self.judged(identity.clone()).await?;
                if judged.may_look() {
                    return Ok::<_, StepError>(Some(judged));
                }
                asked.unless_asked(pause).await?;
            }
            Ok(None)
        };
        let proof = operator.while_waiting(codes::waiting_for_session(), proof).await?;
        Ok(match proof {
            Some(judged) => {
                self.administrator = judged;
                Ok(())
            }
            None => Err(NoSession::Refused(arn)),
        })
    }

    fn is_the_administrator(&self, identity: &Identity, user: &str) -> bool {
        identity.caller.account == self.started.caller.account && identity.caller.is_user(user)
    }
}

impl Administrator {
    /// Whether AWS lets the user look at the account.
    fn may_look(&self) -> bool {
        match self {
            Self::Proven(_) | Self::Refused(_, Refusal::NotAdministrator | Refusal::Bounded) => true,
            Self::Unknown | Self::Locked(_) | Self::Refused(_, Refusal::NoDevice | Refusal::Denied) => false,
        }
    }
}

/// Why temporary credentials are refused what needs MFA.
fn without_mfa(identity: &Identity) -> NoSession {
    let arn = identity.caller.arn.clone();
    match identity.way {
        WayIn::Temporary => NoSession::SessionWithoutMfa(arn),
        WayIn::AccessKey | WayIn::Login | WayIn::CloudShell => NoSession::SignInAgain(arn),
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
