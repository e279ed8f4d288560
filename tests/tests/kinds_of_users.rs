//! What is particular to Suppliers, DNOs and other Users: in which role they ask whom for what, and which alerts concern them.
#![allow(clippy::unwrap_used, reason = "tests")]

use secnet_director::network::build;
use secnet_dno::DnoDesk;
use secnet_engine::{Input, Node, Outbox};
use secnet_model::{AlertRecipient, DeviceType, Region, Role};
use secnet_other_user::OtherUserDesk;
use secnet_supplier::SupplierDesk;
use secnet_tests::in_virtual_time::{run, scenario};
use secnet_topology::{NodeKind, World};
use secnet_user::Desk;
use secnet_wire::{Message, ServiceRequest};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Two Suppliers, a DNO of East England and an other User over East England and London.
const SCENARIO: &str = r#"
    name = "users"
    horizon = "1d"
    [population]
    premises = 2000
    areas = ["EPN", "LPN"]
    [[suppliers]]
    name = "A"
    share = 0.5
    [[suppliers]]
    name = "B"
    share = 0.5
    [[dnos]]
    name = "D"
    areas = ["EPN"]
    [[other_users]]
    name = "O"
"#;

/// What the User sends in a day when nobody answers.
fn requests_of_a_day(workload: &str, user: &str) -> (Arc<World>, Vec<ServiceRequest>) {
    let text = format!("{SCENARIO}\n[[workloads]]\nname = \"w\"\n{workload}");
    let world = Arc::new(World::new(secnet_topology::parse("test", &text, &[]).unwrap()).unwrap());
    let id = world.user_by_name(user).unwrap();
    let mut node = build(&world, NodeKind::User(id));
    let (mut out, mut sent) = (Outbox::new(), Vec::new());
    while node.next_deadline() < world.horizon {
        node.handle(node.next_deadline(), Input::Deadline, &mut out);
        sent.extend(out.drain().map(|envelope| match envelope.message {
            Message::ServiceRequest(request) => request,
            other => panic!("{other:?} is no request"),
        }));
    }
    assert!(sent.len() > 50);
    (world, sent)
}

#[test]
fn a_supplier_deals_with_each_fuel_in_its_role_at_the_premises_it_supplies() {
    let workload = "per_device_per_day = 0.2\nfrom = \"suppliers\"\nsrvs = [\"4.1.1\", \"4.1.4\", \"11.2\"]";
    let (world, requests) = requests_of_a_day(workload, "B");
    let supplier = world.user_by_name("B");
    for request in requests {
        let device = request.id.target.device().unwrap();
        let (role, responsible) = match device.device_type {
            DeviceType::Gpf | DeviceType::Gsme => {
                (Role::GasSupplier, world.population.gas_supplier(device.premises))
            }
            _ => (
                Role::ImportSupplier,
                Some(world.population.electricity_supplier(device.premises)),
            ),
        };
        assert_eq!((request.role, responsible), (role, supplier));
    }
}

#[test]
fn top_ups_go_to_prepayment_premises() {
    let workload = "per_device_per_day = 2.0\nfrom = \"A\"\nsrvs = [\"2.2\"]\nprepayment_only = true\nshape = \"evening_peak\"";
    let (world, requests) = requests_of_a_day(workload, "A");
    let premises = |request: &ServiceRequest| request.id.target.device().unwrap().premises;
    assert!(
        requests
            .iter()
            .all(|request| world.population.is_prepayment(premises(request)))
    );
}

#[test]
fn a_dno_reads_electricity_meters_of_its_own_area_as_distributor() {
    let workload = "per_device_per_day = 0.2\nfrom = \"dnos\"\nsrvs = [\"4.10\", \"4.1.1\", \"7.4\"]";
    let (world, requests) = requests_of_a_day(workload, "D");
    for request in requests {
        let device = request.id.target.device().unwrap();
        assert_eq!(
            (request.role, device.device_type),
            (Role::ElectricityDistributor, DeviceType::Esme)
        );
        assert_eq!(world.population.dno(device.premises), world.user_by_name("D"));
    }
}

#[test]
fn another_user_reads_consumption_everywhere() {
    let (world, requests) = requests_of_a_day(
        "per_device_per_day = 0.2\nfrom = \"O\"\nsrvs = [\"4.8.1\", \"4.17\"]",
        "O",
    );
    assert!(requests.iter().all(|request| request.role == Role::OtherUser));
    let region = |request: &ServiceRequest| {
        world
            .population
            .region_of(request.id.target.device().unwrap().premises)
    };
    for expected in [Region::Central, Region::South] {
        assert!(requests.iter().any(|request| region(request) == expected));
    }
}

#[test]
fn alerts_concern_those_the_alert_table_names() {
    use AlertRecipient::{CommandSender, Dno, Supplier};
    let recipients = [Supplier, Dno, CommandSender];
    assert_eq!(recipients.map(SupplierDesk::expects), [true, false, true]);
    assert_eq!(recipients.map(DnoDesk::expects), [false, true, true]);
    assert_eq!(recipients.map(OtherUserDesk::expects), [false, false, true]);
}

/// A gas transporter and a Supplier's agent: each may send what its role allows, 14.1 the first alone.
#[test]
fn a_gas_transporter_and_an_agent_send_what_their_roles_allow() {
    const HOMES: &str = r#"
        name = "homes"
        horizon = "2h"
        drain = "2h"
        [population]
        premises = 500
        no_wan_share = 0.0
        not_commissioned_share = 0.0
        suspended_share = 0.0
        [[suppliers]]
        name = "Bright"
        share = 1.0
        [[other_users]]
        name = "Pipes"
        roles = ["GT"]
        [[other_users]]
        name = "Agents"
        roles = ["RSA"]
        [[workloads]]
        name = "gas-network"
        from = "Pipes"
        srvs = ["14.1", "4.10", "4.1.1", "8.2"]
        per_device_per_day = 6.0
        [[workloads]]
        name = "configuration"
        from = "Agents"
        srvs = ["6.2.4", "6.13", "11.2", "8.2"]
        per_device_per_day = 6.0
        [csp.north]
        loss = 0.0
        [csp.central]
        loss = 0.0
        [csp.south]
        loss = 0.0
        [premises]
        device_error_share = 0.0
    "#;
    let run = run(&scenario(HOMES, &[]), 1);
    run.keeps_the_laws().unwrap();
    for user in ["Pipes", "Agents"] {
        let mut rows = run.report.kpis.service.classes.iter();
        let sent: BTreeSet<&str> = rows
            .by_ref()
            .filter(|row| row.key.user.as_deref() == Some(user))
            .map(|row| {
                assert_eq!(row.completed_share, Some(1.0), "{row:#?}");
                row.key.srv.as_deref().unwrap()
            })
            .collect();
        assert_eq!(sent.len(), 4, "{user}: {sent:?}");
    }
    let gt_alone = ["workloads.1.srvs=[\"14.1\"]", "workloads.0.srvs=[\"14.1\"]"];
    let overrides: Vec<String> = gt_alone.iter().map(|flag| (*flag).to_owned()).collect();
    let refused = secnet_topology::parse("homes.toml", HOMES, &overrides)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("Agents"), "{refused}");
}
