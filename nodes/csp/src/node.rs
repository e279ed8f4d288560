//! `impl Node for Csp`: what comes in, and what becomes of what leaves the cells.

use crate::cells::{Cells, Passage, WanParams};
use crate::contention::Access;
use crate::distribution::Told;
use crate::exchanges::{Exchanged, Visits};
use crate::latency::Latencies;
use crate::modifications::{Entry, Modifications, Onward};
use crate::networks::{ByNetwork, Network, Wan};
use crate::waiting_room::Parcel;
use secnet_accounts::faults::FaultTallies;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::firmware_cells::FirmwareCells;
use secnet_accounts::load::{First, Firsts, Load, Resource, Use};
use secnet_accounts::pm12::Pm12Slices;
use secnet_accounts::{Account, Accountable, Part, figures, part, parts};
use secnet_engine::{Input, ItemKind, Ledger, Node, Outbox, Outcome, Step, Trace};
use secnet_model::{Address, AlertCode, PremisesId, Region, SimTime, Technology};
use secnet_topology::{TakesRequests, World};
use secnet_wire::codec::{CodecError, Problem, STATE_BYTES_MAX, decode_value, encode_value};
use secnet_wire::{
    Command, DeviceAlert, DeviceResponse, Direction, Freight, Identity, Image, ImageReport, Message,
    Undeliverable, UndeliverableReason,
};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

const STATE_NAME: &str = "the state of a CSP";

/// One region's Communications Service Provider.
pub struct Csp {
    world: Arc<World>,
    region: Region,
    premises: Range<u32>,
    wans: ByNetwork<Wan>,
    visits: Visits,
    state: CspState,
}

parts! {
    /// Everything about a CSP that changes.
    pub struct CspState {
        networks: ByNetwork<Network>,
        exchanged: Exchanged,
        modifications: Modifications,
        pm12: Pm12Slices,
        desk: Desk,
    }
}

/// Where messages leave the cells to: what was sent, closed and counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Desk {
    region: Region,
    /// Envelopes sent so far.
    sent: u64,
    ledger: Ledger,
    faults: FaultTallies,
    firsts: Firsts,
    counts: Counts,
}

impl Part for Desk {
    fn figures(&self, _world: &World, figures: &mut Figures) {
        figures.put(Key::Region(self.region), &self.counts);
    }

    fn memory_bytes(&self) -> usize {
        self.faults.memory_bytes()
    }
}

figures! {
    /// What a CSP counts.
    struct Counts: "CSPs" in "csp" {
        /// Commands from the DSP.
        commands: sum "commands",
        /// Commands handed to the premises.
        commands_delivered: sum "commands",
        /// Commands for premises without coverage.
        no_coverage: sum "commands" as "commands_without_coverage",
        /// Commands whose last transmission was lost.
        commands_lost: sum "commands",
        /// Commands for which a cell had no room.
        commands_queue_full: sum "commands",
        /// Commands that could not be sent for as long as they are kept.
        commands_expired: sum "commands",
        /// Responses handed to the DSP.
        responses_delivered: sum "responses",
        /// Responses whose last transmission was lost.
        responses_lost: sum "responses",
        /// Responses for which a cell had no room.
        responses_queue_full: sum "responses",
        /// Alerts handed to the DSP.
        alerts_passed_on: sum "alerts",
        /// Alerts whose last transmission was lost.
        alerts_lost: sum "alerts",
        /// Alerts for which a cell had no room.
        alerts_queue_full: sum "alerts",
        /// Responses whose hub had no energy left to send them.
        responses_out_of_power: sum "responses" if nonzero,
        /// Alerts whose hub had no energy left to send them.
        alerts_out_of_power: sum "alerts" if nonzero,
        /// Outage alerts not passed on, because others of their place had told of the fault (MP096).
        alerts_rationed: sum "alerts" if nonzero,
        /// Messages nobody should send to this CSP.
        misrouted: sum "messages",
    }
}

impl Csp {
    pub fn new(world: &Arc<World>, region: Region) -> Csp {
        let wans = ByNetwork::new(world, |technology| Wan::new(world, region, technology));
        let visits = Visits::of(world, &world.population.region_range(region));
        let state = CspState {
            networks: ByNetwork::new(world, |technology| Network::new(wans.get(technology), region)),
            exchanged: Exchanged::none(region, &visits),
            modifications: Modifications::new(world, region),
            pm12: Pm12Slices::new(region),
            desk: Desk {
                region,
                sent: 0,
                ledger: Ledger::default(),
                faults: FaultTallies::default(),
                firsts: Firsts::default(),
                counts: Counts::default(),
            },
        };
        Csp::with_state(world, region, (wans, visits), state)
    }

    fn with_state(
        world: &Arc<World>,
        region: Region,
        (wans, visits): (ByNetwork<Wan>, Visits),
        state: CspState,
    ) -> Csp {
        Csp {
            region,
            premises: world.population.region_range(region),
            wans,
            visits,
            world: Arc::clone(world),
            state,
        }
    }

    /// A CSP that goes on from what [`save`](Accountable::save) wrote. The state of another scenario's or region's is refused.
    pub fn restore(world: &Arc<World>, region: Region, saved: &[u8]) -> Result<Csp, CodecError> {
        let state: CspState = decode_value(STATE_NAME, saved, STATE_BYTES_MAX)?;
        let wans = ByNetwork::new(world, |technology| Wan::new(world, region, technology));
        let saved_region = state.networks.get(Technology::Legacy).cells.region();
        let saved: Vec<u32> = state.networks.iter().map(|it| it.cells.count()).collect();
        let expected: Vec<u32> = wans.iter().map(|it| it.cells.count()).collect();
        if saved_region != region || saved != expected {
            let problem = Problem::Invalid(format!(
                "is of {saved_region} with {saved:?} cells in its networks, where {region} has {expected:?}"
            ));
            return Err(CodecError {
                what: STATE_NAME.to_owned(),
                problem,
            });
        }
        let visits = Visits::of(world, &world.population.region_range(region));
        Ok(Csp::with_state(world, region, (wans, visits), state))
    }

    /// Bytes this CSP's cells, queues and timers take, and what Modifications keep.
    pub fn memory_bytes(&self) -> usize {
        self.state.memory_bytes()
    }

    /// A command from the DSP: to the cell of its premises, where there is coverage.
    #[inline]
    fn command(&mut self, now: SimTime, command: Command, out: &mut Outbox<Message>) {
        self.state.desk.counts.commands += 1;
        let Some(premises) = self.premises_of(command.id.target.device().map(|device| device.premises))
        else {
            self.state.desk.counts.misrouted += 1;
            return self
                .clerk(now, out)
                .undeliverable(&command, UndeliverableReason::NoCoverage);
        };
        let technology = self.world.technology(premises, now);
        let reach = &self.wans.get(technology).params.reach;
        if !reach.is_recorded(premises, now) {
            self.state.desk.counts.no_coverage += 1;
            return self
                .clerk(now, out)
                .undeliverable(&command, UndeliverableReason::NoCoverage);
        }
        self.arrive(now, premises, Freight::Command(command), out);
    }

    /// A response or an alert from a premises: through its cell, then to the DSP.
    #[inline]
    fn up(&mut self, now: SimTime, freight: Freight, out: &mut Outbox<Message>) {
        match self.premises_of(freight.premises()) {
            Some(premises) => self.arrive(now, premises, freight, out),
            None => {
                self.state.desk.counts.misrouted += 1;
                self.clerk(now, out).gone(&freight, Outcome::LostOnWan);
            }
        }
    }

    fn premises_of(&self, premises: Option<PremisesId>) -> Option<PremisesId> {
        premises.filter(|premises| self.premises.contains(&premises.0))
    }

    /// At the door of the SM WAN.
    #[inline]
    fn arrive(&mut self, now: SimTime, premises: PremisesId, freight: Freight, out: &mut Outbox<Message>) {
        match self
            .state
            .modifications
            .freight_arrives(now, &self.world, &freight)
        {
            Entry::Admit => self.offer(now, premises, freight, out),
            Entry::Hold => {}
            Entry::Refuse => self.clerk(now, out).gone(&freight, Outcome::DroppedQueueFull),
        }
    }

    #[inline]
    fn offer(&mut self, now: SimTime, premises: PremisesId, freight: Freight, out: &mut Outbox<Message>) {
        let technology = self.world.technology(premises, now);
        let wan = self.wans.get(technology);
        let cell = wan.cells.cell_of(premises);
        if let (Some(channel), Freight::Alert(alert)) = (&wan.params.access, freight) {
            let network = self.state.networks.get_mut(technology);
            return network.contention.join(now, channel, cell, alert);
        }
        let parcel = Parcel::new(cell, freight, now, now);
        let (cells, wan, mut clerk) = self.cells_and_clerk(technology, now, out);
        cells.offer(now, wan, parcel, &mut |parcel, passage| {
            clerk.leave(&parcel, passage)
        });
    }

    fn wake(&mut self, now: SimTime, out: &mut Outbox<Message>) {
        self.state.modifications.go_live(now);
        while let Some(freight) = self.state.modifications.due(now) {
            if let Some(premises) = self.premises_of(freight.premises()) {
                self.offer(now, premises, freight, out);
            }
        }
        self.state.exchanged.wake(now, &self.world, &self.visits);
        self.wake_network(Technology::Legacy, now, out);
        if self.wans.has_4g() {
            self.wake_network(Technology::FourG, now, out);
        }
    }

    fn wake_network(&mut self, technology: Technology, now: SimTime, out: &mut Outbox<Message>) {
        self.let_in(technology, now, out);
        self.distribute(technology, now, out);
        let (cells, wan, mut clerk) = self.cells_and_clerk(technology, now, out);
        cells.wake(now, wan, &mut |parcel, passage| clerk.leave(&parcel, passage));
    }

    /// A firmware image for a device: to the cell of its premises, where there is coverage.
    fn image(&mut self, now: SimTime, image: Image, out: &mut Outbox<Message>) {
        let is_of_it = self.world.has_campaign(image.campaign, image.device.device_type);
        let Some(premises) = self.premises_of(Some(image.device.premises)).filter(|_| is_of_it) else {
            self.state.desk.counts.misrouted += 1;
            return;
        };
        let technology = self.world.technology(premises, now);
        let wan = self.wans.get(technology);
        if !wan.params.reach.is_recorded(premises, now) {
            return self.clerk(now, out).image_over(image, false);
        }
        let (cell, network) = (
            wan.cells.cell_of(premises),
            self.state.networks.get_mut(technology),
        );
        network.distribution.want(now, &wan.plan, cell, image);
    }

    fn distribute(&mut self, technology: Technology, now: SimTime, out: &mut Outbox<Message>) {
        let network = self.state.networks.get_mut(technology);
        if network.distribution.next_deadline(&self.world) > now {
            return;
        }
        let mut told = Vec::new();
        let plan = &self.wans.get(technology).plan;
        network.distribution.wake(now, plan, &mut |word| told.push(word));
        for word in told {
            match word {
                Told::Sends { cell, does } => {
                    self.state
                        .networks
                        .get_mut(technology)
                        .cells
                        .distributes(cell, does);
                }
                Told::Over { image, delivered } => {
                    let (_, _, mut clerk) = self.cells_and_clerk(technology, now, out);
                    clerk.image_over(image, delivered);
                }
            }
        }
    }

    /// Alerts whose hubs have been granted the channel, or will not be.
    fn let_in(&mut self, technology: Technology, now: SimTime, out: &mut Outbox<Message>) {
        let wan = self.wans.get(technology);
        let Some(channel) = &wan.params.access else {
            return;
        };
        let contention = &mut self.state.networks.get_mut(technology).contention;
        if contention.next_deadline(&self.world) > now {
            return;
        }
        let mut left = Vec::new();
        contention.wake(
            now,
            channel,
            &wan.params.reach,
            &wan.params.closed,
            &mut |came, alert, access| {
                left.push((came, alert, access));
            },
        );
        for (came, alert, access) in left {
            let freight = Freight::Alert(alert);
            let outcome = match access {
                Access::Granted => {
                    let cell = self.wans.get(technology).cells.cell_of(alert.device.premises);
                    let parcel = Parcel::new(cell, freight, came, now);
                    let (cells, wan, mut clerk) = self.cells_and_clerk(technology, now, out);
                    cells.offer(now, wan, parcel, &mut |parcel, passage| {
                        clerk.leave(&parcel, passage)
                    });
                    continue;
                }
                Access::OutOfPower => Outcome::LostPower,
                Access::GivenUp => Outcome::LostOnWan,
            };
            self.clerk(now, out).gone(&freight, outcome);
        }
    }

    /// The cells of a network, and who deals with what leaves them.
    #[inline]
    fn cells_and_clerk<'a>(
        &'a mut self,
        technology: Technology,
        now: SimTime,
        out: &'a mut Outbox<Message>,
    ) -> (&'a mut Cells, &'a WanParams, Clerk<'a>) {
        let wan = self.wans.get(technology);
        let clerk = Clerk {
            now,
            region: self.region,
            technology,
            latencies: &wan.latencies,
            world: &self.world,
            modifications: &mut self.state.modifications,
            pm12: &mut self.state.pm12,
            desk: &mut self.state.desk,
            out,
        };
        let network = self.state.networks.get_mut(technology);
        (&mut network.cells, &wan.params, clerk)
    }

    /// How busy the channels of its networks were.
    fn uses(&self) -> impl Iterator<Item = (Resource, Use)> {
        let networks = self.state.networks.iter().zip(self.wans.iter());
        networks.flat_map(|(network, wan)| network.uses(wan))
    }

    fn firmware_cells(&self) -> FirmwareCells {
        let mut all = FirmwareCells::default();
        let networks = self.state.networks.iter();
        let cells = networks.flat_map(|network| network.distribution.cells());
        cells.for_each(|(of, cell)| all.put(of, cell));
        all
    }

    /// For what was in no cell.
    fn clerk<'a>(&'a mut self, now: SimTime, out: &'a mut Outbox<Message>) -> Clerk<'a> {
        self.cells_and_clerk(Technology::Legacy, now, out).2
    }
}

impl Node for Csp {
    type Message = Message;

    fn handle(&mut self, now: SimTime, input: Input<'_, Message>, out: &mut Outbox<Message>) {
        match input {
            Input::Deadline => self.wake(now, out),
            Input::Message(envelope) => match &envelope.message {
                Message::Command(command) => self.command(now, *command, out),
                Message::DeviceResponse(response) => self.up(now, Freight::Response(*response), out),
                Message::DeviceAlert(alert) => self.up(now, Freight::Alert(*alert), out),
                Message::Image(image) => self.image(now, *image, out),
                Message::ServiceRequest(_)
                | Message::ImageReport(_)
                | Message::ImageWarning(_)
                | Message::Acknowledgement(_)
                | Message::Undeliverable(_)
                | Message::ServiceResponse(_)
                | Message::DccAlert(_)
                | Message::PushedAgain(_)
                | Message::AlertCopy(_) => self.state.desk.counts.misrouted += 1,
            },
        }
    }

    #[inline]
    fn next_deadline(&self) -> SimTime {
        self.state.next_deadline(&self.world)
    }
}

/// Sends on, reports or closes what leaves the cells.
struct Clerk<'a> {
    now: SimTime,
    region: Region,
    technology: Technology,
    latencies: &'a Latencies,
    world: &'a World,
    modifications: &'a mut Modifications,
    pm12: &'a mut Pm12Slices,
    desk: &'a mut Desk,
    out: &'a mut Outbox<Message>,
}

impl Clerk<'_> {
    #[inline]
    fn leave(&mut self, parcel: &Parcel, passage: Passage) {
        let outcome = match passage {
            Passage::Sent { starts, ends } => return self.sent(parcel, starts, ends),
            Passage::Lost => Outcome::LostOnWan,
            Passage::QueueFull => Outcome::DroppedQueueFull,
            Passage::Expired => return self.expired(parcel),
            Passage::OutOfPower => Outcome::LostPower,
        };
        self.gone(&parcel.freight, outcome);
    }

    #[inline]
    fn sent(&mut self, parcel: &Parcel, starts: SimTime, ends: SimTime) {
        let (freight, counts) = (parcel.freight, &mut self.desk.counts);
        let identity = Identity::of(&freight);
        let (to, due) = match freight {
            Freight::Command(_) => {
                // The door let it in by its premises.
                let Some(premises) = freight.premises() else {
                    return;
                };
                counts.commands_delivered += 1;
                let due = ends + self.latencies.to_premises(identity);
                (Address::premises(premises), due)
            }
            Freight::Response(_) => {
                counts.responses_delivered += 1;
                (Address::DSP, ends + self.latencies.to_dsp(identity))
            }
            Freight::Alert(alert) => {
                let neighbours = self.world.population.cell_of(alert.device.premises);
                let onward = self.modifications.alert_received(self.now, neighbours, &alert);
                if alert.alert == AlertCode::power_outage() {
                    let forwarded = onward == Onward::Forward;
                    self.pm12.received(&self.world.calendar, self.now, forwarded);
                }
                if onward == Onward::Ration {
                    return self.rationed(&alert);
                }
                counts.alerts_passed_on += 1;
                (Address::DSP, ends + self.latencies.to_dsp(identity))
            }
        };
        self.trace_passage(parcel, starts, ends, due);
        self.send(to, due, freight.into());
    }

    /// An alert that others speak for ends here.
    fn rationed(&mut self, alert: &DeviceAlert) {
        self.desk.counts.alerts_rationed += 1;
        self.close(alert, Outcome::Rationed);
        self.tell_end(&Freight::Alert(*alert), Outcome::Rationed);
    }

    /// Hub and DSP are told of an image that is over; a hub that has not got it hears nothing.
    fn image_over(&mut self, image: Image, delivered: bool) {
        if delivered {
            let due = self.now + self.latencies.image_to_premises(&image);
            let to = Address::premises(image.device.premises);
            self.send(to, due, Message::Image(image));
        }
        let due = self.now + self.latencies.image_report_to_dsp(&image);
        let report = ImageReport { image, delivered };
        self.send(Address::DSP, due, Message::ImageReport(report));
    }

    fn tell_end(&mut self, freight: &Freight, outcome: Outcome) {
        if let Some(trace) = self.trace_of(freight) {
            let uplink = trace.span(Step::Uplink, self.now, self.now);
            self.out.trace(uplink.ended(outcome));
        }
    }

    fn close(&mut self, alert: &DeviceAlert, outcome: Outcome) {
        let (desk, id) = (&mut *self.desk, alert.identity());
        desk.ledger.close(ItemKind::DeviceAlert, outcome, id, self.now);
        desk.faults.closed(self.world, alert, outcome, self.now);
    }

    fn expired(&mut self, parcel: &Parcel) {
        if let Freight::Command(command) = &parcel.freight {
            self.desk.counts.commands_expired += 1;
            self.undeliverable(command, UndeliverableReason::Expired);
        }
    }

    /// Tells the DSP, which answers the User with E20.
    fn undeliverable(&mut self, command: &Command, reason: UndeliverableReason) {
        let due = self.now
            + self
                .latencies
                .undeliverable_to_dsp(Identity::of_request(command.id));
        if let Some(trace) = self.world.sampler.request(&command.id, command.srv) {
            let undeliverable = trace.span(Step::Undeliverable, self.now, due);
            self.out.trace(undeliverable.failed_if(true));
        }
        let word = Undeliverable {
            id: command.id,
            correlation: command.correlation,
            reason,
        };
        self.send(Address::DSP, due, Message::Undeliverable(word));
    }

    /// The DSP is told of a command that is gone. A response that is gone leaves the DSP to its time-out (E21). An alert ends here.
    fn gone(&mut self, freight: &Freight, outcome: Outcome) {
        let lost = outcome == Outcome::LostOnWan;
        let counts = &mut self.desk.counts;
        let count = match (freight, lost, outcome == Outcome::LostPower) {
            (Freight::Command(_), true, _) => &mut counts.commands_lost,
            (Freight::Command(_), false, _) => &mut counts.commands_queue_full,
            (Freight::Response(_), true, _) => &mut counts.responses_lost,
            (Freight::Response(_), false, true) => &mut counts.responses_out_of_power,
            (Freight::Response(_), false, false) => &mut counts.responses_queue_full,
            (Freight::Alert(_), true, _) => &mut counts.alerts_lost,
            (Freight::Alert(_), false, true) => &mut counts.alerts_out_of_power,
            (Freight::Alert(_), false, false) => &mut counts.alerts_queue_full,
        };
        *count += 1;
        if outcome == Outcome::DroppedQueueFull {
            let channel = match freight.direction() {
                Direction::Downlink => Resource::downlink(self.region, self.technology),
                Direction::Uplink => Resource::uplink(self.region, self.technology),
            };
            self.desk.firsts.note(First::QueueFull(channel), self.now);
        }
        match freight {
            Freight::Command(command) => {
                let reason = match lost {
                    true => UndeliverableReason::LostOnWan,
                    false => UndeliverableReason::QueueFull,
                };
                return self.undeliverable(command, reason);
            }
            Freight::Response(_) => {}
            Freight::Alert(alert) => self.close(alert, outcome),
        }
        self.tell_end(freight, outcome);
    }

    #[inline]
    fn trace_of(&self, freight: &Freight) -> Option<Trace> {
        match freight {
            Freight::Command(Command { id, srv, .. }) | Freight::Response(DeviceResponse { id, srv, .. }) => {
                self.world.sampler.request(id, *srv)
            }
            Freight::Alert(alert) => self
                .world
                .sampler
                .device_alert(alert.device, alert.alert, alert.number),
        }
    }

    /// The wait for the transmission that came through, that transmission, and the latency behind it.
    #[inline]
    fn trace_passage(&mut self, parcel: &Parcel, starts: SimTime, ends: SimTime, due: SimTime) {
        if let Some(trace) = self.trace_of(&parcel.freight) {
            self.tell_passage(trace, parcel, starts, ends, due);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_passage(&mut self, trace: Trace, parcel: &Parcel, starts: SimTime, ends: SimTime, due: SimTime) {
        let (queue, way, behind) = match parcel.direction() {
            Direction::Downlink => (Step::DownlinkQueue, Step::Downlink, Step::ToHub),
            Direction::Uplink => (Step::UplinkQueue, Step::Uplink, Step::FromCsp),
        };
        let transmissions = u32::from(parcel.transmissions);
        let transmission = trace.span(way, starts, ends).count(transmissions);
        self.out.trace(trace.span(queue, parcel.joined, starts));
        self.out.trace(transmission.bytes(parcel.freight.bytes()));
        self.out.trace(trace.span(behind, ends, due));
    }

    #[inline]
    fn send(&mut self, to: Address, due: SimTime, message: Message) {
        self.desk.sent += 1;
        self.out
            .send(Address::provider(self.region), to, self.desk.sent, due, message);
    }
}

impl TakesRequests for Csp {}

impl Accountable for Csp {
    fn account(&self) -> Account {
        Account {
            faults: self.state.desk.faults.clone(),
            firmware_cells: self.firmware_cells(),
            load: Load {
                uses: self.uses().collect(),
                firsts: self.state.desk.firsts.clone(),
            },
            ..part::account(&self.state, &self.state.desk.ledger, &self.world)
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.state.desk.ledger
    }

    fn save(&self) -> Result<Vec<u8>, CodecError> {
        encode_value(STATE_NAME, &self.state, STATE_BYTES_MAX)
    }
}
