//! Where everything meets the DSP: a request is throttled or refused at once, or waits its turn; whatever has had its turn is
//! served.

use super::Dsp;
use crate::delays::Leg;
use crate::modifications::{Ingress, Turn, Work};
use secnet_engine::{Outbox, Step, Trace};
use secnet_model::{Address, SimTime};
use secnet_wire::{Acknowledgement, Answer, Message, ServiceRequest};

impl Dsp {
    /// Throttled or refused for overload at once, or answered when its turn has been.
    pub(super) fn service_request(
        &mut self,
        now: SimTime,
        from: Address,
        request: &ServiceRequest,
        out: &mut Outbox<Message>,
    ) {
        self.state.counts.requests += 1;
        let ingress = self
            .state
            .modifications
            .request_arrives(now, &self.world, request);
        if self.state.modifications.manages_traffic()
            && let Some(trace) = self.world.sampler.request(&request.id, request.srv)
        {
            let look = trace.nth(Step::TrafficManagement, now.0, now, now);
            out.trace(look.failed_if(ingress != Ingress::Admit));
        }
        if let Ingress::Throttle { retry_after_ms } = ingress {
            return self.turn_away(now, from, request, Answer::Throttled { retry_after_ms }, out);
        }
        let work = || Work::Request {
            from,
            request: *request,
        };
        let turn = if self.state.commands.is_full() {
            Turn::Refused
        } else {
            self.state.modifications.takes_turn(now, self.capacity, work)
        };
        let served = match turn {
            Turn::InOrderOfArrival if !self.is_full(now) => self.enter(now),
            Turn::ServedAt(served) => {
                self.is_busy(served);
                served
            }
            Turn::Waits => return,
            Turn::InOrderOfArrival | Turn::Refused => {
                let answer = Answer::Busy {
                    retry_after_ms: self.retry_after_ms,
                };
                return self.turn_away(now, from, request, answer, out);
            }
        };
        if self.taken(served) > now
            && let Some(trace) = self.world.sampler.request(&request.id, request.srv)
        {
            self.tell_queue(trace, now, served, out);
        }
        self.serve_request(now, served, from, request, out);
    }

    #[inline]
    pub(super) fn is_full(&mut self, now: SimTime) -> bool {
        let servers = self.world.timeline.dsp_servers();
        self.state.service_process.is_full(now, self.capacity, servers)
    }

    #[inline]
    pub(super) fn enter(&mut self, now: SimTime) -> SimTime {
        let servers = self.world.timeline.dsp_servers();
        let served = self.state.service_process.enter(now, self.capacity, servers);
        self.is_busy(served);
        served
    }

    /// A server is busy with what it has served at that time.
    #[inline]
    pub(super) fn is_busy(&mut self, served: SimTime) {
        let taken = self.taken(served);
        self.state.use_of_servers.busy(taken, self.capacity.busy_time);
    }

    /// When something has been served that nobody refuses; `None` where a Modification keeps it and will hand it back.
    #[inline]
    pub(super) fn served(&mut self, now: SimTime, work: impl FnOnce() -> Work) -> Option<SimTime> {
        match self.state.modifications.takes_turn(now, self.capacity, work) {
            Turn::InOrderOfArrival | Turn::Refused => Some(self.enter(now)),
            Turn::ServedAt(served) => {
                self.is_busy(served);
                Some(served)
            }
            Turn::Waits => None,
        }
    }

    /// What is served now and has been served at `served`.
    pub(super) fn serve(&mut self, now: SimTime, served: SimTime, work: Work, out: &mut Outbox<Message>) {
        match work {
            Work::Request { from, request } => self.serve_request(now, served, from, &request, out),
            Work::Released(request) => self.serve_released(now, served, &request, out),
            Work::FutureDated { execute_at, held } => self.serve_future_dated(served, execute_at, held, out),
            Work::Scheduled(read) => self.serve_scheduled_read(served, &read, out),
            Work::Response(response) => self.serve_response(served, &response, out),
            Work::Undeliverable(undeliverable) => self.serve_undeliverable(served, &undeliverable, out),
            Work::Alert(alert) => self.serve_alert(now, served, alert, out),
        }
    }

    /// 503: the answer of a web server that takes no more, or not from this User; it costs the servers behind it
    /// nothing (assumed).
    pub(super) fn turn_away(
        &mut self,
        now: SimTime,
        to: Address,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        self.state.answers.count(answer);
        self.state.use_of_servers.turned_away(now, answer);
        let [key, n] = request.id.identity();
        let due = now + self.delays.of(Leg::Busy, key, n ^ now.0.rotate_left(20));
        self.send_acknowledgement(now, due, to, request, answer, out);
    }

    pub(super) fn acknowledge(
        &mut self,
        at: SimTime,
        to: Address,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        let leg = if matches!(answer, Answer::PreCommand { .. }) {
            Leg::PreCommand
        } else {
            Leg::Acknowledgement
        };
        let due = at + self.delays.of_request(leg, &request.id);
        self.send_acknowledgement(at, due, to, request, answer, out);
    }

    fn send_acknowledgement(
        &mut self,
        at: SimTime,
        due: SimTime,
        to: Address,
        request: &ServiceRequest,
        answer: Answer,
        out: &mut Outbox<Message>,
    ) {
        if let Some(trace) = self.world.sampler.request(&request.id, request.srv) {
            let acknowledgement = trace.nth(Step::Acknowledgement, at.0, at, due);
            out.trace(acknowledgement.answered(answer.code()));
        }
        let acknowledgement = Acknowledgement {
            id: request.id,
            srv: request.srv,
            answer,
        };
        self.send(to, due, Message::Acknowledgement(acknowledgement), out);
    }

    /// When a server took what it has served at `served`.
    pub(super) fn taken(&self, served: SimTime) -> SimTime {
        served.saturating_sub(self.capacity.service_time)
    }

    /// What arrived at `now` waited until a server took it.
    #[cold]
    pub(super) fn tell_queue(&self, trace: Trace, now: SimTime, served: SimTime, out: &mut Outbox<Message>) {
        out.trace(trace.nth(Step::DspQueue, now.0, now, self.taken(served)));
    }
}
