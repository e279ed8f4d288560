//! The bytes of a frame of each kind, against `golden_frames.txt`: a change of format is never an accident.
//!
//! Where it is meant, raise `frame::VERSION` and put what the failing test prints in the file's place.
#![allow(clippy::unwrap_used)]

use secnet_engine::{Envelope, Promise};
use secnet_model::{
    Address, AlertCode, CommandVariant, DccAlertCode, DeviceId, DeviceType, Eui64, PremisesId, Region,
    RequestId, ResponseCode, Role, SimTime, Srv, UserId, WebService,
};
use secnet_wire::frame::{self, Frame, FrameWriter, Hello};
use secnet_wire::{
    Acknowledgement, Answer, Command, CommandOrigin, DccAlert, DeviceAlert, DeviceResponse, DeviceResult,
    Image, ImageReport, ImageWarning, Message, OfCommand, Pushed, ServiceRequest, ServiceResponse,
    ThrottledAlert, ThrottledDccAlert, Timing, Undeliverable, UndeliverableReason, WarningReason,
};

/// Every field has a value of its own, so that two that change places are seen.
fn messages() -> Vec<(&'static str, Message)> {
    let id = RequestId {
        originator: UserId(3),
        target: PremisesId(29_000_001).device(DeviceType::Gsme).eui64(),
        counter: 1_000_017,
    };
    let srv = Srv::from_index(44).unwrap();
    let acknowledgement = |answer| Message::Acknowledgement(Acknowledgement { id, srv, answer });
    vec![
        (
            "service request",
            Message::ServiceRequest(ServiceRequest {
                id,
                srv,
                variant: CommandVariant::SignedWan,
                service: WebService::SendCommand,
                role: Role::GasSupplier,
                bytes: 1_801,
                timing: Timing::At { seconds: 86_403 },
            }),
        ),
        (
            "service request about a schedule",
            Message::ServiceRequest(ServiceRequest {
                id,
                srv,
                variant: CommandVariant::NonDevice,
                service: WebService::NonDevice,
                role: Role::ImportSupplier,
                bytes: 1_802,
                timing: Timing::Daily {
                    srv: Srv::from_index(45).unwrap(),
                },
            }),
        ),
        ("acknowledgement: accepted", acknowledgement(Answer::Accepted)),
        (
            "acknowledgement: done",
            acknowledgement(Answer::Done { bytes: 305 }),
        ),
        (
            "acknowledgement: pre-command",
            acknowledgement(Answer::PreCommand {
                srv: Srv::from_index(45).unwrap(),
                bytes: 306,
            }),
        ),
        (
            "acknowledgement: refused",
            acknowledgement(Answer::Refused(ResponseCode::E19)),
        ),
        (
            "acknowledgement: busy",
            acknowledgement(Answer::Busy {
                retry_after_ms: 30_007,
            }),
        ),
        (
            "acknowledgement: throttled",
            acknowledgement(Answer::Throttled {
                retry_after_ms: 30_008,
            }),
        ),
        (
            "command",
            Message::Command(Command {
                id,
                srv,
                origin: CommandOrigin::HeldByDevice,
                priority: 4,
                correlation: 70_000,
                bytes: 211,
                timing: Timing::At { seconds: 86_403 },
            }),
        ),
        (
            "undeliverable",
            Message::Undeliverable(Undeliverable {
                id,
                correlation: 70_000,
                reason: UndeliverableReason::LostOnWan,
            }),
        ),
        (
            "device response",
            Message::DeviceResponse(DeviceResponse {
                id,
                srv,
                result: DeviceResult::Error,
                priority: 4,
                correlation: 70_000,
                bytes: 911,
            }),
        ),
        (
            "service response",
            Message::ServiceResponse(ServiceResponse {
                id,
                srv,
                origin: CommandOrigin::Scheduled,
                code: ResponseCode::E31,
                result: DeviceResult::Success,
                bytes: 911,
                started_at: SimTime(43_200_000_019),
            }),
        ),
        (
            "device alert",
            Message::DeviceAlert(DeviceAlert {
                device: PremisesId(29_000_001).device(DeviceType::Chf),
                alert: AlertCode::from_index(2).unwrap(),
                command: Some(OfCommand {
                    sender: UserId(5),
                    srv: Srv::from_index(3).unwrap(),
                }),
                number: 13,
                bytes: 260,
                raised_at: SimTime(43_200_000_023),
                throttled: None,
            }),
        ),
        (
            "consolidated device alert without command sender",
            Message::DeviceAlert(DeviceAlert {
                device: PremisesId(29_000_001).device(DeviceType::Esme),
                alert: AlertCode::from_index(3).unwrap(),
                command: None,
                number: 14,
                bytes: 261,
                raised_at: SimTime(43_200_000_029),
                throttled: Some(ThrottledAlert {
                    count: 917,
                    sequence: 15,
                    waited_ms: 3_600_000,
                }),
            }),
        ),
        (
            "DCC alert",
            Message::DccAlert(DccAlert {
                code: DccAlertCode::N46,
                about: Eui64(0x90B3_D500_0000_0006),
                request: 70_001,
                number: 66_000,
                raised_at: SimTime(43_200_000_031),
                throttled: None,
            }),
        ),
        (
            "firmware request",
            Message::ServiceRequest(ServiceRequest {
                id,
                srv,
                variant: CommandVariant::NonDevice,
                service: WebService::NonDevice,
                role: Role::GasSupplier,
                bytes: 2_202_500,
                timing: Timing::Images {
                    campaign: 3,
                    batch: 700,
                },
            }),
        ),
        ("image", Message::Image(IMAGE)),
        (
            "image report",
            Message::ImageReport(ImageReport {
                image: IMAGE,
                delivered: true,
            }),
        ),
        (
            "image warning",
            Message::ImageWarning(ImageWarning {
                image: IMAGE,
                reason: WarningReason::NotResponsible,
            }),
        ),
        (
            "image warning, invalid version",
            Message::ImageWarning(ImageWarning {
                image: IMAGE,
                reason: WarningReason::InvalidVersion,
            }),
        ),
        (
            "DCC alert pushed again",
            Message::PushedAgain(Pushed::DccAlert(DccAlert {
                code: DccAlertCode::N17,
                about: Eui64(0x90B3_D500_0000_0007),
                request: 70_002,
                number: 66_001,
                raised_at: SimTime(43_200_000_037),
                throttled: Some(ThrottledDccAlert {
                    count: 918,
                    sequence: 16,
                }),
            })),
        ),
    ]
}

fn envelope(message: Message) -> Envelope<Message> {
    Envelope {
        due: SimTime(43_200_750_000),
        seq: 5_000_001,
        from: Address::user(UserId(3)),
        to: Address::provider(Region::Central),
        message,
    }
}

const IMAGE: Image = Image {
    device: DeviceId {
        premises: PremisesId(29_000_001),
        device_type: DeviceType::Gsme,
    },
    campaign: 300,
    user: UserId(6),
};

const PROMISE: Promise = Promise {
    not_before: SimTime(43_201_000_000),
    covers: 77,
    wants: SimTime(43_202_000_000),
};

fn data_frame(envelopes: &[Envelope<Message>], promise: Option<&Promise>) -> Vec<u8> {
    let mut writer = FrameWriter::new(Vec::new());
    envelopes
        .iter()
        .for_each(|envelope| writer.push(envelope).unwrap());
    let mut bytes = writer.finish(2, 12, promise);
    frame::readdress(&mut bytes, 1, 11);
    bytes
}

fn frames() -> Vec<(String, Vec<u8>)> {
    let mut frames = Vec::new();
    for (name, message) in messages() {
        frames.push((name.to_owned(), data_frame(&[envelope(message)], None)));
    }
    let bare = data_frame(&[], Some(&PROMISE));
    frames.push(("promise".into(), bare));
    let two: Vec<_> = messages()
        .into_iter()
        .take(2)
        .map(|(_, message)| envelope(message))
        .collect();
    frames.push((
        "two envelopes and a promise".into(),
        data_frame(&two, Some(&PROMISE)),
    ));
    let hello = Hello {
        run: "demo-1".into(),
        config_hash: 0x0102_0304_0506_0708,
        is_up: true,
    };
    let mut bytes = Vec::new();
    frame::write_hello(&hello, 2, 1, &mut bytes);
    frames.push(("hello".into(), bytes.clone()));
    frame::write_ack(14, 2, 1, 11, &mut bytes);
    frames.push(("acknowledgement of the link with a gap".into(), bytes));
    frames
}

const GOLDEN: &str = include_str!("golden_frames.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Header and body on lines of their own.
fn written(frames: &[(String, Vec<u8>)]) -> String {
    let line = |(name, bytes): &(String, Vec<u8>)| {
        let (header, body) = bytes.split_at(frame::HEADER_BYTES);
        format!("{name}\n  {}\n  {}\n", hex(header), hex(body))
    };
    frames.iter().map(line).collect()
}

#[test]
fn frames_are_written_as_they_always_were() {
    let now = written(&frames());
    assert!(
        now == GOLDEN,
        "the format changed; golden_frames.txt would now be\n{now}"
    );
}

#[test]
fn golden_frames_are_read_as_what_they_say() {
    let unhex = |text: &str| -> Vec<u8> {
        let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(pair).collect()
    };
    let lines: Vec<&str> = GOLDEN.lines().map(str::trim).collect();
    let mut expected = messages().into_iter();
    for entry in lines.chunks(3) {
        let Some((name, message)) = expected.next() else {
            break;
        };
        assert_eq!(entry[0], name);
        let bytes = unhex(&entry[1..].concat());
        let frame = Frame::read(&bytes).unwrap();
        let mut read = Vec::new();
        assert_eq!(frame.decode_data(&mut read), Ok(None), "{name}");
        assert_eq!(read, [envelope(message)], "{name}");
        assert_eq!((frame.header.session, frame.header.to_session), (2, 1));
        assert_eq!((frame.header.seq, frame.header.ack), (12, 11));
    }
    assert!(
        expected.next().is_none(),
        "a kind of message is missing from golden_frames.txt"
    );
}
