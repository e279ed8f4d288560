//! DUIS's access matrix through the whole DSP: every service request variant from every role in every command variant
//! to every type of device, as a message in and the messages that come out, against the catalogue's own file.

#![allow(clippy::unwrap_used)]

use secnet_dsp::Dsp;
use secnet_engine::{Envelope, Input, Node, Outbox};
use secnet_model::{
    Address, CommandVariant, DeviceStatus, DeviceType, PremisesId, RequestId, ResponseCode, Role, RoleSet,
    SimTime, Srv, UserId,
};
use secnet_topology::World;
use secnet_wire::{Answer, CommandOrigin, Message, ServiceRequest, Timing};
use std::sync::Arc;

const CATALOGUE: &str = include_str!("../../shared/model/data/srv.csv");
/// As the catalogue writes them, in the order of [`Role::ALL`].
const ROLES: [&str; 7] = ["IS", "ES", "GS", "ED", "GT", "RSA", "OU"];
/// Device types the premises has, and one it has not.
const DEVICES: [&str; 6] = ["E", "G", "P", "C", "D", "H"];

/// A row of the catalogue in the file's own words.
struct Row<'a> {
    number: &'a str,
    roles: Vec<&'a str>,
    critical: bool,
    on_demand: bool,
    schedulable: bool,
    targets: Vec<&'a str>,
}

/// What a User sees of what the DSP did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    Refused(ResponseCode),
    /// I99, and a command on its way to the premises' CSP.
    CommandSent,
    /// The pre-command for signing.
    PreCommand,
    /// The whole answer, nothing sent to the premises.
    Answered,
}

fn catalogue() -> Vec<Row<'static>> {
    let lines = CATALOGUE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let fields: Vec<&str> = line.split(',').collect();
        Row {
            number: fields[0],
            roles: fields[2].split_whitespace().collect(),
            critical: fields[3] == "1",
            on_demand: fields[4] == "1",
            schedulable: fields[6] == "1",
            targets: fields[7].split_whitespace().collect(),
        }
    };
    lines.map(row).collect()
}

/// Whether a role deals with devices of that type at all: gas roles with gas and the hub, electricity roles with all
/// but gas.
fn deals_with(role: &str, device: &str) -> bool {
    match role {
        "IS" | "ES" | "ED" => !matches!(device, "G" | "P"),
        "GS" | "GT" => matches!(device, "G" | "P" | "C"),
        _ => true,
    }
}

fn expected(row: &Row<'_>, role: &str, variant: u8, device: &str) -> Seen {
    let is_local = matches!(variant, 2 | 3 | 6 | 7);
    let is_device_service = !row.targets.is_empty();
    if !row.roles.contains(&role) {
        return Seen::Refused(ResponseCode::E2);
    }
    if is_local && !(is_device_service && row.on_demand) {
        return Seen::Refused(ResponseCode::E17);
    }
    let variants = match (is_device_service, row.critical) {
        (false, _) => 8..=8,
        (true, true) => 4..=7,
        (true, false) => 1..=3,
    };
    if !variants.contains(&variant) {
        return Seen::Refused(ResponseCode::E12);
    }
    if !is_device_service {
        return Seen::Answered;
    }
    if device == "H" {
        return Seen::Refused(ResponseCode::E19);
    }
    if !row.targets.contains(&device) {
        return Seen::Refused(ResponseCode::E11);
    }
    if !deals_with(role, device) {
        return Seen::Refused(ResponseCode::E4);
    }
    match variant {
        4 => Seen::PreCommand,
        2 | 6 => Seen::Answered,
        _ => Seen::CommandSent,
    }
}

/// Everybody holds every role, so that the matrix alone decides; the DSP is never busy.
fn world() -> World {
    let text = r#"
        name = "matrix"
        horizon = "1h"
        population = { premises = 100, areas = ["EPN"] }
        suppliers = [{ name = "Supplier", share = 1.0 }]
        dnos = [{ name = "Distributor", areas = ["EPN"] }]
        dsp = { service_time = "0s" }
    "#;
    let mut world = World::new(secnet_topology::parse("matrix.toml", text, &[]).unwrap()).unwrap();
    for user in &mut world.users {
        user.roles = Role::ALL.into_iter().fold(RoleSet::EMPTY, RoleSet::with);
    }
    world
}

/// One with every device there can be, commissioned.
fn premises(world: &World) -> PremisesId {
    let population = &world.population;
    let has_all = |premises: &PremisesId| {
        let mut devices = DEVICES[..5]
            .iter()
            .map(|letter| premises.device(device_type(letter)));
        devices.all(|device| population.device_status(device) == Some(DeviceStatus::Commissioned))
    };
    (0..population.premises_count())
        .map(PremisesId)
        .find(has_all)
        .unwrap()
}

fn device_type(letter: &str) -> DeviceType {
    DeviceType::from_catalogue_letter(letter).unwrap()
}

/// Sends the request in and looks at what comes out.
fn submit(dsp: &mut Dsp, world: &World, request: ServiceRequest) -> Seen {
    let user = Address::user(request.id.originator);
    let now = SimTime::from_secs(request.id.counter);
    let envelope = Envelope {
        due: now,
        seq: request.id.counter,
        from: user,
        to: Address::DSP,
        message: Message::ServiceRequest(request),
    };
    let mut out = Outbox::new();
    dsp.handle(now, Input::Message(&envelope), &mut out);
    let (mut answer, mut sent) = (None, false);
    for envelope in out.drain() {
        match envelope.message {
            Message::Acknowledgement(acknowledgement) => {
                assert_eq!((envelope.to, acknowledgement.id), (user, request.id));
                assert_eq!(acknowledgement.srv, request.srv);
                assert!(answer.replace(acknowledgement.answer).is_none(), "two answers");
            }
            Message::Command(command) => {
                let device = request.id.target.device().unwrap();
                let csp = Address::provider(world.population.region_of(device.premises));
                assert_eq!(
                    (envelope.to, command.id, command.srv),
                    (csp, request.id, request.srv)
                );
                assert_eq!(command.origin, CommandOrigin::OnDemand);
                sent = true;
            }
            // A schedule of the device's that 8.3 removes.
            Message::DccAlert(_) => {}
            other => panic!("{other:?}"),
        }
    }
    match (answer, sent) {
        (Some(Answer::Refused(code)), false) => Seen::Refused(code),
        (Some(Answer::Accepted), true) => Seen::CommandSent,
        (Some(Answer::PreCommand { srv, .. }), false) if srv == request.srv => Seen::PreCommand,
        (Some(Answer::Done { .. }), false) => Seen::Answered,
        other => panic!("{other:?} to {request:?}"),
    }
}

#[test]
fn the_dsp_serves_and_refuses_what_the_matrix_says() {
    let world = Arc::new(world());
    let (premises, rows) = (premises(&world), catalogue());
    assert_eq!(
        (rows.len(), Role::ALL.len(), CommandVariant::ALL.len()),
        (129, 7, 8)
    );
    let (mut counter, mut served) = (0, 0);
    for row in &rows {
        // Anew for each: 8.3 takes the devices out of service.
        let mut dsp = Dsp::new(&world);
        for (role, role_code) in Role::ALL.into_iter().zip(ROLES) {
            for (variant, number) in CommandVariant::ALL.into_iter().zip(1..) {
                for device in DEVICES {
                    // Services of the DCC's own may name any device their role deals with.
                    if row.targets.is_empty() && (device == "H" || !deals_with(role_code, device)) {
                        continue;
                    }
                    let Some(timing) = schedule_of(row, &rows, role_code, device) else {
                        continue;
                    };
                    counter += 1;
                    let request = ServiceRequest {
                        id: RequestId {
                            originator: UserId(u16::from(role_code == "ED")),
                            target: premises.device(device_type(device)).eui64(),
                            counter,
                        },
                        srv: Srv::from_number(row.number).unwrap(),
                        variant,
                        service: variant.web_service(),
                        role,
                        bytes: 1_000,
                        timing,
                    };
                    let seen = submit(&mut dsp, &world, request);
                    let expected = expected(row, role_code, number, device);
                    assert_eq!(
                        seen, expected,
                        "SRV {}, {role_code}, CV{number}, to {device}",
                        row.number
                    );
                    served += u64::from(!matches!(seen, Seen::Refused(_)));
                }
            }
        }
    }
    // All combinations but those of device types with services that name none.
    assert!(counter > 129 * 7 * 8 * 4, "{counter}");
    assert!(served > 1_000, "{served}");
}

/// What 5.1 and 5.3 are to schedule: an SRV the role may have for the device. `None` where there is none; `Now` for
/// requests that name no schedule.
fn schedule_of(row: &Row<'_>, rows: &[Row<'_>], role: &str, device: &str) -> Option<Timing> {
    if !matches!(row.number, "5.1" | "5.3") {
        return Some(Timing::Now);
    }
    let fits = |row: &&Row<'_>| row.schedulable && row.roles.contains(&role) && row.targets.contains(&device);
    let scheduled = rows.iter().find(fits)?;
    let srv = Srv::from_number(scheduled.number).unwrap();
    Some(Timing::Daily { srv })
}
