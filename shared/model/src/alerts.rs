//! Device alerts and DCC alerts (`data/alerts.csv`): meaning, recipient, size.

use crate::csv;
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// An alert: its row in the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct AlertCode(u8);

impl TryFrom<u8> for AlertCode {
    type Error = String;
    fn try_from(index: u8) -> Result<AlertCode, String> {
        AlertCode::from_index(index)
            .ok_or_else(|| format!("{index} is past the end of the catalogue of alert codes"))
    }
}

impl From<AlertCode> for u8 {
    fn from(entry: AlertCode) -> u8 {
        entry.0
    }
}

/// To whom the alert table sends an alert.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum AlertRecipient {
    /// The Supplier responsible for the device (electricity or gas).
    Supplier,
    /// The electricity distributor of the licence area.
    Dno,
    /// The User whose command the alert answers.
    CommandSender,
}

/// A row of the alert table, `data/alerts.csv` (domain.md §4).
#[derive(Clone, Debug)]
pub struct AlertEntry {
    /// `8F66`; `AD1` and `N…` are DCC alerts.
    pub code: &'static str,
    /// What the device tells, in words.
    pub meaning: &'static str,
    /// Who gets it.
    pub recipient: AlertRecipient,
    /// Whether a public source says so, or the Supplier stands in.
    pub recipient_sourced: bool,
    /// Who gets a copy as well.
    pub also: Option<AlertRecipient>,
    /// Whether the device signs it (a critical alert).
    pub critical: bool,
    /// Least size of the message, in octets.
    pub bytes_min: u16,
    /// Greatest size of the message, in octets.
    pub bytes_max: u16,
    /// Weight in the ordinary background mix; zero for alerts that only their cause sends.
    pub background_weight: u32,
}

const DATA: &str = include_str!("../data/alerts.csv");

static CATALOGUE: LazyLock<Vec<AlertEntry>> = LazyLock::new(|| match parse(DATA) {
    Ok(entries) => entries,
    Err(problem) => unreachable!("data/alerts.csv is tested: {problem}"),
});

impl AlertCode {
    /// All alerts, in the catalogue's order.
    pub fn all() -> impl Iterator<Item = AlertCode> {
        (0..CATALOGUE.len() as u8).map(AlertCode)
    }

    /// The code at a place in the table; `None` beyond its end.
    pub fn from_index(index: u8) -> Option<AlertCode> {
        (usize::from(index) < CATALOGUE.len()).then_some(AlertCode(index))
    }

    /// Its place in the table.
    pub const fn index(self) -> u8 {
        self.0
    }

    /// By code, `8F66`.
    pub fn from_code(code: &str) -> Option<AlertCode> {
        static BY_CODE: LazyLock<BTreeMap<&'static str, AlertCode>> = LazyLock::new(|| {
            AlertCode::all()
                .map(|alert| (alert.entry().code, alert))
                .collect()
        });
        BY_CODE.get(code).copied()
    }

    /// Its row.
    pub fn entry(self) -> &'static AlertEntry {
        &CATALOGUE[usize::from(self.0)]
    }

    /// A hub's supply has been off for three minutes.
    pub fn power_outage() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("AD1"));
        *CODE
    }

    /// A meter's supply is back: after less than three minutes, or after as many and more.
    pub fn supply_restored(after_outage: bool) -> AlertCode {
        static CODES: LazyLock<[AlertCode; 2]> = LazyLock::new(|| ["8F35", "8F36"].map(known));
        CODES[usize::from(after_outage)]
    }

    /// A device's clock is out of tolerance.
    pub fn clock_out_of_tolerance() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("81C6"));
        *CODE
    }

    /// A device has a firmware image and found it sound.
    pub fn image_sound() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("8F72"));
        *CODE
    }

    /// A device found its firmware image unsound.
    pub fn image_unsound() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("8F1C"));
        *CODE
    }

    /// Future-dated command executed by the device.
    pub fn future_dated_succeeded() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("8F66"));
        *CODE
    }

    /// Future-dated command failed on the device.
    pub fn future_dated_failed() -> AlertCode {
        static CODE: LazyLock<AlertCode> = LazyLock::new(|| known("8F67"));
        *CODE
    }
}

fn known(code: &str) -> AlertCode {
    match AlertCode::from_code(code) {
        Some(alert) => alert,
        None => unreachable!("alert {code} is in data/alerts.csv, which is tested"),
    }
}

fn recipient(code: &str, text: &str) -> Result<AlertRecipient, String> {
    match text {
        "supplier" => Ok(AlertRecipient::Supplier),
        "dno" => Ok(AlertRecipient::Dno),
        "sender" => Ok(AlertRecipient::CommandSender),
        other => Err(format!("{code}: recipient {other}")),
    }
}

fn parse(text: &'static str) -> Result<Vec<AlertEntry>, String> {
    let mut entries = Vec::new();
    for row in csv::rows(text, 7)? {
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|e| format!("{}: {text}: {e}", row[0]))
        };
        let (first, also) = match row[1].split_once('+') {
            Some((first, also)) => (first, Some(also)),
            None => (row[1], None),
        };
        entries.push(AlertEntry {
            code: row[0],
            recipient: recipient(row[0], first.trim_end_matches('?'))?,
            recipient_sourced: !first.ends_with('?'),
            also: also.map(|also| recipient(row[0], also)).transpose()?,
            critical: number(row[2])? == 1,
            bytes_min: number(row[3])? as u16,
            bytes_max: number(row[4])? as u16,
            background_weight: number(row[5])?,
            meaning: row[6],
        });
    }
    if entries.len() > usize::from(u8::MAX) {
        return Err(format!("{} alerts do not fit an 8-bit index", entries.len()));
    }
    Ok(entries)
}

impl fmt::Display for AlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().code)
    }
}

impl fmt::Debug for AlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alert {self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_find_their_entries_and_the_named_ones_exist() {
        for alert in AlertCode::all() {
            assert_eq!(AlertCode::from_code(alert.entry().code), Some(alert));
        }
        assert_eq!(AlertCode::future_dated_succeeded().to_string(), "8F66");
        assert_eq!(AlertCode::future_dated_failed().to_string(), "8F67");
        assert!(AlertCode::all().any(|alert| alert.entry().background_weight > 0));
        assert!(AlertCode::all().all(|alert| !alert.entry().meaning.is_empty()));
        let recipient = |code| {
            let entry = AlertCode::from_code(code).map(AlertCode::entry);
            entry.map(|entry| (entry.recipient, entry.recipient_sourced, entry.also))
        };
        assert_eq!(recipient("809C"), Some((AlertRecipient::Dno, true, None)));
        assert_eq!(recipient("81B3"), Some((AlertRecipient::Supplier, false, None)));
        let dno = Some(AlertRecipient::Dno);
        assert_eq!(recipient("8F75"), Some((AlertRecipient::Supplier, true, dno)));
        assert!(AlertCode::from_index(AlertCode::all().count() as u8).is_none());
    }
}
