//! Alerts the DCC pushes to the User. The item came with the message; here it ends.

use super::User;
use super::answers::submission;
use crate::desk::Desk;
use crate::request_book::Stage;
use secnet_accounts::AlertKey;
use secnet_accounts::alerts::Arrived;
use secnet_engine::{ItemKind, Outcome, Step};
use secnet_model::{AlertCode, DccAlertCode, SimDuration, SimTime};
use secnet_wire::{AlertCopy, DccAlert, DeviceAlert};

impl<D: Desk> User<D> {
    pub(crate) fn receive_device_alert(&mut self, now: SimTime, alert: &DeviceAlert) {
        self.state.received.note(&self.gateway, now, alert);
        let (counts, entry) = (&mut self.state.counts, alert.alert.entry());
        // Where nobody is there for the alert itself, its copy's recipient has it.
        let is_expected = D::expects(entry.recipient) || entry.also.is_some_and(D::expects);
        counts.misdirected_alerts += u64::from(!is_expected);
        counts.future_dated_executed += u64::from(alert.alert == AlertCode::future_dated_succeeded());
        counts.future_dated_failed += u64::from(alert.alert == AlertCode::future_dated_failed());
        let key = self.alert_key(alert);
        let arrived = Arrived::new(&self.world, alert.raised_at, now);
        self.state.alerts.arrived(key, arrived);
        if let Some(throttled) = alert.throttled {
            let consolidated_at = alert.raised_at + SimDuration::from_millis(throttled.waited_ms.into());
            let levels = self.state.alerts.at_once();
            levels.record_consolidated(key, throttled.count, alert.raised_at, consolidated_at, now);
        }
        self.state.desk.note_alert(now, alert, &self.world);
        let ledger = &mut self.state.ledger;
        ledger.close(ItemKind::DeviceAlert, Outcome::Delivered, alert.identity(), now);
        self.state
            .faults
            .closed(&self.world, alert, Outcome::Delivered, now);
        if let Some(trace) = self
            .world
            .sampler
            .device_alert(alert.device, alert.alert, alert.number)
        {
            let receipt = trace.span(Step::Receipt, now, now);
            self.told
                .push(receipt.ended(Outcome::Delivered).bytes(u32::from(alert.bytes)));
        }
    }

    /// One that another User has as well, with whom its item ends.
    pub(crate) fn receive_alert_copy(&mut self, now: SimTime, copy: &AlertCopy) {
        let AlertCopy(alert) = copy;
        self.state.received.note(&self.gateway, now, copy);
        let is_expected = alert.alert.entry().also.is_some_and(D::expects);
        self.state.counts.misdirected_alerts += u64::from(!is_expected);
        let key = self.alert_key(alert);
        self.state.alerts.at_once().record_copy(key, alert.raised_at, now);
        self.state.desk.note_alert(now, alert, &self.world);
        let sampler = &self.world.sampler;
        if let Some(trace) = sampler.device_alert(alert.device, alert.alert, alert.number) {
            let receipt = trace.nth(Step::Receipt, u64::from(self.id.0) + 1, now, now);
            self.told.push(receipt.bytes(u32::from(alert.bytes)));
        }
    }

    fn alert_key(&self, alert: &DeviceAlert) -> AlertKey {
        AlertKey {
            alert: alert.alert,
            user: self.id,
            region: self.world.population.region_of(alert.device.premises),
        }
    }

    pub(crate) fn receive_dcc_alert(&mut self, now: SimTime, alert: &DccAlert) {
        self.state.received.note(&self.gateway, now, alert);
        self.state.counts.dcc_alert(alert);
        match alert.code {
            DccAlertCode::N46 | DccAlertCode::N47 | DccAlertCode::N48 => self.quarantined(now, alert.request),
            DccAlertCode::N60 => self.state.desk.note_image(alert, true, &self.world),
            DccAlertCode::N61 => self.state.desk.note_image(alert, false, &self.world),
            DccAlertCode::N12 | DccAlertCode::N13 | DccAlertCode::N17 | DccAlertCode::N49 => {}
        }
        let ledger = &mut self.state.ledger;
        ledger.close(ItemKind::DccAlert, Outcome::Delivered, alert.identity(), now);
        if let Some(trace) = self.world.sampler.dcc_alert(self.id, alert.about, alert.number) {
            self.told
                .push(trace.span(Step::Receipt, now, now).ended(Outcome::Delivered));
        }
    }

    /// The request waits for people now; how long is up to the DSP's model of them.
    fn quarantined(&mut self, now: SimTime, counter: u64) {
        let slot = self.state.book.find(counter);
        if let Some(open) = slot.and_then(|slot| self.state.book.get_mut(slot)) {
            let before = *open;
            open.stage = Stage::Quarantined;
            if before.stage == Stage::Submitted
                && let Some(trace) = self.trace_of(&before.request)
            {
                self.told.push(submission(trace, &before, now));
            }
        }
    }
}
