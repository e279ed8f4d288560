//! The messages of the network, in the order a service request meets them. All are small and `Copy`;
//! payloads are carried by their size alone.

use secnet_engine::{Carries, ItemKind};
use secnet_model::{
    AlertCode, CommandVariant, DccAlertCode, DeviceId, Eui64, RequestId, ResponseCode, Role, SimTime, Srv,
    UserId, WebService,
};
use serde::{Deserialize, Serialize};

/// What one participant says to another. Its variants' order is part of the wire format: a new one goes to the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Message {
    /// User → DSP: a service request or a signed pre-command.
    ServiceRequest(ServiceRequest),
    /// DSP → User: the answer within the web service call.
    Acknowledgement(Acknowledgement),
    /// DSP → CSP → premises.
    Command(Command),
    /// CSP → DSP: a command the SM WAN could not deliver.
    Undeliverable(Undeliverable),
    /// Premises → CSP → DSP.
    DeviceResponse(DeviceResponse),
    /// DSP → User: the response pushed to the User's Receive Response service.
    ServiceResponse(ServiceResponse),
    /// Premises → CSP → DSP → User.
    DeviceAlert(DeviceAlert),
    /// DSP → User.
    DccAlert(DccAlert),
    /// DSP → User: a copy of what came in before, as the gateway closed before the DSP could know that it had.
    PushedAgain(Pushed),
    /// DSP → User: a device alert that goes to another User first.
    AlertCopy(AlertCopy),
    /// DSP → CSP → premises: a firmware image for a device.
    Image(Image),
    /// CSP → DSP: what became of an image on the SM WAN.
    ImageReport(ImageReport),
    /// DSP → User: a device for which an image was refused. With the acknowledgement they are the answer to 11.1.
    ImageWarning(ImageWarning),
}

/// What the DSP pushes to a User.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pushed {
    /// The outcome of a request or of a scheduled read.
    Response(ServiceResponse),
    /// An alert a device raised, as the CSP brought it or consolidated (SECMP0062).
    DeviceAlert(DeviceAlert),
    /// An alert the DSP raised itself.
    DccAlert(DccAlert),
    /// A device's alert for a second User.
    AlertCopy(AlertCopy),
}

/// A device alert for a User other than the first it goes to: one item, several deliveries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AlertCopy(pub DeviceAlert);

macro_rules! is_pushed {
    ($($Type:ident as $Variant:ident),*) => {
        $(
            impl From<$Type> for Pushed {
                #[inline]
                fn from(pushed: $Type) -> Pushed {
                    Pushed::$Variant(pushed)
                }
            }

            impl From<$Type> for Message {
                #[inline]
                fn from(pushed: $Type) -> Message {
                    Message::$Type(pushed)
                }
            }
        )*
    };
}

is_pushed!(
    ServiceResponse as Response,
    DeviceAlert as DeviceAlert,
    DccAlert as DccAlert,
    AlertCopy as AlertCopy
);

impl From<Pushed> for Message {
    fn from(pushed: Pushed) -> Message {
        match pushed {
            Pushed::Response(response) => Message::ServiceResponse(response),
            Pushed::DeviceAlert(alert) => Message::DeviceAlert(alert),
            Pushed::DccAlert(alert) => Message::DccAlert(alert),
            Pushed::AlertCopy(copy) => Message::AlertCopy(copy),
        }
    }
}

/// A User's call of one of the DCC's three web services (domain.md §2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceRequest {
    /// Also names the device or, with a non-device service, the DCC.
    pub id: RequestId,
    /// The service asked for.
    pub srv: Srv,
    /// How the command is delivered, and whether this is the signed pre-command (domain.md §2.2).
    pub variant: CommandVariant,
    /// The URL it was posted to; E13 when it is not the variant's.
    pub service: WebService,
    /// The role the User claims.
    pub role: Role,
    /// DUIS payload size; with 5.1 it stands for the schedule's whole content.
    pub bytes: u32,
    /// On demand, future-dated, or which daily schedule it is about.
    pub timing: Timing,
}

/// When the service is to be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Timing {
    /// On demand.
    Now,
    /// Future-dated, to that many seconds after the scenario's epoch: execution times are whole seconds.
    At {
        /// Seconds after the scenario's epoch.
        seconds: u32,
    },
    /// 5.1 to 5.3 are about the DSP's daily reading with this service request.
    Daily {
        /// What the DSP reads; not the 5.1, 5.2 or 5.3 itself.
        srv: Srv,
    },
    /// 11.1 and 11.4 list the devices of a firmware campaign's batch, and bring its image.
    Images {
        /// By number in the scenario.
        campaign: u16,
        /// By number in the User's part of the campaign.
        batch: u16,
    },
}

impl Timing {
    /// Future-dated to the first whole second at which it is `wished` or later.
    pub fn at(wished: SimTime) -> Timing {
        let seconds = wished.as_micros().div_ceil(1_000_000);
        Timing::At {
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        }
    }

    /// When it is to be executed; `None` unless it is future-dated.
    pub fn execution(self) -> Option<SimTime> {
        match self {
            Timing::At { seconds } => Some(SimTime::from_secs(u64::from(seconds))),
            Timing::Now | Timing::Daily { .. } | Timing::Images { .. } => None,
        }
    }

    /// What the DSP is to read daily; `None` where no schedule is named.
    pub const fn daily(self) -> Option<Srv> {
        match self {
            Timing::Daily { srv } => Some(srv),
            Timing::Now | Timing::At { .. } | Timing::Images { .. } => None,
        }
    }
}

/// The DSP's answer to one [`ServiceRequest`], whether or not a response follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// That of the request.
    pub id: RequestId,
    /// That of the request.
    pub srv: Srv,
    /// Accepted, answered in full, refused or turned away.
    pub answer: Answer,
}

/// What the DSP says within the web service call (domain.md §2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// I99: access control passed, a response will follow.
    Accepted,
    /// The whole answer to a non-device service, or the command for local delivery. `I0`.
    Done {
        /// DUIS response size.
        bytes: u32,
    },
    /// CV4: the pre-command to compare and sign.
    PreCommand {
        /// What the DSP transformed: the User compares it with what it asked for.
        srv: Srv,
        /// GBCS command size less signature and MAC (domain.md §1).
        bytes: u32,
    },
    /// E1–E19.
    Refused(ResponseCode),
    /// 503-like: the DSP is overloaded; not before `retry_after_ms` from now.
    Busy {
        /// Milliseconds.
        retry_after_ms: u32,
    },
    /// 503-like: the User is above its allocation (SECMP0067); not before `retry_after_ms` from now.
    Throttled {
        /// Milliseconds.
        retry_after_ms: u32,
    },
}

impl Answer {
    /// The response code that stands for it (domain.md §2.3); Busy and Throttled are not in DUIS and stand for HTTP 503.
    pub const fn code(&self) -> ResponseCode {
        match self {
            Answer::Accepted => ResponseCode::I99,
            Answer::Done { .. } | Answer::PreCommand { .. } => ResponseCode::I0,
            Answer::Refused(code) => *code,
            Answer::Busy { .. } => ResponseCode::Busy,
            Answer::Throttled { .. } => ResponseCode::Throttled,
        }
    }
}

/// What made the DSP send a command; it decides the time-out and its response code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CommandOrigin {
    /// A request to be carried out at once; no answer in time is E21.
    OnDemand,
    /// Future-dated and held by the DSP until now.
    HeldByDsp,
    /// Future-dated, to be held by the device.
    HeldByDevice,
    /// A schedule of the DSP's; no answer in time is E31.
    Scheduled,
}

/// A GBCS command on its way to a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// For a scheduled read the originator is the schedule's owner and the counter the DSP's.
    pub id: RequestId,
    /// The service it carries out.
    pub srv: Srv,
    /// Whether it was asked for now, held or scheduled.
    pub origin: CommandOrigin,
    /// 0 is the most urgent of the CSPs' priority classes.
    pub priority: u8,
    /// The DSP's own reference, handed back with the response.
    pub correlation: u32,
    /// GBCS command size on the WAN.
    pub bytes: u32,
    /// `At` for what the device is to hold, `Now` for the rest.
    pub timing: Timing,
}

/// What the CSP tells the DSP of a command that it gives up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Undeliverable {
    /// That of the command.
    pub id: RequestId,
    /// That of the command, handed back.
    pub correlation: u32,
    /// Why; the User gets E20 for each of them.
    pub reason: UndeliverableReason,
}

/// Why a command did not get through the SM WAN.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum UndeliverableReason {
    /// The premises has no WAN coverage.
    NoCoverage,
    /// Every transmission was lost.
    LostOnWan,
    /// The cell's queue was full.
    QueueFull,
    /// It could not be sent for so long that the CSP has given it up.
    Expired,
}

/// What a device answers to a [`Command`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceResponse {
    /// That of the command.
    pub id: RequestId,
    /// That of the command.
    pub srv: Srv,
    /// Whether the device did what it was told.
    pub result: DeviceResult,
    /// The class of the command: the answer queues for the uplink in the same one.
    pub priority: u8,
    /// That of the command, handed back.
    pub correlation: u32,
    /// GBCS response size on the WAN.
    pub bytes: u32,
}

/// What a device made of a command. Either is an answer: the response code is I0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DeviceResult {
    /// The device did it, or took it to be done at its time.
    Success,
    /// The device answered that it would not or could not.
    Error,
}

/// How a request or scheduled read ended, pushed to the User that owns it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceResponse {
    /// That of the request; of a scheduled read the DSP's own.
    pub id: RequestId,
    /// The service it answers.
    pub srv: Srv,
    /// `Scheduled` makes it the end of a scheduled read, the rest that of a request.
    pub origin: CommandOrigin,
    /// `I0`; E20, E21, E30 or E31 where no answer came; or why the DSP withdrew what it had accepted.
    pub code: ResponseCode,
    /// What the device said; `Error` where none answered.
    pub result: DeviceResult,
    /// GBCS response size; without a device's answer that of a bare DUIS response.
    pub bytes: u32,
    /// When the DSP accepted the request, or was to carry out what it held or had scheduled.
    pub started_at: SimTime,
}

/// An alert that a device raised, or one that stands for several (SECMP0062).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceAlert {
    /// The device that raised it.
    pub device: DeviceId,
    /// What it says; its row of the alert table names the recipients (domain.md §4).
    pub alert: AlertCode,
    /// The command that it tells of (8F66, 8F67); `None` where the alert table names the recipient's kind.
    pub command: Option<OfCommand>,
    /// Counts the premises' alerts from 1.
    pub number: u32,
    /// GBCS alert size on the WAN (domain.md §1).
    pub bytes: u16,
    /// Of a consolidated alert: when the first of those it stands for was raised.
    pub raised_at: SimTime,
    /// For a consolidated alert (SECMP0062): what it stands for.
    pub throttled: Option<ThrottledAlert>,
}

/// A command that a device executed at its time: GBCS alerts name its originator and its use case.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfCommand {
    /// Whose it was.
    pub sender: UserId,
    /// What it was.
    pub srv: Srv,
}

/// DUIS `ThrottledAlertCount` and `ThrottledAlertSequenceId` (domain.md §2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThrottledAlert {
    /// Alerts that were not forwarded, besides the one that carries this.
    pub count: u32,
    /// Counts the consolidated alerts of one storm of one device and code from 1.
    pub sequence: u32,
    /// How long the first of all these had waited when the period ended that this tells of, in milliseconds, rounded down.
    pub waited_ms: u32,
}

impl DeviceAlert {
    /// The two words that tell it from every other of its kind.
    #[inline]
    pub fn identity(&self) -> [u64; 2] {
        self.device.alert_identity(self.number)
    }

    /// The same for all alerts of one code from one device, and for no others.
    #[inline]
    pub fn repetition_key(&self) -> u64 {
        let device = u64::from(self.device.premises.0) << 8 | u64::from(self.device.device_type.index());
        device << 8 | u64::from(self.alert.index())
    }

    /// The consolidated alert, sent on at `at`, that speaks for `count` others besides this one, all later.
    pub fn standing_for(self, at: SimTime, count: u32, sequence: u32) -> DeviceAlert {
        let waited = at.since(self.raised_at).as_micros() / 1_000;
        let throttled = ThrottledAlert {
            count,
            sequence,
            waited_ms: u32::try_from(waited).unwrap_or(u32::MAX),
        };
        DeviceAlert {
            throttled: Some(throttled),
            ..self
        }
    }
}

/// An alert the DSP raises itself and pushes to one User.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DccAlert {
    /// What happened.
    pub code: DccAlertCode,
    /// The target of the command, request or schedule in question.
    pub about: Eui64,
    /// The quarantined request's counter (domain.md §2.5: the quarantine event's reference), the failed reading's with N12 and N13; 0 with
    /// the other codes.
    pub request: u64,
    /// Counts the DSP's alerts from 1.
    pub number: u64,
    /// When the DSP raised it; the push comes later. Of a consolidated alert: the first of those it stands for.
    pub raised_at: SimTime,
    /// For a consolidated alert (SECMP0062): what it stands for.
    pub throttled: Option<ThrottledDccAlert>,
}

/// DUIS `ThrottledAlertCount` and `ThrottledAlertSequenceId`, as with [`ThrottledAlert`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThrottledDccAlert {
    /// Alerts that were not sent, besides the one that carries this.
    pub count: u32,
    /// Counts the consolidated alerts of one storm of one code about one device from 1.
    pub sequence: u32,
}

impl DccAlert {
    /// The two words that tell it from every other of its kind.
    pub const fn identity(&self) -> [u64; 2] {
        [self.about.0, self.number]
    }

    /// The same for all alerts of one code about one device to one User, and for no others; `None` where it is about no device.
    pub fn repetition_key(&self, user: UserId) -> Option<u64> {
        let device = self.about.device()?;
        let device = u64::from(device.premises.0) << 8 | u64::from(device.device_type.index());
        Some((device << 8 | self.code.index() as u64) << 16 | u64::from(user.0))
    }

    /// The consolidated alert that speaks for `count` others besides this one, all later.
    pub fn standing_for(self, count: u32, sequence: u32) -> DccAlert {
        DccAlert {
            throttled: Some(ThrottledDccAlert { count, sequence }),
            ..self
        }
    }
}

/// A firmware image for one device, by whose Supplier's request it comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Image {
    /// Whose firmware it is.
    pub device: DeviceId,
    /// By number in the scenario.
    pub campaign: u16,
    /// Who sent the request.
    pub user: UserId,
}

impl Image {
    /// The two words that tell it from every other.
    #[inline]
    pub fn identity(&self) -> [u64; 2] {
        [self.device.eui64().0, u64::from(self.campaign)]
    }
}

/// What the CSP tells the DSP of an image (N60, N61).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageReport {
    /// That image.
    pub image: Image,
    /// Whether the device's hub has it.
    pub delivered: bool,
}

/// One entry of the list of warnings with which the DSP answers 11.1 (W110101, domain.md §9).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageWarning {
    /// That image.
    pub image: Image,
    /// Why it is not distributed.
    pub reason: WarningReason,
}

/// Why the DSP leaves a device of a list out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum WarningReason {
    /// No such device is in the inventory.
    Unknown,
    /// It is not commissioned.
    NotCommissioned,
    /// The User is not responsible for it.
    NotResponsible,
    /// Another image is on its way to it.
    OtherInProgress,
    /// The image is for a device of another model: a hub was exchanged since.
    NotApplicable,
    /// The image's version is not on the Central Products List.
    InvalidVersion,
}

impl WarningReason {
    /// Every reason, in the order of their places.
    pub const ALL: [WarningReason; 6] = [
        WarningReason::Unknown,
        WarningReason::NotCommissioned,
        WarningReason::NotResponsible,
        WarningReason::OtherInProgress,
        WarningReason::NotApplicable,
        WarningReason::InvalidVersion,
    ];

    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            WarningReason::Unknown => "unknown",
            WarningReason::NotCommissioned => "not_commissioned",
            WarningReason::NotResponsible => "not_responsible",
            WarningReason::OtherInProgress => "other_in_progress",
            WarningReason::NotApplicable => "not_applicable",
            WarningReason::InvalidVersion => "invalid_version",
        }
    }
}

impl Carries for Message {
    fn carries(&self) -> Option<ItemKind> {
        match self {
            // Until the User has its final answer it holds the request itself.
            Message::ServiceRequest(_) | Message::Acknowledgement(_) => None,
            // The User, or for a scheduled read the DSP, holds the item while the command is out.
            Message::Command(_) | Message::Undeliverable(_) | Message::DeviceResponse(_) => None,
            Message::ServiceResponse(response) => match response.origin {
                CommandOrigin::Scheduled => Some(ItemKind::ScheduledRead),
                CommandOrigin::OnDemand | CommandOrigin::HeldByDsp | CommandOrigin::HeldByDevice => None,
            },
            Message::DeviceAlert(_) => Some(ItemKind::DeviceAlert),
            Message::DccAlert(_) => Some(ItemKind::DccAlert),
            // The message it is a copy of brings the item.
            Message::PushedAgain(_) | Message::AlertCopy(_) => None,
            // The Supplier that asked for an update holds it until it knows its fate.
            Message::Image(_) | Message::ImageReport(_) | Message::ImageWarning(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_engine::Envelope;

    #[test]
    fn messages_keep_their_memory_budget() {
        // Every event in a queue is one of these; the queue's working set is its product with what is in flight.
        assert!(size_of::<Message>() <= 56, "{}", size_of::<Message>());
        assert!(
            size_of::<Envelope<Message>>() <= 80,
            "{}",
            size_of::<Envelope<Message>>()
        );
    }
}
