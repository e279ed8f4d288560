//! Traces: what participants say of the steps a sampled item takes through the network.
//!
//! A span is a step with its emulated beginning and end. Its id, its parent's and the trace's are functions of seed, item
//! and step, so that no participant needs to be told them and every driver gives the same tree. Spans go out through the
//! [`Outbox`](crate::Outbox) and never come back: nothing a participant does depends on them.
//!
//! Not here: which items are sampled (the scenario says), names and attributes for readers, files, exporters.

use crate::draw::{Draws, Stream};
use crate::ledger::{Outcome, named_enum};
use crate::network::NodeIndex;
use core::fmt;
use secnet_model::{AlertCode, DeviceId, Eui64, RequestId, ResponseCode, SimTime, Srv, UserId};
use serde::{Deserialize, Serialize};

const TRACE: Stream = Stream::named("trace");
const SPAN: Stream = Stream::named("span");

/// 128 bits, never 0, as OpenTelemetry has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TraceId(pub u128);

/// 64 bits, never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SpanId(pub u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The item a trace is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Subject {
    /// A User's request.
    Request {
        /// Which.
        id: RequestId,
        /// What it asks for.
        srv: Srv,
    },
    /// A reading of a schedule; the counter is the DSP's.
    ScheduledRead {
        /// Which.
        id: RequestId,
        /// What is read.
        srv: Srv,
    },
    /// A device's alert.
    DeviceAlert {
        /// The device that raised it.
        device: DeviceId,
        /// Its code.
        alert: AlertCode,
        /// Tells the device's alerts apart.
        number: u32,
    },
    /// An alert of the DCC's own.
    DccAlert {
        /// Who is told.
        user: UserId,
        /// The device it is about.
        about: Eui64,
        /// Tells the DCC's alerts apart.
        number: u64,
    },
}

named_enum! {
    /// What an item goes through, in about this order.
    Step {
        /// The whole of it: the root of its tree.
        Item => "item",
        /// A web service call of the User's, until it is answered.
        Submission => "submission",
        /// User → DSP.
        ToDsp => "user to dsp",
        /// The User waits before it tries again.
        BackOff => "back-off",
        /// The User compares the pre-command with its request and signs it.
        Signing => "correlate and sign",
        /// Traffic management looks at the request (SECMP0067).
        TrafficManagement => "traffic management",
        /// Waits for one of the DSP's servers.
        DspQueue => "dsp queue",
        /// The DSP looks whether the request may be served.
        AccessControl => "access control",
        /// DSP → User: the answer within the web service call.
        Acknowledgement => "acknowledgement",
        /// Kept by anomaly detection (SECMP0008).
        Quarantine => "quarantine",
        /// Future-dated and kept by the DSP until its time.
        HeldByDsp => "held by dsp",
        /// From the DSP's sending a command until it has the answer or has given it up.
        Command => "command",
        /// Transformed, then DSP → CSP.
        ToCsp => "transform, dsp to csp",
        /// Waits in the cell's downlink queue.
        DownlinkQueue => "downlink queue",
        /// The transmission to the premises.
        Downlink => "downlink",
        /// The SM WAN's latency to the communications hub.
        ToHub => "wan to hub",
        /// The hub keeps it until the device fetches it.
        Hub => "hub",
        /// HAN and the device's own processing.
        Device => "han and device",
        /// Future-dated and kept by the device until its time.
        HeldByDevice => "held by device",
        /// The SM WAN's latency to the cell.
        ToCell => "hub to wan",
        /// Waits in the cell's uplink queue.
        UplinkQueue => "uplink queue",
        /// The transmission from the premises.
        Uplink => "uplink",
        /// CSP → DSP.
        FromCsp => "csp to dsp",
        /// The SM WAN could not deliver it.
        Undeliverable => "undeliverable",
        /// The DSP finds the request the answer belongs to, or the alert's recipient.
        Correlation => "correlation",
        /// DSP → User.
        Delivery => "delivery",
        /// The User has it.
        Receipt => "receipt",
        /// It is ready to go to the DSP or to the User, and waits for the User's gateway to open, or because a Modification says
        /// so. New steps come after it, so that the identifiers of the others stay what they were.
        Kept => "kept",
        /// The S1SP wakes the communications hub by a short message.
        WakeUp => "wake-up",
        /// The Dual Control Organisation checks a critical request.
        DualControl => "dual control",
    }
}

/// Another item's trace that one came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpanLink {
    /// The trace it is in.
    pub trace: TraceId,
    /// The span itself.
    pub span: SpanId,
}

/// One step of a sampled item, with its emulated beginning and end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// The item's trace.
    pub trace: TraceId,
    /// Its own identifier.
    pub id: SpanId,
    /// `None` for a root.
    pub parent: Option<SpanId>,
    /// Another span it follows from.
    pub link: Option<SpanLink>,
    /// The item.
    pub subject: Subject,
    /// The User it was done for, where the item does not say it.
    pub user: Option<UserId>,
    /// What was done.
    pub step: Step,
    /// When it began.
    pub begin: SimTime,
    /// When it ended.
    pub end: SimTime,
    /// Whether it did not do what it was for.
    pub failed: bool,
    /// The response code it ended with, where it has one.
    pub code: Option<ResponseCode>,
    /// The outcome it closed its item with, where it did.
    pub outcome: Option<Outcome>,
    /// Size of the message, where the step has one.
    pub bytes: u32,
    /// Which of several: attempts, transmissions; 0 where there is one.
    pub count: u32,
}

/// A sampled item's trace, with which its participants write spans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Its identifier, a function of seed and item.
    pub id: TraceId,
    /// The item.
    pub subject: Subject,
}

impl Trace {
    /// The trace of an item.
    pub fn new(draws: Draws, subject: Subject) -> Trace {
        let (what, id, n) = match subject {
            Subject::Request { id, .. } | Subject::ScheduledRead { id, .. } => {
                let [request, target] = id.identity();
                (0, request, target)
            }
            Subject::DeviceAlert { device, number, .. } => {
                let [device, number] = device.alert_identity(number);
                (1, device, number)
            }
            Subject::DccAlert { about, number, .. } => (2, about.0, number),
        };
        let half = |half: u64| u128::from(draws.bits(TRACE.variant(what * 2 + half), id, n));
        Trace {
            id: TraceId((half(0) << 64 | half(1)).max(1)),
            subject,
        }
    }

    /// The only span of that step.
    // Out of line, as all that is done for sampled items alone: what it would cost the others is registers and code.
    #[cold]
    #[inline(never)]
    pub fn span(self, step: Step, begin: SimTime, end: SimTime) -> Span {
        self.nth(step, 0, begin, end)
    }

    /// The span of a step that is taken more than once: `n` tells this one from the others.
    #[cold]
    #[inline(never)]
    pub fn nth(self, step: Step, n: u64, begin: SimTime, end: SimTime) -> Span {
        Span {
            trace: self.id,
            id: self.id_of(step, n),
            parent: self.parent_of(step).map(|parent| self.id_of(parent, 0)),
            link: None,
            subject: self.subject,
            user: None,
            step,
            begin,
            end,
            failed: false,
            code: None,
            outcome: None,
            bytes: 0,
            count: 0,
        }
    }

    /// The identifier of the item's `n`-th step of that kind.
    pub fn id_of(self, step: Step, n: u64) -> SpanId {
        SpanId(Draws::new(self.id.0 as u64).bits(SPAN, step as u64, n).max(1))
    }

    /// A link to the item's `n`-th step of that kind.
    pub fn link_to(self, step: Step, n: u64) -> SpanLink {
        SpanLink {
            trace: self.id,
            span: self.id_of(step, n),
        }
    }

    /// What lies between the DSP and the device belongs to the command; alerts have none.
    fn parent_of(self, step: Step) -> Option<Step> {
        let is_alert = matches!(
            self.subject,
            Subject::DeviceAlert { .. } | Subject::DccAlert { .. }
        );
        match step {
            Step::Item => None,
            Step::ToCsp
            | Step::DownlinkQueue
            | Step::Downlink
            | Step::ToHub
            | Step::Hub
            | Step::Device
            | Step::HeldByDevice
            | Step::ToCell
            | Step::UplinkQueue
            | Step::Uplink
            | Step::FromCsp
            | Step::Undeliverable
            | Step::Correlation
            | Step::WakeUp
            | Step::DualControl
                if !is_alert =>
            {
                Some(Step::Command)
            }
            _ => Some(Step::Item),
        }
    }
}

impl Span {
    /// A child of the `n`-th span of another step instead of the usual one.
    pub fn under(mut self, trace: Trace, step: Step, n: u64) -> Span {
        self.parent = Some(trace.id_of(step, n));
        self
    }

    /// Links it to another span.
    pub fn linked(mut self, link: Option<SpanLink>) -> Span {
        self.link = link;
        self
    }

    /// Says whether it failed.
    pub fn failed_if(mut self, failed: bool) -> Span {
        self.failed = failed;
        self
    }

    /// Says whom it was done for.
    pub fn for_user(mut self, user: UserId) -> Span {
        self.user = Some(user);
        self
    }

    /// With the answer's code; failed unless it is one of success.
    pub fn answered(mut self, code: ResponseCode) -> Span {
        self.code = Some(code);
        self.failed = !code.is_success();
        self
    }

    /// Says that it closed its item with an outcome.
    pub fn ended(mut self, outcome: Outcome) -> Span {
        self.outcome = Some(outcome);
        self.failed = !outcome.is_success();
        self
    }

    /// Says how many octets it moved.
    pub fn bytes(mut self, bytes: u32) -> Span {
        self.bytes = bytes;
        self
    }

    /// Says how often it was done.
    pub fn count(mut self, count: u32) -> Span {
        self.count = count;
        self
    }
}

/// Spans as they are told, up to a number that fits the memory; what is told beyond it is counted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TraceBook {
    /// What was kept, with the node that told it.
    pub spans: Vec<(NodeIndex, Span)>,
    /// How many did not fit.
    pub dropped: u64,
    max: usize,
}

impl TraceBook {
    /// Keeps at most so many spans.
    pub fn new(max: usize) -> TraceBook {
        TraceBook {
            max,
            ..TraceBook::default()
        }
    }

    /// Keeps what there is room for, and counts the rest.
    pub fn keep(&mut self, spans: impl IntoIterator<Item = (NodeIndex, Span)>) {
        for span in spans {
            if self.spans.len() < self.max {
                self.spans.push(span);
            } else {
                self.dropped += 1;
            }
        }
    }

    /// Adds what another book kept and dropped, whatever this one's limit.
    pub fn append(&mut self, other: TraceBook) {
        self.spans.extend(other.spans);
        self.dropped += other.dropped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{DeviceType, PremisesId};
    use std::collections::BTreeSet;

    fn request(originator: u16, counter: u64) -> Subject {
        Subject::Request {
            id: RequestId {
                originator: UserId(originator),
                target: PremisesId(7).device(DeviceType::Esme).eui64(),
                counter,
            },
            srv: Srv::all().next().unwrap(),
        }
    }

    #[test]
    fn ids_are_functions_of_seed_item_and_step_and_tell_them_apart() {
        let mut traces = BTreeSet::new();
        let mut spans = BTreeSet::new();
        for seed in 0..3 {
            for originator in 0..5 {
                for counter in 0..20 {
                    let trace = Trace::new(Draws::new(seed), request(originator, counter));
                    assert_eq!(trace, Trace::new(Draws::new(seed), request(originator, counter)));
                    assert!(traces.insert(trace.id));
                    for (step, n) in [(Step::Item, 0), (Step::Submission, 0), (Step::Submission, 1)] {
                        assert!(spans.insert(trace.id_of(step, n)));
                    }
                }
            }
        }
    }

    #[test]
    fn what_lies_behind_the_dsp_belongs_to_the_command_and_an_alert_has_none() {
        let trace = Trace::new(Draws::new(1), request(1, 1));
        let at = SimTime::ZERO;
        assert_eq!(trace.span(Step::Item, at, at).parent, None);
        let parent = |step| trace.span(step, at, at).parent;
        assert_eq!(parent(Step::Command), Some(trace.id_of(Step::Item, 0)));
        assert_eq!(parent(Step::ToHub), Some(trace.id_of(Step::Command, 0)));
        let alert = Trace::new(
            Draws::new(1),
            Subject::DeviceAlert {
                device: PremisesId(7).device(DeviceType::Esme),
                alert: AlertCode::future_dated_failed(),
                number: 1,
            },
        );
        assert_eq!(
            alert.span(Step::Uplink, at, at).parent,
            Some(alert.id_of(Step::Item, 0))
        );
    }
}
