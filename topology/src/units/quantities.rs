//! Numbers with a unit.

use super::written_as_text;
use core::fmt;
use core::str::FromStr;
use secnet_model::SimDuration;

/// A length of emulated time: `50ms`, `1h`, `2d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(SimDuration);

/// A data rate: `20kbit/s`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BitRate(u64);

/// A number of octets: `24B`, `64KiB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(pub u64);

impl Span {
    pub const fn from_micros(micros: u64) -> Span {
        Span(SimDuration::from_micros(micros))
    }

    pub const fn from_millis(millis: u64) -> Span {
        Span(SimDuration::from_millis(millis))
    }

    pub const fn from_secs(seconds: u64) -> Span {
        Span(SimDuration::from_secs(seconds))
    }

    pub const fn as_micros(self) -> u64 {
        self.0.as_micros()
    }

    pub const fn as_duration(self) -> SimDuration {
        self.0
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0.as_secs_f64()
    }
}

impl From<Span> for SimDuration {
    fn from(span: Span) -> SimDuration {
        span.0
    }
}

impl From<SimDuration> for Span {
    fn from(duration: SimDuration) -> Span {
        Span(duration)
    }
}

impl BitRate {
    pub const fn from_bits_per_second(bits: u64) -> BitRate {
        BitRate(bits)
    }

    pub const fn bits_per_second(self) -> u64 {
        self.0
    }

    /// How long `bytes` octets take, rounded up to a microsecond; a rate of zero counts as one bit per second.
    pub const fn transmission_time(self, bytes: u64) -> SimDuration {
        let rate = if self.0 == 0 { 1 } else { self.0 };
        SimDuration::from_micros((bytes * 8_000_000).div_ceil(rate))
    }
}

/// A unit's spellings (the first is written) and its size in the base unit.
type Unit = (&'static [&'static str], u64);

const SPAN_UNITS: &[Unit] = &[
    (&["d"], 86_400_000_000),
    (&["h"], 3_600_000_000),
    (&["min", "m"], 60_000_000),
    (&["s"], 1_000_000),
    (&["ms"], 1_000),
    (&["us", "µs"], 1),
];
const RATE_UNITS: &[Unit] = &[
    (&["Gbit/s"], 1_000_000_000),
    (&["Mbit/s"], 1_000_000),
    (&["kbit/s"], 1_000),
    (&["bit/s"], 1),
];
const BYTE_UNITS: &[Unit] = &[
    (&["MiB"], 1 << 20),
    (&["KiB"], 1 << 10),
    (&["MB"], 1_000_000),
    (&["kB"], 1_000),
    (&["B"], 1),
];

/// Parses `number unit`, exactly: `1.5h` is 5,400,000,000 µs. `None` for anything else, or a result that is no whole number
/// of base units.
fn parse_quantity(text: &str, units: &[Unit]) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
    let (number, unit) = (text[..unit_at].replace('_', ""), text[unit_at..].trim_start());
    let (_, factor) = units.iter().find(|(spellings, _)| spellings.contains(&unit))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || fraction.len() > 12 || (fraction.is_empty() && number.contains('.')) {
        return None;
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let scaled = format!("{whole}{fraction}")
        .parse::<u128>()
        .ok()?
        .checked_mul(u128::from(*factor))?;
    if scaled % scale != 0 {
        return None;
    }
    u64::try_from(scaled / scale).ok()
}

/// Writes the largest unit that divides the quantity; zero in the smallest.
fn write_quantity(f: &mut fmt::Formatter<'_>, quantity: u64, units: &[Unit]) -> fmt::Result {
    for (spellings, factor) in units {
        if quantity != 0 && quantity.is_multiple_of(*factor) {
            return write!(f, "{}{}", quantity / factor, spellings[0]);
        }
    }
    write!(f, "0{}", units[units.len() - 1].0[0])
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Span, String> {
        parse_quantity(text, SPAN_UNITS).map(Span::from_micros).ok_or_else(|| {
            format!("`{text}` is not a length of time: write a number and one of us, ms, s, min, h, d, as in \"50ms\" or \"1.5h\"")
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quantity(f, self.as_micros(), SPAN_UNITS)
    }
}

impl FromStr for BitRate {
    type Err = String;
    fn from_str(text: &str) -> Result<BitRate, String> {
        parse_quantity(text, RATE_UNITS).map(BitRate).ok_or_else(|| {
            format!(
                "`{text}` is not a data rate: write a number and one of bit/s, kbit/s, Mbit/s, Gbit/s, as in \"20kbit/s\""
            )
        })
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quantity(f, self.0, RATE_UNITS)
    }
}

impl FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Bytes, String> {
        parse_quantity(text, BYTE_UNITS).map(Bytes).ok_or_else(|| {
            format!("`{text}` is not a size: write a number and one of B, kB, MB, KiB, MiB, as in \"24B\" or \"64KiB\"")
        })
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quantity(f, self.0, BYTE_UNITS)
    }
}

pub(super) const SPAN_FORMAT: &str = "a length of time such as \"50ms\", \"1h\" or \"2d\"";
pub(super) const BIT_RATE_FORMAT: &str = "a data rate such as \"20kbit/s\"";
pub(super) const BYTES_FORMAT: &str = "a size such as \"24B\" or \"64KiB\"";

written_as_text!(Span, SPAN_FORMAT, r"^[0-9._]+ *(us|µs|ms|s|min|h|d)$");
written_as_text!(BitRate, BIT_RATE_FORMAT, r"^[0-9._]+ *[kMG]?bit/s$");
written_as_text!(Bytes, BYTES_FORMAT, r"^[0-9._]+ *(B|kB|MB|KiB|MiB)$");
