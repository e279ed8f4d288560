//! Whether a Modification is on, and from when: [`Switch`] is what a scenario says, and when it is live follows from it.

use crate::units::{Date, DateTime, written_as_text};
use core::fmt;
use core::str::FromStr;
use secnet_model::SimTime;

/// A Modification's switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Switch {
    /// On where it was live at the scenario's `as_of`; off without one.
    #[default]
    AsOf,
    Off,
    On,
    /// It goes live at the beginning of this date (UTC).
    From(Date),
}

impl Switch {
    /// When it goes live in emulated time: zero where it is live from the start, "never" where it is off. `live_from` is its date
    /// in the release calendar.
    pub fn release(self, as_of: Option<Date>, live_from: Option<Date>, epoch: DateTime) -> SimTime {
        match self {
            Switch::Off => SimTime::NEVER,
            Switch::On => SimTime::ZERO,
            Switch::AsOf => match (live_from, as_of) {
                (Some(live_from), Some(as_of)) if live_from <= as_of => SimTime::ZERO,
                _ => SimTime::NEVER,
            },
            Switch::From(date) => {
                SimTime::from_secs(date.unix_seconds().saturating_sub(epoch.unix_seconds()))
            }
        }
    }
}

const SWITCH_FORMAT: &str = "\"on\", \"off\", \"as_of\", or the date on which it goes live";

written_as_text!(
    Switch,
    SWITCH_FORMAT,
    r"^(on|off|as_of|[0-9]{4}-[0-9]{2}-[0-9]{2})$"
);

/// What is wrong with `text` as a switch, if a schema calls it one and anything is.
pub(crate) fn problem(format: &str, text: &str) -> Option<String> {
    text.parse::<Switch>().err().filter(|_| format == SWITCH_FORMAT)
}

impl FromStr for Switch {
    type Err = String;
    fn from_str(text: &str) -> Result<Switch, String> {
        match text.trim() {
            "as_of" => Ok(Switch::AsOf),
            "off" => Ok(Switch::Off),
            "on" => Ok(Switch::On),
            date => date.parse().map(Switch::From).map_err(|_| {
                format!(
                    "a Modification is `on`, `off`, as the scenario's date has it (`as_of`), or goes live on a date, as in \"2021-11-04\"; \
                     not `{text}`"
                )
            }),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Switch::AsOf => f.write_str("as_of"),
            Switch::Off => f.write_str("off"),
            Switch::On => f.write_str("on"),
            Switch::From(date) => write!(f, "{date}"),
        }
    }
}
