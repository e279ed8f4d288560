//! The traces of a run: what its nodes told of sampled items, put into words, in one order and with one digest.
//!
//! `traces.jsonl` in the run folder begins with a line about the whole and goes on with one span a line, by trace and
//! emulated time. No driver, sharding or hosting may change it.

pub mod items;
mod rendering;

pub use rendering::{Selection, render};

use crate::digest::digest;
use secnet_engine::trace::{SpanId, TraceBook, TraceId};
use secnet_engine::{NodeIndex, Outcome, Span, Step, Subject};
use secnet_model::{DeviceId, Eui64, Region, UserId};
use secnet_topology::timeline::{Moment, Place};
use secnet_topology::{Layout, NodeKind, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// All spans of a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Traces {
    /// By trace, then in the order of emulated time.
    pub spans: Vec<SpanRecord>,
    /// Spans that did not fit `tracing.spans_max`.
    pub dropped: u64,
}

/// The first line of `traces.jsonl`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TracesSummary {
    pub digest: String,
    pub traces: usize,
    pub spans: usize,
    pub dropped: u64,
}

/// A span as files and exporters have it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpanRecord {
    #[serde(with = "hexadecimal::trace")]
    pub trace: TraceId,
    #[serde(with = "hexadecimal::span")]
    pub span: SpanId,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "hexadecimal::parent"
    )]
    pub parent: Option<SpanId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkRecord>,
    /// Whose step it was: `dsp`, `csp-north`, `supplier-e-on-next`, `premises-north`.
    pub participant: String,
    pub name: String,
    /// Emulated time since the scenario's epoch.
    pub begin_us: u64,
    pub end_us: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    pub attributes: Attributes,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkRecord {
    #[serde(with = "hexadecimal::trace")]
    pub trace: TraceId,
    #[serde(with = "hexadecimal::span")]
    pub span: SpanId,
}

/// What a span says besides its name. Exporters put `secnet.` before each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attributes {
    /// `originator:target:counter`, as DUIS writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub srv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub premises: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u32>,
    /// Which attempt, or how many transmissions it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Names of the events of the timeline that went on during the step, where it was taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    #[error("line {line}: {problem}")]
    Line { line: usize, problem: serde_json::Error },
    #[error("it is empty")]
    Empty,
    #[error("its content has the digest {found}, not the {stated} it states")]
    Changed { stated: String, found: String },
}

impl Traces {
    pub fn new(world: &World, layout: &Layout, book: TraceBook) -> Traces {
        let describe = |(node, span): &(NodeIndex, Span)| SpanRecord::new(world, layout, *node, span);
        let mut spans: Vec<SpanRecord> = book.spans.iter().map(describe).collect();
        spans.sort_by_key(|span| (span.trace, span.begin_us, span.end_us, span.span));
        Traces {
            spans,
            dropped: book.dropped,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.dropped == 0
    }

    pub fn summary(&self) -> TracesSummary {
        let traces: BTreeSet<TraceId> = self.spans.iter().map(|span| span.trace).collect();
        TracesSummary {
            digest: digest(&self.spans),
            traces: traces.len(),
            spans: self.spans.len(),
            dropped: self.dropped,
        }
    }

    /// The spans of one item at a time, in the order of the trace ids.
    pub fn trees(&self) -> impl Iterator<Item = &[SpanRecord]> {
        self.spans.chunk_by(|a, b| a.trace == b.trace)
    }

    pub fn to_lines(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(&self.summary())?;
        text.push('\n');
        for span in &self.spans {
            let _ = writeln!(text, "{}", serde_json::to_string(span)?);
        }
        Ok(text)
    }

    pub fn parse(text: &str) -> Result<Traces, TracesError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or(TracesError::Empty)?;
        let stated: TracesSummary = parse_line(0, first)?;
        let spans: Result<Vec<SpanRecord>, TracesError> =
            lines.map(|(line, text)| parse_line(line, text)).collect();
        let traces = Traces {
            spans: spans?,
            dropped: stated.dropped,
        };
        let found = traces.summary().digest;
        if found != stated.digest {
            let stated = stated.digest;
            return Err(TracesError::Changed { stated, found });
        }
        Ok(traces)
    }
}

fn parse_line<T: serde::de::DeserializeOwned>(line: usize, text: &str) -> Result<T, TracesError> {
    serde_json::from_str(text).map_err(|problem| TracesError::Line {
        line: line + 1,
        problem,
    })
}

impl SpanRecord {
    pub fn new(world: &World, layout: &Layout, node: NodeIndex, span: &Span) -> SpanRecord {
        SpanRecord {
            trace: span.trace,
            span: span.id,
            parent: span.parent,
            link: span.link.map(|link| LinkRecord {
                trace: link.trace,
                span: link.span,
            }),
            participant: participant(layout, node),
            name: name_of(span),
            begin_us: span.begin.0,
            end_us: span.end.0,
            failed: span.failed,
            attributes: Attributes::new(world, layout.kinds.get(node.index()), span),
        }
    }

    pub fn is_root(&self) -> bool {
        self.parent.is_none()
    }
}

/// Of an item's spans: from the first beginning to the last end.
fn duration(tree: &[SpanRecord]) -> u64 {
    let begin = tree.iter().map(|span| span.begin_us).min().unwrap_or(0);
    let end = tree.iter().map(|span| span.end_us).max().unwrap_or(0);
    end - begin
}

/// The participant a node is, or is a part of: shards are hosting alone.
pub fn participant(layout: &Layout, node: NodeIndex) -> String {
    match layout.kinds.get(node.index()) {
        Some(NodeKind::Premises { region, .. }) => format!("premises-{region}"),
        Some(_) => layout.network.name(node).to_owned(),
        None => format!("node-{}", node.index()),
    }
}

fn name_of(span: &Span) -> String {
    if span.step != Step::Item {
        return span.step.name().to_owned();
    }
    match span.subject {
        Subject::Request { srv, .. } => format!("{srv} {}", srv.entry().name),
        Subject::ScheduledRead { srv, .. } => format!("{srv} {}, scheduled", srv.entry().name),
        Subject::DeviceAlert { alert, .. } => format!("device alert {}", alert.entry().code),
        Subject::DccAlert { .. } => "DCC alert".to_owned(),
    }
}

fn moment(node: NodeKind, span: &Span) -> Moment {
    let (user, device) = match span.subject {
        Subject::Request { id, .. } | Subject::ScheduledRead { id, .. } => {
            (Some(id.originator), id.target.device())
        }
        Subject::DeviceAlert { device, .. } => (None, Some(device)),
        Subject::DccAlert { user, about, .. } => (Some(user), about.device()),
    };
    Moment {
        step: span.step,
        place: match node {
            NodeKind::Dsp => Place::Dsp,
            NodeKind::Csp(region) => Place::Provider(region),
            NodeKind::S1sp => Place::Provider(Region::Smets1),
            NodeKind::User(_) => Place::User,
            NodeKind::Premises { .. } => Place::Premises,
        },
        user: user.or(span.user),
        device,
        begin: span.begin,
        end: span.end,
    }
}

impl Attributes {
    fn new(world: &World, node: Option<&NodeKind>, span: &Span) -> Attributes {
        let user = |user: UserId| world.user(user).map(|entry| entry.name.clone());
        let mut attributes = match span.subject {
            Subject::Request { id, srv } | Subject::ScheduledRead { id, srv } => Attributes {
                request_id: Some(id.to_string()),
                srv: Some(srv.number().to_owned()),
                user: user(id.originator),
                ..Attributes::about(world, id.target)
            },
            Subject::DeviceAlert { device, alert, .. } => Attributes {
                alert: Some(alert.entry().code.to_owned()),
                ..Attributes::about(world, device.eui64())
            },
            Subject::DccAlert { user: to, about, .. } => Attributes {
                user: user(to),
                ..Attributes::about(world, about)
            },
        };
        attributes.response_code = span.code.map(|code| code.code().to_owned());
        attributes.outcome = span.outcome.map(|outcome: Outcome| outcome.name().to_owned());
        attributes.bytes = (span.bytes > 0).then_some(span.bytes);
        attributes.count = (span.count > 0).then_some(span.count);
        attributes.user = attributes.user.or_else(|| span.user.and_then(user));
        if let Some(node) = node {
            let met = world.timeline.met_by(&world.population, moment(*node, span));
            attributes.events = met.map(str::to_owned).collect();
        }
        attributes
    }

    fn about(world: &World, target: Eui64) -> Attributes {
        let Some(DeviceId {
            premises,
            device_type,
        }) = target.device()
        else {
            return Attributes::default();
        };
        let is_known = premises.0 < world.population.premises_count();
        Attributes {
            region: is_known.then(|| world.population.region_of(premises).to_string()),
            device_type: Some(format!("{device_type:?}").to_uppercase()),
            premises: Some(premises.0),
            ..Attributes::default()
        }
    }

    /// Those there are, with the names exporters give them.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let all = [
            ("secnet.request_id", self.request_id.clone()),
            ("secnet.srv", self.srv.clone()),
            ("secnet.alert", self.alert.clone()),
            ("secnet.user", self.user.clone()),
            ("secnet.region", self.region.clone()),
            ("secnet.device_type", self.device_type.clone()),
            ("secnet.premises", number(self.premises)),
            ("secnet.response_code", self.response_code.clone()),
            ("secnet.outcome", self.outcome.clone()),
            ("secnet.bytes", number(self.bytes)),
            ("secnet.count", number(self.count)),
            (
                "secnet.events",
                (!self.events.is_empty()).then(|| self.events.join(", ")),
            ),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// Ids as the texts everybody else writes.
mod hexadecimal {
    macro_rules! hexadecimal {
        ($name:ident, $Id:ident, $Bits:ty) => {
            pub(super) mod $name {
                use secnet_engine::trace::$Id;
                use serde::{Deserialize, Deserializer, Serializer, de};

                pub(crate) fn serialize<S: Serializer>(id: &$Id, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(id)
                }

                pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<$Id, D::Error> {
                    let text = String::deserialize(deserializer)?;
                    <$Bits>::from_str_radix(&text, 16)
                        .map($Id)
                        .map_err(|problem| de::Error::custom(format!("`{text}` is no id: {problem}")))
                }
            }
        };
    }
    hexadecimal!(trace, TraceId, u128);
    hexadecimal!(span, SpanId, u64);

    pub(super) mod parent {
        use secnet_engine::trace::SpanId;
        use serde::{Deserializer, Serializer};

        pub(crate) fn serialize<S: Serializer>(
            id: &Option<SpanId>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match id {
                Some(id) => super::span::serialize(id, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<SpanId>, D::Error> {
            super::span::deserialize(deserializer).map(Some)
        }
    }
}
