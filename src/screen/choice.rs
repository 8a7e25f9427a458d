//! What a person chooses about the screen: symbols or words, and colour.

/// How the person wants to be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Symbols, a spinner, a QR code.
    Rich,
    /// Lines that are read out well: words in place of symbols, nothing is redrawn.
    Plain,
}

impl Mode {
    /// Plain when asked for by option or by `ACCESSIBLE`, and on a terminal that cannot redraw.
    pub fn choose(plain: bool, environment: impl Fn(&str) -> Option<String>) -> Self {
        let accessible =
            environment("ACCESSIBLE").is_some_and(|value| !["", "0", "false"].contains(&value.as_str()));
        let dumb = environment("TERM").is_some_and(|terminal| terminal == "dumb");
        if plain || accessible || dumb { Self::Plain } else { Self::Rich }
    }
}

/// The option `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// In colour on a terminal that has colours, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// In colour wherever it goes.
    Always,
    /// Never in colour.
    Never,
}

impl ColorChoice {
    /// Whether there is colour. Nothing else decides it: the `console` crate takes even an empty `NO_COLOR` for set.
    pub fn decide(self, terminal: bool, environment: impl Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let unwanted = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = environment("TERM").is_some_and(|name| name == "dumb");
                terminal && !unwanted && !dumb
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_no_color_counts_as_not_set() {
        let with = |value: &'static str| move |name: &str| (name == "NO_COLOR").then(|| value.to_owned());
        assert!(ColorChoice::Auto.decide(true, with("")));
        assert!(!ColorChoice::Auto.decide(true, with("1")));
        assert!(ColorChoice::Always.decide(false, with("1")));
        assert!(!ColorChoice::Auto.decide(false, with("")));
        assert!(!ColorChoice::Auto.decide(true, |name| (name == "TERM").then(|| "dumb".to_owned())));
    }
}
