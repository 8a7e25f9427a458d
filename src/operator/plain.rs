//! A person with a screen reader, or at a terminal that cannot be redrawn: a line is printed, a line is read. The
//! default is spoken, choices have numbers, and the seed in groups of four takes the place of the QR code.

use std::future::Future;

use secrecy::ExposeSecret;
use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError, Pause};
use steps::text;
use steps::text::Text;

use super::questions::{self, AsksForLines, Prompt};
use super::terminal::{handed_over, in_groups_of_four};
use super::{line_input, nobody};
use crate::interrupt::Interrupt;
use crate::screen::{Screen, wrap};

/// A person who is read to. Standard input may be a pipe.
#[derive(Debug)]
pub struct Plain {
    screen: Screen,
    interrupt: Interrupt,
}

impl Plain {
    /// Asks on the screen and reads from standard input.
    pub fn new(screen: Screen, interrupt: Interrupt) -> Self {
        screen.face_a_person();
        Self { screen, interrupt }
    }

    /// Lines may be typed through a pipe by a program that keeps what it reads. A secret is for a person's eyes: without
    /// a terminal it is refused, and the answer that would take it elsewhere is named.
    fn refuse_without_terminal(&self, key: &str) -> Result<(), OperatorError> {
        if self.screen.can_show_secrets() { Ok(()) } else { Err(nobody(key)) }
    }

    fn say_privately(&self, text: &Text) {
        for line in wrap("  ", 2, self.screen.say(text), self.screen.width()) {
            self.screen.private_line(&line);
        }
    }
}

impl AsksForLines for Plain {
    fn screen(&self) -> &Screen {
        &self.screen
    }

    async fn ask(&mut self, prompt: Prompt) -> Result<String, OperatorError> {
        let Prompt { words, default } = prompt;
        let spoken = match &default {
            Some(default) => {
                text! { en: "{words} (Enter means: {default}) ", ko: "{words} (Enter를 누르면: {default}) " }
            }
            None => Text::verbatim(format!("{words} ")),
        };
        line_input::forget_typed_ahead();
        self.screen.prompt(self.screen.say(&spoken));
        let typed = line_input::line(&self.interrupt).await?;
        let enter_alone = typed.trim().is_empty();
        Ok(if enter_alone { default.unwrap_or_default() } else { typed })
    }

    async fn until_enter<F: Future>(
        &mut self,
        what: &Text,
        seen: F,
    ) -> Result<Option<F::Output>, OperatorError> {
        let what = self.screen.say(what);
        let way_out = questions::way_out();
        let (en, ko) = (&way_out.en, &way_out.ko);
        let watching = text! { en: "{what}. {en}", ko: "{what}. {ko}" };
        line_input::forget_typed_ahead();
        self.screen.wrapped(2, self.screen.say(&watching));
        line_input::until_enter(seen, &self.interrupt).await
    }
}

impl Operator for Plain {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        self.refuse_without_terminal("admin.console_password_file")?;
        for line in handed_over(&self.screen, &secret) {
            self.screen.private_line(&line);
        }
        drop(secret);
        questions::saved(self).await?;
        self.screen.wrapped(2, self.screen.say(&still_in_sight()));
        Ok(())
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        self.refuse_without_terminal("mfa.enrol_command")?;
        let Enrolment { account, user, .. } = enrolment;
        self.say_privately(&text! {
            en: "MFA device of {user}, account {account}. Type this key into the authenticator app, then type two codes that follow one another:",
            ko: "계정 {account}, {user}의 MFA 디바이스입니다. 인증 앱에 이 키를 입력한 뒤, 이어서 나오는 코드 두 개를 차례로 입력하세요."
        });
        self.say_privately(&Text::verbatim(in_groups_of_four(enrolment.seed.expose_secret())));
        Ok(())
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        questions::one_time_code(self, request).await
    }

    async fn enrolled(&mut self) {
        self.screen.wrapped(2, self.screen.say(&still_in_sight()));
    }

    fn pause(&self) -> Pause {
        self.interrupt.pause()
    }

    async fn while_waiting<F: Future>(&mut self, what: Text, work: F) -> F::Output {
        let _waiting = self.screen.spinner(self.screen.say(&what));
        work.await
    }
}

fn still_in_sight() -> Text {
    text! {
        en: "The secret above stays in sight until you clear the screen.",
        ko: "위의 비밀 정보는 화면을 지울 때까지 남아 있습니다."
    }
}
