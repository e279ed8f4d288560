//! Requests that come while a run goes on: how a User is given one, and what is known of it afterwards.
//!
//! Each takes place at an emulated time that nobody has been promised to be free of it, and from then on is a
//! [single request](RequestParams) of the scenario: a run of the scenario with them gives the same results.
//!
//! Not here: what sending one means (the User); how it gets there (the control plane).

use crate::scenario::RequestParams;
use crate::units::Span;
use secnet_model::SimTime;
use serde::{Deserialize, Serialize};

/// A node that can be given requests from outside the network. Only Users can.
pub trait TakesRequests {
    /// Takes `request`, to be sent at its time, or at `earliest` where that is later. The error says why it cannot be.
    fn take_request(&mut self, request: RequestParams, _earliest: SimTime) -> Result<TakenRequest, String> {
        Err(format!("`{}` is not played by this node", request.from))
    }

    /// All that were taken, in that order.
    fn requests_taken(&self) -> Vec<TakenRequest> {
        Vec::new()
    }
}

/// What became of a request so far.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenRequest {
    /// Its place among those its User has taken, from 1.
    pub number: u32,
    /// As it is, or was, sent: `at` is when.
    pub request: RequestParams,
    /// `originator:target:counter`, once it has been sent.
    pub id: Option<String>,
    pub ended: Option<EndedRequest>,
}

/// How a request ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedRequest {
    /// After the epoch.
    pub at: Span,
    /// As the ledger names it: `completed`, `refused` …
    pub outcome: String,
    /// `I0`, `E5` …
    pub code: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// The key that gives a request its time; from outside it may be left out: as soon as it can be.
const AT: &str = "at";
const EXAMPLE: &str = r#"{"from": "OVO", "srv": "4.1.1", "premises": 1274}"#;

/// Reads a request as JSON has it, with the keys of a scenario's `[[requests]]`; without `at` it is sent as soon as it can be.
pub fn parse_request(text: &[u8]) -> Result<RequestParams, String> {
    let wrong = |error: serde_json::Error| format!("not a request: {error}");
    let mut value: serde_json::Value = serde_json::from_slice(text).map_err(wrong)?;
    let Some(table) = value.as_object_mut() else {
        return Err(format!("not a request: it is to look like {EXAMPLE}"));
    };
    let at = table.entry(AT).or_insert(serde_json::Value::Null);
    if at.is_null() {
        *at = Span::default().to_string().into();
    }
    serde_json::from_value(value).map_err(wrong)
}

impl TakenRequest {
    /// From when to when, as far as it has got.
    pub fn response_time(&self) -> Option<Span> {
        let ended = self.ended.as_ref()?;
        let micros = ended.at.as_micros().saturating_sub(self.request.at.as_micros());
        Some(Span::from_micros(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_a_scenario_has_it() {
        let read = parse_request(br#"{"from":"OVO","srv":"4.1.1","premises":1274,"device":"ESME"}"#).unwrap();
        assert_eq!((read.at, read.premises), (Span::default(), Some(1274)));
        let timed = parse_request(br#"{"from":"OVO","srv":"2.1","at":"1.5h"}"#).unwrap();
        assert_eq!(timed.at, Span::from_secs(5_400));
    }

    #[test]
    fn what_is_no_request_is_named() {
        let rows: [(&[u8], &str); 4] = [
            (b"read it", "not a request: expected value at line 1 column 1"),
            (b"[]", "not a request: it is to look like {"),
            (br#"{"from":"OVO"}"#, "not a request: missing field `srv`"),
            (
                br#"{"from":"OVO","srv":"4.1.1","device":"TOASTER"}"#,
                "not a request: ",
            ),
        ];
        for (text, expected) in rows {
            let error = parse_request(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
