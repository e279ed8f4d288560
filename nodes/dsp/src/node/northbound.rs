//! What goes to Users without having been asked for, and how everything is pushed to them.

use super::Dsp;
use crate::alerts;
use crate::delays::Leg;
use crate::delivery::{Over, Push};
use crate::modifications::{Northbound, Work};
use secnet_engine::{ItemKind, Outbox, Outcome, Span, Step, Trace};
use secnet_model::{Address, AlertCode, DccAlertCode, Eui64, SimDuration, SimTime, UserId};
use secnet_wire::{AlertCopy, CommandOrigin, DccAlert, DeviceAlert, Message, Pushed};

impl Dsp {
    pub(super) fn device_alert(&mut self, now: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        self.state.counts.device_alerts += 1;
        match self.state.modifications.alert_arrives(now, &alert) {
            Northbound::Forward => self.alert_admitted(now, alert, out),
            Northbound::Close(outcome) => self.close_alert(now, &alert, outcome, out),
            Northbound::Hold => {}
        }
    }

    pub(super) fn alert_admitted(&mut self, now: SimTime, alert: DeviceAlert, out: &mut Outbox<Message>) {
        if let Some(served) = self.served(now, || Work::Alert(alert)) {
            if self.taken(served) > now
                && let Some(trace) = self.trace_of_alert(&alert)
            {
                self.tell_queue(trace, now, served, out);
            }
            self.serve_alert(now, served, alert, out);
        }
    }

    pub(super) fn serve_alert(
        &mut self,
        now: SimTime,
        served: SimTime,
        alert: DeviceAlert,
        out: &mut Outbox<Message>,
    ) {
        let at = self.taken(served);
        if alert.alert == AlertCode::image_sound() {
            self.image_is_sound(served, alert.device, out);
        }
        if alert.alert == AlertCode::future_dated_succeeded()
            && let Some(command) = alert.command
        {
            self.executed(served, command, alert.device, out);
        }
        let mut recipients = alerts::recipients(&self.world, &self.state.records, at, &alert);
        let Some(user) = recipients.next() else {
            let region = self.world.population.region_of(alert.device.premises);
            let unaddressed = &mut self.state.unaddressed;
            unaddressed.record_for_nobody(&self.world, alert.alert, region, alert.raised_at);
            return self.close_alert(now, &alert, Outcome::NoRecipient, out);
        };
        let [device, number] = alert.identity();
        let due = served + self.delays.of(Leg::DeviceAlert, device, number);
        if let Some(trace) = self.trace_of_alert(&alert) {
            out.trace(trace.span(Step::Correlation, self.taken(served), served));
            out.trace(
                trace
                    .span(Step::Delivery, served, due)
                    .bytes(u32::from(alert.bytes)),
            );
        }
        self.state.messages.device_alerts_sent_on += 1;
        self.push(user, served, due, alert, out);
        for (number, user) in (1..).zip(recipients) {
            self.copy_alert(served, user, number, alert, out);
        }
    }

    /// The alert goes to one User more.
    fn copy_alert(
        &mut self,
        served: SimTime,
        user: UserId,
        number: u64,
        alert: DeviceAlert,
        out: &mut Outbox<Message>,
    ) {
        let copy = AlertCopy(alert);
        let due = served + self.push_delay(&copy.into());
        if let Some(trace) = self.trace_of_alert(&alert) {
            let delivery = trace.nth(Step::Delivery, number, served, due);
            out.trace(delivery.bytes(u32::from(alert.bytes)).for_user(user));
        }
        self.state.counts.alert_copies += 1;
        self.push(user, served, due, copy, out);
    }

    pub(super) fn close_alert(
        &mut self,
        now: SimTime,
        alert: &DeviceAlert,
        outcome: Outcome,
        out: &mut Outbox<Message>,
    ) {
        let ledger = &mut self.state.ledger;
        ledger.close(ItemKind::DeviceAlert, outcome, alert.identity(), now);
        self.state.faults.closed(&self.world, alert, outcome, now);
        if let Some(trace) = self.trace_of_alert(alert) {
            out.trace(trace.span(Step::Correlation, now, now).ended(outcome));
        }
    }

    pub(super) fn alert_user(
        &mut self,
        now: SimTime,
        user: UserId,
        code: DccAlertCode,
        about: Eui64,
        request: u64,
        out: &mut Outbox<Message>,
    ) {
        self.state.numbers.dcc_alerts += 1;
        self.state.ledger.open(ItemKind::DccAlert);
        let number = self.state.numbers.dcc_alerts;
        let alert = DccAlert {
            code,
            about,
            request,
            number,
            raised_at: now,
            throttled: None,
        };
        match self.state.modifications.dcc_alert_raised(user, &alert) {
            Northbound::Forward => self.push_dcc_alert(now, user, alert, out),
            Northbound::Hold => {}
            Northbound::Close(outcome) => {
                let ledger = &mut self.state.ledger;
                ledger.close(ItemKind::DccAlert, outcome, alert.identity(), now);
                if let Some(trace) = self.world.sampler.dcc_alert(user, about, number) {
                    out.trace(trace.span(Step::Item, now, now).ended(outcome));
                }
            }
        }
    }

    pub(super) fn push_dcc_alert(
        &mut self,
        now: SimTime,
        user: UserId,
        alert: DccAlert,
        out: &mut Outbox<Message>,
    ) {
        let DccAlert { about, number, .. } = alert;
        self.state.messages.dcc_alerts += 1;
        let due = now + self.delays.of(Leg::DccAlert, about.0, number);
        if let Some(trace) = self.world.sampler.dcc_alert(user, about, number) {
            out.trace(trace.span(Step::Item, alert.raised_at, due));
        }
        self.push(user, now, due, alert, out);
    }

    /// Pushes to a User what arrives at `due`, or keeps it while its gateway is down.
    #[inline]
    pub(super) fn push(
        &mut self,
        user: UserId,
        at: SimTime,
        due: SimTime,
        pushed: impl Into<Pushed> + Into<Message>,
        out: &mut Outbox<Message>,
    ) {
        if self.world.timeline.gateway(user).is_empty() {
            return self.send(Address::user(user), due, pushed.into(), out);
        }
        let pushed = pushed.into();
        match self.state.delivery.push(&self.world, user, at, due, &pushed) {
            Push::Arrives(due) => self.send(Address::user(user), due, Message::from(pushed), out),
            Push::Kept => {}
        }
    }

    /// The waiting of something kept is over.
    pub(super) fn kept_no_longer(
        &mut self,
        now: SimTime,
        user: UserId,
        over: Over,
        out: &mut Outbox<Message>,
    ) {
        match over {
            Over::Push {
                pushed,
                is_copy,
                kept_since,
                not_before,
            } => {
                let due = (now + self.push_delay(&pushed)).max(not_before);
                self.state.delivery.pushed_again(user, due);
                if let Some(trace) = self.trace_of_pushed(user, &pushed) {
                    out.trace(kept(trace, user, kept_since, now));
                    out.trace(trace.nth(Step::Delivery, now.0, now, due));
                }
                let message = match is_copy {
                    true => Message::PushedAgain(pushed),
                    false => pushed.into(),
                };
                self.send(Address::user(user), due, message, out);
            }
            Over::DropCopy => {}
            Over::Drop { pushed, kept_since } => {
                if let Some(trace) = self.trace_of_pushed(user, &pushed) {
                    out.trace(kept(trace, user, kept_since, now));
                }
                self.drop_kept(now, &pushed, out);
            }
        }
    }

    fn drop_kept(&mut self, now: SimTime, pushed: &Pushed, out: &mut Outbox<Message>) {
        let ledger = &mut self.state.ledger;
        match pushed {
            Pushed::DeviceAlert(alert) => self.close_alert(now, alert, Outcome::Undelivered, out),
            // The first User has the item.
            Pushed::AlertCopy(_) => {}
            Pushed::DccAlert(alert) => {
                ledger.close(ItemKind::DccAlert, Outcome::Undelivered, alert.identity(), now);
            }
            Pushed::Response(response) if response.origin == CommandOrigin::Scheduled => {
                let id = response.id.identity();
                ledger.close(ItemKind::ScheduledRead, Outcome::Undelivered, id, now);
                self.state.readings.dropped(&self.world, now, response);
            }
            // The request is its User's, which gives it up when its patience ends.
            Pushed::Response(_) => {}
        }
    }

    pub(super) fn push_delay(&self, pushed: &Pushed) -> SimDuration {
        match pushed {
            Pushed::Response(response) => self.delays.of_request(Leg::Response, &response.id),
            Pushed::DeviceAlert(alert) => {
                let [device, number] = alert.identity();
                self.delays.of(Leg::DeviceAlert, device, number)
            }
            Pushed::AlertCopy(AlertCopy(alert)) => {
                let [device, number] = alert.identity();
                self.delays.of(Leg::AlertCopy, device, number)
            }
            Pushed::DccAlert(alert) => self.delays.of(Leg::DccAlert, alert.about.0, alert.number),
        }
    }

    pub(super) fn trace_of_pushed(&self, user: UserId, pushed: &Pushed) -> Option<Trace> {
        match pushed {
            Pushed::Response(response) => self.world.sampler.request(&response.id, response.srv),
            Pushed::DeviceAlert(alert) | Pushed::AlertCopy(AlertCopy(alert)) => self.trace_of_alert(alert),
            Pushed::DccAlert(alert) => self.world.sampler.dcc_alert(user, alert.about, alert.number),
        }
    }

    #[inline]
    pub(super) fn trace_of_alert(&self, alert: &DeviceAlert) -> Option<Trace> {
        let sampler = &self.world.sampler;
        sampler.device_alert(alert.device, alert.alert, alert.number)
    }
}

/// How long something waited for the User's gateway. What comes behind it when the gateway has opened already has not waited.
fn kept(trace: Trace, user: UserId, since: SimTime, now: SimTime) -> Span {
    trace.nth(Step::Kept, now.0, since.min(now), now).for_user(user)
}
