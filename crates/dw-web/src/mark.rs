//! What a colour says about a status. A word always stands beside it.

/// What a colour means; each has a word, so that nobody needs the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// All is well.
    Good,
    /// It goes on.
    Running,
    /// Worth a look.
    Warn,
    /// It failed.
    Bad,
    /// Not known, or not done.
    Quiet,
}

impl Mark {
    /// Its class in `assets/app.css`: `good`, `running`, `warn`, `bad`, `quiet`.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Running => "running",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}
