//! What a request says: its SRV, target, role and timing.

use super::{REQUEST_SIZE, User};
use crate::asking_again::Again;
use crate::customers::Customers;
use crate::desk::Desk;
use crate::mistakes;
use crate::own_schedules::OwnSchedule;
use crate::payload;
use crate::request_form::{Candidate, Posted, RequestForm, Subject, Unsendable};
use crate::targets::{Search, Target};
use crate::workload::{Dated, Workload};
use secnet_accounts::ServiceMode;
use secnet_model::{Eui64, Region, RequestId, Role, SimTime, Srv};
use secnet_topology::scenario::Mistake;
use secnet_wire::{ServiceRequest, Timing};

/// A request ready to be opened.
pub(super) struct Draft {
    pub request: ServiceRequest,
    pub mode: ServiceMode,
    pub region: Option<Region>,
}

impl<D: Desk> User<D> {
    /// The next request, filled in.
    pub(super) fn request(
        &self,
        form: &RequestForm,
        target: Eui64,
        role: Role,
        timing: Timing,
    ) -> ServiceRequest {
        let counter = self.state.numbers.requests + 1;
        let size = self.world.draws.bits(REQUEST_SIZE, u64::from(self.id.0), counter);
        let device = target.device();
        let is_smets1 = device.is_some_and(|device| self.world.population.is_smets1(device.premises));
        let Posted { variant, service } = form.posted(is_smets1);
        ServiceRequest {
            id: RequestId {
                originator: self.id,
                target,
                counter,
            },
            srv: form.srv,
            variant,
            service,
            role: form.claimed_role.unwrap_or(role),
            bytes: payload::service_request(form.srv, size) + self.images_bytes(timing),
            timing,
        }
    }

    /// What a firmware request brings besides: its list of devices, and the image where the DCC has not got it already.
    fn images_bytes(&self, timing: Timing) -> u32 {
        let Timing::Images { campaign, batch } = timing else {
            return 0;
        };
        let campaign = self.world.campaign(campaign, self.id);
        campaign.map_or(0, |campaign| {
            let image_bytes = match self.world.scenario.firmware.central_library {
                true => 0,
                false => campaign.params.image.0,
            };
            payload::images(image_bytes, campaign.devices(batch).count() as u64)
        })
    }

    /// Fills in a workload's `n`-th request.
    pub(super) fn draft(&self, now: SimTime, workload: &Workload, n: u64) -> Result<Draft, Unsendable> {
        let (draws, user) = (self.world.draws, u64::from(self.id.0));
        if self.has_lost(now, workload, n) {
            return Err(Unsendable::Lost);
        }
        let choice = match workload.forms.len() {
            1 => 0,
            count => draws.below(count as u64, workload.streams.srv, user, n) as usize,
        };
        let form = workload
            .forms
            .get(choice)
            .ok_or(Unsendable::NoTarget)?
            .as_ref()
            .map_err(|problem| *problem)?;
        let (target, role, region, timing) = match &form.subject {
            Subject::Dcc(role) => (Eui64::DCC, *role, None, Timing::Now),
            Subject::Device(candidates) => {
                let (target, role, region) = self.choose_device(now, workload, form.srv, candidates, n)?;
                let region = region.filter(|_| form.mode != ServiceMode::NonDevice);
                (target, role, region, self.timing(now, workload, form))
            }
            Subject::Schedule(choices) => {
                let schedule = self.choose_schedule(now, workload, form, choices, n)?;
                let timing = Timing::Daily { srv: schedule.srv };
                (schedule.target, schedule.role, None, timing)
            }
        };
        Ok(Draft {
            request: self.request(form, target, role, timing),
            mode: form.mode,
            region,
        })
    }

    /// Fills in a workload's request for what had no answer.
    pub(super) fn draft_again(&self, now: SimTime, again: Again) -> Option<Draft> {
        let workload = self.workloads.get(usize::from(again.workload))?;
        let mut forms = workload.forms.iter().flatten();
        let form = forms.find(|form| form.srv == again.srv)?;
        let premises = again.target.device()?.premises;
        let customers = Customers::new(&self.world, self.id, now);
        if self.is_supplier && !customers.are_the_first() && workload.has_lost(customers, premises) {
            return None;
        }
        let timing = self.timing(now, workload, form);
        let region = self.world.population.region_of(premises);
        Some(Draft {
            request: self.request(form, again.target, again.role, timing),
            mode: form.mode,
            region: Some(region).filter(|_| form.mode != ServiceMode::NonDevice),
        })
    }

    /// What 5.1–5.3 are about: a schedule to create, or one of its own to read or delete where it has any.
    fn choose_schedule(
        &self,
        now: SimTime,
        workload: &Workload,
        form: &RequestForm,
        choices: &[(Srv, Vec<Candidate>)],
        n: u64,
    ) -> Result<OwnSchedule, Unsendable> {
        let choose = |count: usize| {
            let stream = workload.streams.schedule;
            self.world
                .draws
                .below(count as u64, stream, u64::from(self.id.0), n) as usize
        };
        let own = self.state.own_schedules.as_slice();
        if form.srv.number() != "5.1" && workload.mistake.is_none() && !own.is_empty() {
            return Ok(own[choose(own.len())]);
        }
        let (srv, candidates) = choices.get(choose(choices.len())).ok_or(Unsendable::NoTarget)?;
        let (target, role, _) = self.choose_device(now, workload, *srv, candidates, n)?;
        Ok(OwnSchedule {
            target,
            srv: *srv,
            role,
        })
    }

    /// The device `srv` goes to, the role in which, and its region.
    fn choose_device(
        &self,
        now: SimTime,
        workload: &Workload,
        srv: Srv,
        candidates: &[Candidate],
        n: u64,
    ) -> Result<(Eui64, Role, Option<Region>), Unsendable> {
        let population = &self.world.population;
        if workload.mistake == Some(Mistake::UnknownDevice) {
            let role = candidates.first().ok_or(Unsendable::NoTarget)?.role;
            return Ok((self.unknown_device(workload, n), role, None));
        }
        let search = self.search(now, workload, n);
        let are_the_first = search.customers.are_the_first();
        let Target { premises, candidate } = if workload.each_once {
            search
                .given(&workload.portfolio, n, candidates)
                .ok_or(Unsendable::NoTarget)?
        } else if workload.mistake == Some(Mistake::NotResponsible) {
            search.foreign(candidates).ok_or(Unsendable::MistakeNotPossible)?
        } else {
            search
                .own(
                    &workload.portfolio,
                    |role| are_the_first && workload.implies(role),
                    candidates,
                )
                .ok_or(Unsendable::NoTarget)?
        };
        let device_type = match workload.mistake {
            Some(Mistake::WrongDeviceType) => mistakes::wrong_device_type(srv, population, premises)
                .ok_or(Unsendable::MistakeNotPossible)?,
            _ => candidate.device_type,
        };
        let region = population.region_of(premises);
        Ok((premises.device(device_type).eui64(), candidate.role, Some(region)))
    }

    #[inline]
    fn search<'a>(&'a self, now: SimTime, workload: &Workload, n: u64) -> Search<'a> {
        Search {
            customers: Customers::new(&self.world, self.id, now),
            draws: self.world.draws,
            stream: workload.streams.premises,
            n,
            prepayment_only: workload.prepayment_only,
        }
    }

    /// Whether the arrival's premises is known to be another Supplier's: so arrivals become fewer by the share of those lost.
    #[inline]
    fn has_lost(&self, now: SimTime, workload: &Workload, n: u64) -> bool {
        if self.world.timeline.takeovers().is_empty() || !self.is_supplier {
            return false;
        }
        let search = self.search(now, workload, n);
        let premises = search.first(&workload.portfolio);
        premises.is_some_and(|premises| workload.has_lost(search.customers, premises))
    }

    fn unknown_device(&self, workload: &Workload, n: u64) -> Eui64 {
        mistakes::unknown_device(self.world.draws.bits(
            workload.streams.unknown_device,
            u64::from(self.id.0),
            n,
        ))
    }

    fn timing(&self, now: SimTime, workload: &Workload, form: &RequestForm) -> Timing {
        match workload.dated.filter(|_| form.mode == ServiceMode::FutureDated) {
            Some(Dated::By(span)) => Timing::at(now + span),
            Some(Dated::At(at)) => Timing::at(at.of_request(self.world.calendar, now)),
            None => Timing::Now,
        }
    }
}
