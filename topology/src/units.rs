//! Quantities as a scenario writes them: text with a unit, checked when read, exact when written back.

mod execute_at;

pub use execute_at::ExecuteAt;

use core::fmt;
use core::str::FromStr;
use secnet_model::SimDuration;
use serde::de::{self, MapAccess, Visitor};

/// A length of emulated time: `50ms`, `1h`, `2d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(SimDuration);

/// A data rate: `20kbit/s`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BitRate(u64);

/// A number of octets: `24B`, `64KiB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(pub u64);

/// A time of day (UTC): `00:30`, `23:59:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TimeOfDay {
    second: u32,
}

/// A UTC date and time, to the second: `2026-04-01T00:00:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DateTime {
    unix_seconds: u64,
}

/// A date (UTC), which begins at midnight: `2021-06-30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Date {
    days_since_1970: u32,
}

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

impl TimeOfDay {
    /// `None` from midnight to midnight on.
    pub const fn from_second_of_day(second: u32) -> Option<TimeOfDay> {
        if second < 86_400 {
            Some(TimeOfDay { second })
        } else {
            None
        }
    }

    /// The beginning of this hour of the day, modulo 24.
    pub const fn from_hour(hour: u32) -> TimeOfDay {
        TimeOfDay {
            second: hour % 24 * 3_600,
        }
    }

    pub const fn second_of_day(self) -> u64 {
        self.second as u64
    }
}

impl DateTime {
    pub const fn from_unix_seconds(unix_seconds: u64) -> DateTime {
        DateTime { unix_seconds }
    }

    pub const fn unix_seconds(self) -> u64 {
        self.unix_seconds
    }

    /// The first midnight of the next calendar month; `None` after the year 9999.
    pub fn next_month(self) -> Option<DateTime> {
        let days = jiff::Span::new().days(self.date().days_since_1970);
        let first = UNIX_EPOCH.checked_add(days).ok()?.first_of_month();
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        let date = Date::new(next.year(), next.month(), next.day())?;
        Some(DateTime::from_unix_seconds(date.unix_seconds()))
    }

    pub const fn date(self) -> Date {
        Date {
            days_since_1970: (self.unix_seconds / 86_400) as u32,
        }
    }
}

impl Date {
    /// `None` before 1970, after 9999, and where the month has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Date> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        let since_1970 = date.since(UNIX_EPOCH).ok()?;
        let days_since_1970 = u32::try_from(since_1970.get_days()).ok()?;
        Some(Date { days_since_1970 })
    }

    /// Of its first second.
    pub const fn unix_seconds(self) -> u64 {
        self.days_since_1970 as u64 * 86_400
    }

    /// The next day.
    pub const fn tomorrow(self) -> Date {
        Date {
            days_since_1970: self.days_since_1970 + 1,
        }
    }
}

const UNIX_EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

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

impl FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<TimeOfDay, String> {
        let wrong = || {
            format!(
                "`{text}` is not a time of day: write hours and minutes, as in \"00:30\", from 00:00 to 23:59"
            )
        };
        let mut parts = [0u32; 3];
        let fields: Vec<&str> = text.trim().split(':').collect();
        if !(2..=3).contains(&fields.len()) {
            return Err(wrong());
        }
        for (part, field) in parts.iter_mut().zip(&fields) {
            let two_digits = field.len() == 2 && field.bytes().all(|b| b.is_ascii_digit());
            *part = field.parse().ok().filter(|_| two_digits).ok_or_else(wrong)?;
        }
        let [hour, minute, second] = parts;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(wrong());
        }
        Ok(TimeOfDay {
            second: hour * 3_600 + minute * 60 + second,
        })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.second / 3_600, self.second / 60 % 60)?;
        if !self.second.is_multiple_of(60) {
            write!(f, ":{:02}", self.second % 60)?;
        }
        Ok(())
    }
}

impl FromStr for DateTime {
    type Err = String;
    fn from_str(text: &str) -> Result<DateTime, String> {
        let wrong = || {
            format!(
                "`{text}` is not a UTC date and time to the second, from 1970 on, as in \"2026-04-01T00:00:00Z\""
            )
        };
        let timestamp: jiff::Timestamp = text.trim().parse().map_err(|_| wrong())?;
        let seconds = u64::try_from(timestamp.as_second()).map_err(|_| wrong())?;
        if timestamp.subsec_nanosecond() != 0 {
            return Err(wrong());
        }
        Ok(DateTime {
            unix_seconds: seconds,
        })
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.unix_seconds).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_second(seconds) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{}", jiff::Timestamp::MAX),
        }
    }
}

impl FromStr for Date {
    type Err = String;
    fn from_str(text: &str) -> Result<Date, String> {
        let wrong = || format!("`{text}` is not a date from 1970 on, as in \"2021-06-30\"");
        let date: jiff::civil::Date = text.trim().parse().map_err(|_| wrong())?;
        let written = Date::new(date.year(), date.month(), date.day()).ok_or_else(wrong)?;
        // A date and time would be read too, without its time.
        if written.to_string() == text.trim() {
            Ok(written)
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_1970 = jiff::Span::new().days(self.days_since_1970);
        match UNIX_EPOCH.checked_add(since_1970) {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "{}", jiff::civil::Date::MAX),
        }
    }
}

/// Reads text, and TOML's own dates and times, which arrive as a map of one private key.
pub(crate) struct TextVisitor<T> {
    pub(crate) expecting: &'static str,
    pub(crate) read: core::marker::PhantomData<T>,
}

impl<'de, T: FromStr<Err = String>> Visitor<'de> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, text)) if key.starts_with("$__toml_private") => {
                text.parse().map_err(de::Error::custom)
            }
            _ => Err(de::Error::custom(format!("expected {}", self.expecting))),
        }
    }
}

macro_rules! written_as_text {
    ($type:ident, $expecting:ident, $pattern:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let visitor = $crate::units::TextVisitor { expecting: $expecting, read: core::marker::PhantomData };
                deserializer.deserialize_str(visitor)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "format": $expecting })
            }
        }
    };
}

pub(crate) use written_as_text;

const SPAN_FORMAT: &str = "a length of time such as \"50ms\", \"1h\" or \"2d\"";
const BIT_RATE_FORMAT: &str = "a data rate such as \"20kbit/s\"";
const BYTES_FORMAT: &str = "a size such as \"24B\" or \"64KiB\"";
const TIME_OF_DAY_FORMAT: &str = "a UTC time of day such as \"00:30\"";
const DATE_FORMAT: &str = "a date such as \"2021-06-30\"";
const DATE_TIME_FORMAT: &str = "a UTC date and time such as \"2026-04-01T00:00:00Z\"";

written_as_text!(Span, SPAN_FORMAT, r"^[0-9._]+ *(us|µs|ms|s|min|h|d)$");
written_as_text!(BitRate, BIT_RATE_FORMAT, r"^[0-9._]+ *[kMG]?bit/s$");
written_as_text!(Bytes, BYTES_FORMAT, r"^[0-9._]+ *(B|kB|MB|KiB|MiB)$");
written_as_text!(
    TimeOfDay,
    TIME_OF_DAY_FORMAT,
    r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$"
);
written_as_text!(Date, DATE_FORMAT, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
written_as_text!(DateTime, DATE_TIME_FORMAT, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$");

/// What is wrong with `text` as the kind of quantity a schema calls `format`, if anything is.
pub(crate) fn problem(format: &str, text: &str) -> Option<String> {
    fn read<T: FromStr<Err = String>>(text: &str) -> Option<String> {
        text.parse::<T>().err()
    }
    match format {
        SPAN_FORMAT => read::<Span>(text),
        BIT_RATE_FORMAT => read::<BitRate>(text),
        BYTES_FORMAT => read::<Bytes>(text),
        TIME_OF_DAY_FORMAT => read::<TimeOfDay>(text),
        DATE_FORMAT => read::<Date>(text),
        DATE_TIME_FORMAT => read::<DateTime>(text),
        execute_at::EXECUTE_AT_FORMAT => read::<ExecuteAt>(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: FromStr<Err = String> + fmt::Display + PartialEq + fmt::Debug>(
        text: &str,
        written: &str,
    ) {
        let value: T = text.parse().unwrap();
        assert_eq!(value.to_string(), written, "{text}");
        assert_eq!(value.to_string().parse::<T>().unwrap(), value, "{text}");
    }

    #[test]
    fn quantities_are_read_exactly_and_written_so_that_they_read_back() {
        for (text, written) in [
            ("50ms", "50ms"),
            ("1h", "1h"),
            ("2d", "2d"),
            ("1.5h", "90min"),
            ("0s", "0us"),
            ("1_800 s", "30min"),
            ("7µs", "7us"),
        ] {
            round_trip::<Span>(text, written);
        }
        for (text, written) in [
            ("20kbit/s", "20kbit/s"),
            ("9600bit/s", "9600bit/s"),
            ("0.2Mbit/s", "200kbit/s"),
        ] {
            round_trip::<BitRate>(text, written);
        }
        for (text, written) in [
            ("24B", "24B"),
            ("64KiB", "64KiB"),
            ("1.5kB", "1500B"),
            ("2048B", "2KiB"),
        ] {
            round_trip::<Bytes>(text, written);
        }
        assert_eq!(
            "9999-12-09T10:00:00Z".parse::<DateTime>().unwrap().next_month(),
            None
        );
        for text in ["1970-01-01", "2021-06-30", "2024-02-29"] {
            round_trip::<Date>(text, text);
        }
        for text in [
            "2021-06-31",
            "2021-6-30",
            "1969-12-31",
            "2021-06-30T10:00:00",
            "June",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for (text, next) in [
            ("2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"),
            ("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"),
            ("2023-12-09T10:00:00Z", "2024-01-01T00:00:00Z"),
        ] {
            let found = text.parse::<DateTime>().unwrap().next_month();
            assert_eq!(found.unwrap().to_string(), next);
        }
        for (text, written) in [
            ("00:30", "00:30"),
            ("23:59:30", "23:59:30"),
            ("00:00:00", "00:00"),
        ] {
            round_trip::<TimeOfDay>(text, written);
        }
        round_trip::<DateTime>("2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z");
        round_trip::<DateTime>("2026-04-01T01:00:00+01:00", "2026-04-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_the_units_to_write() {
        for wrong in [
            "",
            "5",
            "5 minutes",
            "ms",
            "-5s",
            "1.s",
            ".5s",
            "0.1us",
            "99999999999999d",
            "1e3s",
        ] {
            let problem = wrong.parse::<Span>().unwrap_err();
            assert!(problem.contains("us, ms, s, min, h, d"), "{problem}");
        }
        assert!("20kb/s".parse::<BitRate>().is_err());
        assert!("24 octets".parse::<Bytes>().is_err());
        for wrong in ["24:00", "7:30", "12", "12:60", "12:00:61", "ab:cd"] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
        for wrong in [
            "2026-04-01",
            "2026-04-01T00:00:00",
            "1969-12-31T23:59:59Z",
            "2026-04-01T00:00:00.5Z",
        ] {
            assert!(wrong.parse::<DateTime>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn octets_take_their_time_on_the_wire() {
        assert_eq!(
            BitRate::from_bits_per_second(20_000).transmission_time(250),
            SimDuration::from_millis(100)
        );
    }
}
