//! Access control against the catalogue's own file, and rule by rule.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{ALPHA, BETA, DNO, OTHER, Rig, is_alphas, usual_variant, world_with};
use secnet_dsp::services::NonDeviceService;
use secnet_dsp::{Accepted, Records, Register, check};
use secnet_model::{
    CommandVariant, DeviceStatus, DeviceType, Eui64, PremisesId, RequestId, ResponseCode, Role, RoleSet,
    SimTime, Srv, UserId, WebService,
};
use secnet_topology::World;
use secnet_wire::{CommandOrigin, ServiceRequest, Timing};

fn check_at_first(world: &World, request: &ServiceRequest) -> Result<Accepted, ResponseCode> {
    let register = Register {
        world,
        records: &Records::new(world),
        at: SimTime::ZERO,
    };
    check(register, request)
}

const SRVS: &str = include_str!("../../../shared/model/data/srv.csv");
const ALL_ROLES: RoleSet = RoleSet(0x7F);

/// What the table test expects, as short as the catalogue writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    Code(ResponseCode),
    Wan,
    PreCommand,
    Local,
    Dcc,
}

/// The catalogue's row in the file's own words.
struct Row<'a> {
    number: &'a str,
    roles: Vec<&'a str>,
    critical: bool,
    on_demand: bool,
    targets: Vec<&'a str>,
}

fn rows() -> Vec<Row<'static>> {
    let lines = SRVS.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            Row {
                number: fields[0],
                roles: fields[2].split_whitespace().collect(),
                critical: fields[3] == "1",
                on_demand: fields[4] == "1",
                targets: fields[7].split_whitespace().collect(),
            }
        })
        .collect()
}

/// Device types a role is responsible for, in the catalogue's letters, of those the premises has.
fn own_letters(role: &str) -> &'static str {
    match role {
        "IS" | "ES" | "ED" => "ECD",
        "GS" | "GT" => "GPC",
        "RSA" | "OU" => "EGPCD",
        _ => unreachable!("{role}"),
    }
}

fn expected(row: &Row<'_>, role: &str, variant: usize, target: Option<&str>) -> Expected {
    let local = matches!(variant, 2 | 3 | 6 | 7);
    if !row.roles.contains(&role) {
        return Expected::Code(ResponseCode::E2);
    }
    if row.targets.is_empty() {
        return match variant {
            8 => Expected::Dcc,
            _ if local => Expected::Code(ResponseCode::E17),
            _ => Expected::Code(ResponseCode::E12),
        };
    }
    if local && !row.on_demand {
        return Expected::Code(ResponseCode::E17);
    }
    let variants = if row.critical { 4..=7 } else { 1..=3 };
    if !variants.contains(&variant) {
        return Expected::Code(ResponseCode::E12);
    }
    match target {
        None => Expected::Code(ResponseCode::E19),
        Some(letter) if !own_letters(role).contains(letter) => Expected::Code(ResponseCode::E4),
        Some(_) => match variant {
            2 | 6 => Expected::Local,
            4 => Expected::PreCommand,
            _ => Expected::Wan,
        },
    }
}

fn role_code(role: Role) -> &'static str {
    ["IS", "ES", "GS", "ED", "GT", "RSA", "OU"][role as usize]
}

/// Everybody holds every role, so that the matrix alone decides.
fn world_of_all_roles() -> World {
    let mut world = world_with("");
    for user in &mut world.users {
        user.roles = ALL_ROLES;
    }
    world
}

fn premises_of_alpha(world: &World) -> PremisesId {
    let count = world.population.premises_count();
    (0..count)
        .map(PremisesId)
        .find(|premises| is_alphas(world, *premises))
        .unwrap()
}

#[test]
fn every_srv_is_accepted_from_every_role_in_every_variant_as_the_catalogue_says() {
    let world = world_of_all_roles();
    let premises = premises_of_alpha(&world);
    let rows = rows();
    let (mut accepted, mut refused) = (0, 0);
    assert_eq!(rows.len(), Srv::COUNT);
    for row in &rows {
        let srv = Srv::from_number(row.number).unwrap();
        for role in Role::ALL {
            // The premises' own User in that role, and a device it is responsible for where the SRV has one.
            let code = role_code(role);
            let user = if code == "ED" { DNO } else { ALPHA };
            let present = || row.targets.iter().filter(|letter| "EGPCD".contains(**letter));
            let target = present()
                .find(|letter| own_letters(code).contains(**letter))
                .or(present().next())
                .copied();
            let (letter, timing) = match (row.targets.is_empty(), code) {
                (true, "GS" | "GT") => ("G", schedulable("4.10", "4.8.1", code)),
                (true, "ES") => ("E", daily("4.8.3")),
                (true, _) => ("E", schedulable("4.10", "4.8.1", code)),
                (false, _) => (target.unwrap_or("H"), Timing::Now),
            };
            let device = premises.device(DeviceType::from_catalogue_letter(letter).unwrap());
            for variant in CommandVariant::ALL {
                let request = ServiceRequest {
                    id: RequestId {
                        originator: user,
                        target: device.eui64(),
                        counter: 1,
                    },
                    srv,
                    variant,
                    service: variant.web_service(),
                    role,
                    bytes: 0,
                    timing,
                };
                let actual = match check_at_first(&world, &request) {
                    Err(code) => Expected::Code(code),
                    Ok(Accepted::NonDevice(_)) => Expected::Dcc,
                    Ok(Accepted::PreCommand) => Expected::PreCommand,
                    Ok(Accepted::Local) => Expected::Local,
                    Ok(Accepted::Command { device: to, origin }) => {
                        assert_eq!((to, origin), (device, CommandOrigin::OnDemand));
                        Expected::Wan
                    }
                };
                let expected = expected(row, code, variant as usize, target);
                assert_eq!(actual, expected, "SRV {srv}, role {code}, CV{}", variant as usize);
                *if matches!(actual, Expected::Code(_)) {
                    &mut refused
                } else {
                    &mut accepted
                } += 1;
            }
        }
    }
    assert_eq!(accepted + refused, 129 * 7 * 8);
    assert!(accepted > 700, "{accepted}");
}

/// What 5.1 and 5.3 are asked to schedule.
fn schedulable(for_network_roles: &str, for_others: &str, role: &str) -> Timing {
    let number = if matches!(role, "ED" | "GT") {
        for_network_roles
    } else {
        for_others
    };
    daily(number)
}

fn daily(number: &str) -> Timing {
    let srv = Srv::from_number(number).unwrap();
    Timing::Daily { srv }
}

/// A reading that access control passes, to be spoilt.
fn good(rig: &mut Rig) -> ServiceRequest {
    let reading = rig.reading();
    assert!(check_at_first(&rig.world, &reading).is_ok());
    reading
}

#[test]
fn each_error_code_has_its_cause() {
    let mut rig = Rig::new();
    let reading = good(&mut rig);
    let premises = rig.alphas();
    let to = |device_type: DeviceType| RequestId {
        target: premises.device(device_type).eui64(),
        ..reading.id
    };
    let from = |originator: UserId| RequestId {
        originator,
        ..reading.id
    };
    let srv = |number: &str| Srv::from_number(number).unwrap();
    let foreign = Eui64(0x00DB_1300_0000_0001);
    let absent = PremisesId(rig.world.population.premises_count())
        .device(DeviceType::Esme)
        .eui64();
    let rows = [
        (
            ResponseCode::E1,
            ServiceRequest {
                id: from(UserId(99)),
                ..reading
            },
        ),
        (
            ResponseCode::E1,
            ServiceRequest {
                role: Role::ElectricityDistributor,
                ..reading
            },
        ),
        (
            ResponseCode::E2,
            ServiceRequest {
                srv: srv("4.1.4"),
                ..reading
            },
        ),
        (
            ResponseCode::E4,
            ServiceRequest {
                id: from(BETA),
                ..reading
            },
        ),
        (
            ResponseCode::E4,
            ServiceRequest {
                id: to(DeviceType::Gpf),
                ..reading
            },
        ),
        (
            ResponseCode::E11,
            ServiceRequest {
                id: to(DeviceType::Chf),
                ..reading
            },
        ),
        (
            ResponseCode::E12,
            ServiceRequest {
                variant: CommandVariant::SignedWan,
                ..reading
            },
        ),
        (
            ResponseCode::E12,
            ServiceRequest {
                srv: srv("2.2"),
                timing: Timing::At { seconds: 9 },
                ..reading
            },
        ),
        (
            ResponseCode::E13,
            ServiceRequest {
                service: WebService::Transform,
                ..reading
            },
        ),
        (
            ResponseCode::E17,
            ServiceRequest {
                srv: srv("8.2"),
                variant: CommandVariant::NonCriticalLocal,
                ..reading
            },
        ),
        (
            ResponseCode::E19,
            ServiceRequest {
                id: RequestId {
                    target: foreign,
                    ..reading.id
                },
                ..reading
            },
        ),
        (
            ResponseCode::E19,
            ServiceRequest {
                id: RequestId {
                    target: absent,
                    ..reading.id
                },
                ..reading
            },
        ),
        (
            ResponseCode::E19,
            ServiceRequest {
                id: to(DeviceType::Hcalcs),
                ..reading
            },
        ),
    ];
    for (code, request) in rows {
        assert_eq!(check_at_first(&rig.world, &request), Err(code), "{request:?}");
    }
}

/// The table of targets is a lower bound (domain.md §1).
#[test]
fn a_target_the_catalogue_does_not_know_is_refused_or_not_as_the_scenario_says() {
    let mut rig = Rig::new();
    let reading = good(&mut rig);
    let id = RequestId {
        target: rig.alphas().device(DeviceType::Chf).eui64(),
        ..reading.id
    };
    let of_a_hub = ServiceRequest { id, ..reading };
    assert_eq!(check_at_first(&rig.world, &of_a_hub), Err(ResponseCode::E11));
    let lenient = rig::world_set("", &["dsp.refuses_unseen_targets=false"]);
    assert!(check_at_first(&lenient, &of_a_hub).is_ok());
}

#[test]
fn a_suspended_user_gets_e3() {
    let mut rig = Rig::new();
    let reading = good(&mut rig);
    let mut world = (*rig.world).clone();
    world.users[ALPHA.index()].suspended = true;
    assert_eq!(check_at_first(&world, &reading), Err(ResponseCode::E3));
}

#[test]
fn a_devices_status_limits_what_it_may_be_asked() {
    let mut rig = Rig::new();
    let cases = [
        (DeviceStatus::InstalledNotCommissioned, "4.1.1", false),
        (DeviceStatus::InstalledNotCommissioned, "2.2", false),
        (DeviceStatus::InstalledNotCommissioned, "6.2.4", true),
        (DeviceStatus::InstalledNotCommissioned, "6.20.1", true),
        (DeviceStatus::InstalledNotCommissioned, "8.1.1", true),
        (DeviceStatus::InstalledNotCommissioned, "11.2", true),
        (DeviceStatus::Suspended, "4.1.1", false),
        (DeviceStatus::Suspended, "6.2.4", false),
        (DeviceStatus::Suspended, "11.2", true),
        (DeviceStatus::Suspended, "11.3", true),
    ];
    for (status, srv, allowed) in cases {
        let device = |premises: PremisesId| premises.device(DeviceType::Esme);
        let premises = rig.premises(|world, premises| {
            world.population.electricity_supplier(premises) == ALPHA
                && world.population.device_status(device(premises)) == Some(status)
        });
        let request = rig.request(srv, ALPHA, Role::ImportSupplier, device(premises));
        let expected = if allowed { Ok(()) } else { Err(ResponseCode::E5) };
        assert_eq!(
            check_at_first(&rig.world, &request).map(|_| ()),
            expected,
            "{srv} to a device {status:?}"
        );
    }
}

#[test]
fn responsibility_follows_registration_fuel_and_area() {
    let mut rig = Rig::new();
    let premises = rig.alphas();
    let elsewhere = rig.premises(|world, premises| {
        let esme = premises.device(DeviceType::Esme);
        world.population.dno(premises).is_none()
            && world.population.electricity_supplier(premises) == BETA
            && world.population.device_status(esme) == Some(DeviceStatus::Commissioned)
    });
    let cases = [
        (
            "4.10",
            DNO,
            Role::ElectricityDistributor,
            premises,
            DeviceType::Esme,
            true,
        ),
        (
            "4.10",
            DNO,
            Role::ElectricityDistributor,
            premises,
            DeviceType::Gsme,
            false,
        ),
        (
            "4.10",
            DNO,
            Role::ElectricityDistributor,
            elsewhere,
            DeviceType::Esme,
            false,
        ),
        ("4.8.1", OTHER, Role::OtherUser, premises, DeviceType::Gsme, true),
        ("4.8.1", OTHER, Role::OtherUser, elsewhere, DeviceType::Esme, true),
        (
            "4.6.2",
            ALPHA,
            Role::ExportSupplier,
            premises,
            DeviceType::Esme,
            true,
        ),
        (
            "4.6.2",
            ALPHA,
            Role::ExportSupplier,
            elsewhere,
            DeviceType::Esme,
            false,
        ),
        ("6.30", ALPHA, Role::GasSupplier, premises, DeviceType::Chf, true),
        (
            "6.30",
            ALPHA,
            Role::ImportSupplier,
            premises,
            DeviceType::Chf,
            true,
        ),
        ("6.30", BETA, Role::GasSupplier, premises, DeviceType::Chf, false),
        (
            "11.2",
            ALPHA,
            Role::ImportSupplier,
            premises,
            DeviceType::Ppmid,
            true,
        ),
    ];
    for (srv, user, role, premises, device_type, responsible) in cases {
        let request = rig.request(srv, user, role, premises.device(device_type));
        let expected = if responsible {
            Ok(())
        } else {
            Err(ResponseCode::E4)
        };
        assert_eq!(
            check_at_first(&rig.world, &request).map(|_| ()),
            expected,
            "{request:?}"
        );
    }
}

#[test]
fn the_holder_of_a_future_dated_request_follows_from_the_catalogue() {
    let mut rig = Rig::new();
    let device = rig.alphas().device(DeviceType::Esme);
    let cases = [
        ("4.1.1", CommandVariant::NonCriticalWan, CommandOrigin::HeldByDsp),
        ("1.1.1", CommandVariant::SignedWan, CommandOrigin::HeldByDevice),
        ("6.23", CommandVariant::NonCriticalWan, CommandOrigin::HeldByDsp),
    ];
    for (srv, variant, origin) in cases {
        let request = rig.request(srv, ALPHA, Role::ImportSupplier, device);
        let dated = ServiceRequest {
            variant,
            service: variant.web_service(),
            timing: Timing::At { seconds: 60 },
            ..request
        };
        assert_eq!(
            check_at_first(&rig.world, &dated),
            Ok(Accepted::Command { device, origin }),
            "{srv}"
        );
    }
}

#[test]
fn what_the_dcc_answers_itself_needs_a_device_only_where_it_is_about_one() {
    let mut rig = Rig::new();
    let (mine, chf) = (
        rig.alphas().device(DeviceType::Esme),
        rig.alphas().device(DeviceType::Chf),
    );
    let daily_reads = daily("4.6.1");
    let not_schedulable = daily("4.1.1");
    let foreign = Eui64(0x00DB_1300_0000_0001);
    let dcc = Eui64::DCC;
    let accepted = |service| Ok(Accepted::NonDevice(service));
    let cases = [
        (
            "5.1",
            ALPHA,
            mine.eui64(),
            daily_reads,
            accepted(NonDeviceService::CreateSchedule),
        ),
        (
            "5.1",
            ALPHA,
            mine.eui64(),
            not_schedulable,
            Err(ResponseCode::E11),
        ),
        ("5.1", ALPHA, mine.eui64(), Timing::Now, Err(ResponseCode::E11)),
        ("5.1", ALPHA, chf.eui64(), daily_reads, Err(ResponseCode::E11)),
        ("5.1", ALPHA, dcc, daily_reads, Err(ResponseCode::E19)),
        ("5.1", BETA, mine.eui64(), daily_reads, Err(ResponseCode::E4)),
        ("5.2", BETA, mine.eui64(), Timing::Now, Err(ResponseCode::E4)),
        (
            "5.3",
            ALPHA,
            mine.eui64(),
            daily_reads,
            accepted(NonDeviceService::DeleteSchedule),
        ),
        (
            "8.2",
            BETA,
            mine.eui64(),
            Timing::Now,
            accepted(NonDeviceService::ReadInventory),
        ),
        (
            "8.2",
            BETA,
            dcc,
            Timing::Now,
            accepted(NonDeviceService::ReadInventory),
        ),
        ("8.2", BETA, foreign, Timing::Now, Err(ResponseCode::E19)),
        ("8.3", BETA, mine.eui64(), Timing::Now, Err(ResponseCode::E4)),
        (
            "12.1",
            BETA,
            dcc,
            Timing::Now,
            accepted(NonDeviceService::RequestWanMatrix),
        ),
        (
            "12.2",
            BETA,
            foreign,
            Timing::Now,
            accepted(NonDeviceService::PreNotify),
        ),
    ];
    for (srv, user, target, timing, expected) in cases {
        let request = rig.request(srv, user, Role::ImportSupplier, mine);
        let request = ServiceRequest {
            id: RequestId { target, ..request.id },
            timing,
            ..request
        };
        assert_eq!(request.variant, usual_variant(request.srv));
        assert_eq!(
            check_at_first(&rig.world, &request),
            expected,
            "{srv} to {target}"
        );
    }
}
