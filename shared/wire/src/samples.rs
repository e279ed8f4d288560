//! Messages for this crate's tests: one of each kind, as large on the wire as it gets.

use crate::message::{
    Acknowledgement, AlertCopy, Answer, Command, CommandOrigin, DccAlert, DeviceAlert, DeviceResponse,
    DeviceResult, Image, ImageReport, ImageWarning, Message, OfCommand, Pushed, ServiceRequest,
    ServiceResponse, ThrottledAlert, ThrottledDccAlert, Timing, Undeliverable, UndeliverableReason,
    WarningReason,
};
use secnet_engine::{Envelope, Promise};
use secnet_model::{
    Address, AlertCode, CommandVariant, DccAlertCode, DeviceType, Eui64, PremisesId, RequestId, ResponseCode,
    Role, SimTime, Srv, UserId, WebService,
};

pub(crate) fn largest_envelope(message: Message) -> Envelope<Message> {
    let address = Address::premises(PremisesId(0x7FFF_FFFF));
    Envelope {
        due: SimTime::NEVER,
        seq: u64::MAX,
        from: address,
        to: address,
        message,
    }
}

pub(crate) fn largest_promise() -> Promise {
    Promise {
        not_before: SimTime::NEVER,
        covers: u64::MAX,
        wants: SimTime::NEVER,
    }
}

pub(crate) fn largest_messages() -> Vec<(&'static str, Message)> {
    let id = RequestId {
        originator: UserId(u16::MAX),
        target: Eui64(u64::MAX),
        counter: u64::MAX,
    };
    let srv = Srv::from_index(Srv::COUNT as u8 - 1).expect("the last of the catalogue");
    let (bytes, correlation, raised_at) = (u32::MAX, u32::MAX, SimTime(u64::MAX - 1));
    let timing = Timing::At { seconds: u32::MAX };
    let image = Image {
        device: PremisesId(u32::MAX).device(DeviceType::Cad),
        campaign: u16::MAX,
        user: UserId(u16::MAX),
    };
    let acknowledgement = |answer| Message::Acknowledgement(Acknowledgement { id, srv, answer });
    let device_alert = DeviceAlert {
        device: PremisesId(u32::MAX).device(DeviceType::Cad),
        alert: AlertCode::all().last().expect("there are alerts"),
        command: Some(OfCommand {
            sender: UserId(u16::MAX),
            srv,
        }),
        number: u32::MAX,
        bytes: u16::MAX,
        raised_at,
        throttled: Some(ThrottledAlert {
            count: u32::MAX,
            sequence: u32::MAX,
            waited_ms: u32::MAX,
        }),
    };
    let service_response = ServiceResponse {
        id,
        srv,
        origin: CommandOrigin::Scheduled,
        code: ResponseCode::E31,
        result: DeviceResult::Error,
        bytes,
        started_at: raised_at,
    };
    vec![
        (
            "service request",
            Message::ServiceRequest(ServiceRequest {
                id,
                srv,
                variant: CommandVariant::NonDevice,
                service: WebService::SendCommand,
                role: Role::OtherUser,
                bytes,
                timing,
            }),
        ),
        ("acknowledgement: accepted", acknowledgement(Answer::Accepted)),
        ("acknowledgement: done", acknowledgement(Answer::Done { bytes })),
        (
            "acknowledgement: pre-command",
            acknowledgement(Answer::PreCommand { srv, bytes }),
        ),
        (
            "acknowledgement: refused",
            acknowledgement(Answer::Refused(ResponseCode::E19)),
        ),
        (
            "acknowledgement: busy",
            acknowledgement(Answer::Busy {
                retry_after_ms: u32::MAX,
            }),
        ),
        (
            "acknowledgement: throttled",
            acknowledgement(Answer::Throttled {
                retry_after_ms: u32::MAX,
            }),
        ),
        (
            "command",
            Message::Command(Command {
                id,
                srv,
                origin: CommandOrigin::Scheduled,
                priority: u8::MAX,
                correlation,
                bytes,
                timing,
            }),
        ),
        (
            "undeliverable",
            Message::Undeliverable(Undeliverable {
                id,
                correlation,
                reason: UndeliverableReason::QueueFull,
            }),
        ),
        (
            "device response",
            Message::DeviceResponse(DeviceResponse {
                id,
                srv,
                result: DeviceResult::Error,
                priority: u8::MAX,
                correlation,
                bytes,
            }),
        ),
        ("service response", Message::ServiceResponse(service_response)),
        ("device alert", Message::DeviceAlert(device_alert)),
        (
            "service response pushed again",
            Message::PushedAgain(Pushed::Response(service_response)),
        ),
        (
            "device alert pushed again",
            Message::PushedAgain(Pushed::DeviceAlert(device_alert)),
        ),
        ("alert copy", Message::AlertCopy(AlertCopy(device_alert))),
        ("image", Message::Image(image)),
        (
            "image report",
            Message::ImageReport(ImageReport {
                image,
                delivered: true,
            }),
        ),
        (
            "image warning",
            Message::ImageWarning(ImageWarning {
                image,
                reason: WarningReason::OtherInProgress,
            }),
        ),
        (
            "DCC alert",
            Message::DccAlert(DccAlert {
                code: DccAlertCode::N48,
                about: Eui64(u64::MAX),
                request: u64::MAX,
                number: u64::MAX,
                raised_at,
                throttled: Some(ThrottledDccAlert {
                    count: u32::MAX,
                    sequence: u32::MAX,
                }),
            }),
        ),
    ]
}
