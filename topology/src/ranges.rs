//! How far assumed numbers may be off: the range that a parameter's description gives, or half to twice its value.
//!
//! A description says `Assumed, range 4 to 256.`, with units as values have them (`range 10 ms to 1 s`, `range 1 to 60 s`). A number that is
//! nought and has no range given has none: there is nothing to halve.

use crate::assumed::Assumption;
use crate::units::{BitRate, Bytes, Span};
use serde_json::Value;

/// Beyond so many times its low end a range is gone through by factors, not by steps.
const BY_FACTORS_ABOVE: f64 = 20.0;

/// An assumed number and what it may be instead.
#[derive(Clone, PartialEq, Debug)]
pub struct AssumedRange {
    /// As [`Assumption::path`], and as an override names it.
    pub path: String,
    pub key: String,
    /// As the scenario has it, and the ends, in text.
    pub value: String,
    pub low: String,
    pub high: String,
    /// Whether the parameter's description gives the ends; half and twice the value otherwise.
    pub is_given: bool,
    ends: (f64, f64),
    kind: Kind,
}

/// What the number is of; quantities are in their base units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Whole,
    Fraction,
    Time,
    Rate,
    Size,
}

impl AssumedRange {
    /// `None` for what is no number, or has no range.
    pub fn of(assumption: &Assumption) -> Option<AssumedRange> {
        let (kind, value) = number(&assumption.value)?;
        let given = given(&assumption.note, kind);
        let ends = given.unwrap_or((value / 2.0, value * 2.0));
        let (low, high) = (kind.text(ends.0), kind.text(ends.1));
        (low != high && ends.0 < ends.1).then(|| AssumedRange {
            path: assumption.path.clone(),
            key: assumption.key.clone(),
            value: kind.text(value),
            is_given: given.is_some(),
            low,
            high,
            ends,
            kind,
        })
    }

    /// The value so far along the range, as an override has it.
    pub fn at(&self, share: f64) -> String {
        let (low, high) = self.ends;
        let by_factors = low > 0.0 && high / low > BY_FACTORS_ABOVE;
        let value = match by_factors {
            true => low * (high / low).powf(share),
            false => low + share * (high - low),
        };
        match share {
            0.0 => self.low.clone(),
            1.0 => self.high.clone(),
            _ => self.kind.text(to_three_figures(value)),
        }
    }
}

impl Kind {
    fn text(self, number: f64) -> String {
        let whole = number.round() as u64;
        match self {
            Kind::Whole => whole.to_string(),
            // A whole number is one of these as well.
            Kind::Fraction => format!("{:?}", (number * 1e6).round() / 1e6),
            Kind::Time => Span::from_micros(whole).to_string(),
            Kind::Rate => BitRate::from_bits_per_second(whole).to_string(),
            Kind::Size => Bytes(whole).to_string(),
        }
    }

    fn quantity(self, text: &str) -> Option<f64> {
        let number = match self {
            Kind::Whole | Kind::Fraction => return text.parse().ok(),
            Kind::Time => text.parse::<Span>().ok()?.as_micros(),
            Kind::Rate => text.parse::<BitRate>().ok()?.bits_per_second(),
            Kind::Size => text.parse::<Bytes>().ok()?.0,
        };
        Some(number as f64)
    }
}

fn to_three_figures(number: f64) -> f64 {
    if number == 0.0 {
        return number;
    }
    let step = 10_f64.powi(number.abs().log10().floor() as i32 - 2);
    (number / step).round() * step
}

/// A value as a scenario's JSON has it.
fn number(value: &str) -> Option<(Kind, f64)> {
    match serde_json::from_str::<Value>(value).ok()? {
        Value::Number(number) if number.is_f64() => Some((Kind::Fraction, number.as_f64()?)),
        Value::Number(number) => Some((Kind::Whole, number.as_f64()?)),
        Value::String(text) => {
            let kinds = [Kind::Time, Kind::Rate, Kind::Size];
            kinds
                .into_iter()
                .find_map(|kind| Some((kind, kind.quantity(&text)?)))
        }
        _ => None,
    }
}

/// The ends that a description gives: numbers with units around the first `to` behind its word of an assumption.
fn given(note: &str, kind: Kind) -> Option<(f64, f64)> {
    let behind = &note[note.to_lowercase().find("assumed")?..];
    let words: Vec<&str> = behind
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | ')' | '('))
        .filter(|word| !word.is_empty())
        .collect();
    let is_end = |place: usize| digits(words[place]).is_some() || unit(words[place]).is_some();
    let to = (1..words.len()).find(|place| words[*place] == "to" && is_end(place - 1))?;
    let high = digits(words.get(to + 1)?)?;
    let high_unit = words.get(to + 2).and_then(|word| unit(word));
    let low_unit = unit(words[to - 1]);
    let low = match low_unit {
        Some(_) => digits(words.get(to.checked_sub(2)?)?)?,
        None => digits(words[to - 1])?,
    };
    let quantity =
        |digits: &str, unit: Option<&str>| kind.quantity(&format!("{digits}{}", unit.unwrap_or("")));
    Some((
        quantity(&low, low_unit.or(high_unit))?,
        quantity(&high, high_unit)?,
    ))
}

/// A number without its separators.
fn digits(word: &str) -> Option<String> {
    let number = plain(word).replace(',', "");
    number.parse::<f64>().ok().map(|_| number)
}

/// A unit as values write it.
fn unit(word: &str) -> Option<&str> {
    const UNITS: [&str; 14] = [
        "d", "h", "min", "s", "ms", "us", "bit/s", "kbit/s", "Mbit/s", "B", "kB", "MB", "KiB", "MiB",
    ];
    match plain(word) {
        "days" => Some("d"),
        "hours" => Some("h"),
        word => UNITS.contains(&word).then_some(word),
    }
}

fn plain(word: &str) -> &str {
    word.trim_end_matches([',', '.', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn range(value: &str, note: &str) -> String {
        let assumption = Assumption {
            path: "it".to_owned(),
            key: "it".to_owned(),
            value: value.to_owned(),
            note: note.to_owned(),
        };
        match AssumedRange::of(&assumption) {
            Some(range) => {
                let given = if range.is_given { "given" } else { "half to twice" };
                format!(
                    "{} to {} ({given}), in the middle {}",
                    range.low,
                    range.high,
                    range.at(0.5)
                )
            }
            None => "none".to_owned(),
        }
    }

    #[test]
    fn ranges_are_read_as_descriptions_give_them() {
        let ranges = [
            ("16", "Served side by side. Assumed."),
            ("64", "Assumed, range 4 to 256."),
            ("100", "Assumed, range 10 to 10,000."),
            ("0.01", "Assumed, range 0 to 0.2, of a day."),
            ("0.0", "Assumed; 0 to 1, by the Party's credit rating."),
            ("\"30s\"", "Assumed, range 10 ms to 1 s."),
            (
                "\"7d\"",
                "When an invoice is to be paid, after that. Assumed; 5 to 14 days.",
            ),
            ("\"10s\"", "Assumed, range 1 to 60 s."),
            (
                "\"10s\"",
                "Assumed, range 0 to 152 s, which a module of the same maker has (domain.md §8).",
            ),
            ("\"900kB\"", "Assumed, range 100 kB to 2 MB."),
            ("\"20kbit/s\"", "Assumed."),
            ("0.0", "Assumed."),
            ("0", "Assumed."),
            ("true", "Assumed."),
            ("[1,2]", "Assumed, range 1 to 3."),
            ("\"uniform\"", "Assumed."),
        ];
        let found: Vec<String> = ranges.iter().map(|(value, note)| range(value, note)).collect();
        expect![[r#"
            8 to 32 (half to twice), in the middle 20
            4 to 256 (given), in the middle 32
            10 to 10000 (given), in the middle 316
            0.0 to 0.2 (given), in the middle 0.1
            0.0 to 1.0 (given), in the middle 0.5
            10ms to 1s (given), in the middle 100ms
            5d to 14d (given), in the middle 821000s
            1s to 1min (given), in the middle 7750ms
            0us to 152s (given), in the middle 76s
            100kB to 2MB (given), in the middle 1050kB
            10kbit/s to 40kbit/s (half to twice), in the middle 25kbit/s
            none
            none
            none
            none
            none"#]]
        .assert_eq(&found.join("\n"));
    }
}
