//! Stands in for the node crates and for the DSP in this crate's tests.

use crate::{Desk, User};
use secnet_accounts::{Account, Accountable, Part};
use secnet_engine::{Envelope, Input, ItemKind, Node, Outbox, Outcome};
use secnet_model::{Address, AlertRecipient, DeviceType, ResponseCode, Role, SimTime, UserId};
use secnet_topology::World;
use secnet_wire::{
    Acknowledgement, Answer, CommandOrigin, DeviceResult, Message, ServiceRequest, ServiceResponse,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SupplierDesk;

impl Part for SupplierDesk {}

impl Desk for SupplierDesk {
    const SCHEDULES: &'static [&'static str] = &["4.6.1"];

    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Gsme | DeviceType::Gpf => &[Role::GasSupplier],
            _ => &[Role::ImportSupplier, Role::ExportSupplier],
        }
    }

    fn expects(recipient: AlertRecipient) -> bool {
        recipient != AlertRecipient::Dno
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DnoDesk;

impl Part for DnoDesk {}

impl Desk for DnoDesk {
    const SCHEDULES: &'static [&'static str] = &["4.10"];

    fn roles_for(device_type: DeviceType) -> &'static [Role] {
        match device_type {
            DeviceType::Esme => &[Role::ElectricityDistributor],
            _ => &[],
        }
    }

    fn expects(recipient: AlertRecipient) -> bool {
        recipient != AlertRecipient::Supplier
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OtherUserDesk;

impl Part for OtherUserDesk {}

impl Desk for OtherUserDesk {
    const SCHEDULES: &'static [&'static str] = &["4.8.1"];

    fn roles_for(_: DeviceType) -> &'static [Role] {
        &[Role::OtherUser]
    }

    fn expects(recipient: AlertRecipient) -> bool {
        recipient == AlertRecipient::CommandSender
    }
}

pub(crate) const FIRST_SUPPLIER: UserId = UserId(0);
pub(crate) const DISTRIBUTOR: UserId = UserId(2);
pub(crate) const ADVISER: UserId = UserId(3);

/// Two Suppliers, a DNO and an other User over 3,000 premises of one area, for a day from midnight; `more` holds workloads and
/// other tables.
pub(crate) fn world(more: &str) -> Arc<World> {
    world_set(&[], more)
}

/// The same with overrides.
pub(crate) fn world_set(overrides: &[&str], more: &str) -> Arc<World> {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let scenario = format!(
        r#"
        name = "users"
        epoch = "2026-04-01T00:00:00Z"
        horizon = "1d"

        [population]
        premises = 3000
        areas = ["EPN"]
        enrolled_share = 0.8
        prepayment_share = 0.1

        [[suppliers]]
        name = "A"
        share = 0.6
        export = true

        [[suppliers]]
        name = "B"
        share = 0.4

        [[dnos]]
        name = "D"
        areas = ["EPN"]

        [[other_users]]
        name = "O"

        {more}
        "#
    );
    let scenario = secnet_topology::parse("test", &scenario, &overrides).unwrap_or_else(|e| panic!("{e}"));
    Arc::new(World::new(scenario).unwrap())
}

/// One workload of Supplier A; `more` are further keys of it and further tables.
pub(crate) fn world_with(srv: &str, per_device_per_day: f64, more: &str) -> Arc<World> {
    world(&format!(
        "[[workloads]]\nname = \"w\"\nfrom = \"A\"\nsrvs = [\"{srv}\"]\n\
         per_device_per_day = {per_device_per_day:?}\n{more}"
    ))
}

/// A User with a hand on it: the test is the DSP.
pub(crate) struct Harness<D: Desk = SupplierDesk> {
    pub user: User<D>,
    pub now: SimTime,
    out: Outbox<Message>,
    seq: u64,
}

impl Harness {
    pub(crate) fn supplier(world: &Arc<World>) -> Harness {
        Harness::new(world, FIRST_SUPPLIER)
    }
}

impl<D: Desk> Harness<D> {
    pub(crate) fn new(world: &Arc<World>, id: UserId) -> Harness<D> {
        Harness::of(User::new(world, id))
    }

    pub(crate) fn of(user: User<D>) -> Harness<D> {
        Harness {
            user,
            now: SimTime::ZERO,
            out: Outbox::new(),
            seq: 0,
        }
    }

    /// Lets the next deadline come; what was sent then, with its due times.
    pub(crate) fn wake(&mut self) -> Vec<Envelope<Message>> {
        let deadline = self.user.next_deadline();
        assert!(!deadline.is_never(), "nothing to wait for");
        self.now = deadline;
        self.user.handle(self.now, Input::Deadline, &mut self.out);
        assert!(self.user.next_deadline() > self.now, "a deadline comes once");
        self.out.drain().collect()
    }

    /// Lets deadlines come until a request is sent.
    pub(crate) fn next_request(&mut self) -> ServiceRequest {
        loop {
            let sent = self.wake();
            if let [envelope] = sent[..] {
                return request_in(envelope);
            }
            assert!(sent.is_empty(), "one at a time: {sent:?}");
        }
    }

    /// Lets all deadlines up to and including `end` come; the requests sent.
    pub(crate) fn run_to(&mut self, end: SimTime) -> Vec<(SimTime, ServiceRequest)> {
        let mut requests = Vec::new();
        while self.user.next_deadline() <= end {
            let sent = self.wake();
            requests.extend(sent.into_iter().map(|envelope| (self.now, request_in(envelope))));
        }
        self.now = end;
        requests
    }

    pub(crate) fn tell(&mut self, at: SimTime, message: Message) {
        assert!(
            at >= self.now && at <= self.user.next_deadline(),
            "a deadline comes first"
        );
        self.now = at;
        self.seq += 1;
        let to = Address::user(self.user.id());
        let envelope = Envelope {
            due: at,
            seq: self.seq,
            from: Address::DSP,
            to,
            message,
        };
        self.user.handle(at, Input::Message(&envelope), &mut self.out);
        assert!(self.out.is_empty(), "a User sends when its deadlines come");
    }

    pub(crate) fn acknowledge(&mut self, request: ServiceRequest, answer: Answer) {
        let acknowledgement = Acknowledgement {
            id: request.id,
            srv: request.srv,
            answer,
        };
        self.tell(self.now, Message::Acknowledgement(acknowledgement));
    }

    pub(crate) fn respond(
        &mut self,
        at: SimTime,
        request: ServiceRequest,
        code: ResponseCode,
        result: DeviceResult,
    ) {
        let response = response_to(request, CommandOrigin::OnDemand, code, result);
        self.tell(at, Message::ServiceResponse(response));
    }

    pub(crate) fn account(&self) -> Account {
        let account = self.user.account();
        let (ledger, requests) = (&account.ledger, ItemKind::ServiceRequest);
        let held = account.held[requests as usize];
        assert_eq!(
            ledger.opened(requests),
            ledger.closed_total(requests) + held,
            "the ledger balances"
        );
        account
    }

    pub(crate) fn closed(&self, outcome: Outcome) -> u64 {
        self.account().ledger.closed(ItemKind::ServiceRequest, outcome)
    }
}

pub(crate) fn response_to(
    request: ServiceRequest,
    origin: CommandOrigin,
    code: ResponseCode,
    result: DeviceResult,
) -> ServiceResponse {
    let started_at = SimTime::ZERO;
    ServiceResponse {
        id: request.id,
        srv: request.srv,
        origin,
        code,
        result,
        bytes: 100,
        started_at,
    }
}

fn request_in(envelope: Envelope<Message>) -> ServiceRequest {
    match envelope.message {
        Message::ServiceRequest(request) => request,
        other => panic!("{other:?} is no request"),
    }
}
