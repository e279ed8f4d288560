//! Quantities and moments as a scenario writes them: text, checked when read, exact when written back.

mod execute_at;
mod moments;
mod quantities;

pub use execute_at::ExecuteAt;
pub use moments::{Date, DateTime, TimeOfDay};
pub use quantities::{BitRate, Bytes, Span};

use core::fmt;
use core::str::FromStr;
use serde::de::{self, MapAccess, Visitor};

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

/// What is wrong with `text` as the kind of quantity a schema calls `format`, if anything is.
pub(crate) fn problem(format: &str, text: &str) -> Option<String> {
    fn read<T: FromStr<Err = String>>(text: &str) -> Option<String> {
        text.parse::<T>().err()
    }
    match format {
        quantities::SPAN_FORMAT => read::<Span>(text),
        quantities::BIT_RATE_FORMAT => read::<BitRate>(text),
        quantities::BYTES_FORMAT => read::<Bytes>(text),
        moments::TIME_OF_DAY_FORMAT => read::<TimeOfDay>(text),
        moments::DATE_FORMAT => read::<Date>(text),
        moments::DATE_TIME_FORMAT => read::<DateTime>(text),
        execute_at::EXECUTE_AT_FORMAT => read::<ExecuteAt>(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::SimDuration;

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
