//! Which items are traced: a function of seed and item, decided without looking at anything else.

use crate::scenario::TracingParams;
use secnet_engine::draw::Stream;
use secnet_engine::{Draws, Subject, Trace};
use secnet_model::{AlertCode, DeviceId, Eui64, PremisesId, RequestId, Srv, UserId};

const SAMPLED: Stream = Stream::named("trace-sampled");

/// Asked by every participant about every item it handles, a dozen times on a request's way: one multiplication and one
/// comparison where the item cannot be sampled, whether anything else is or not.
#[derive(Clone, Debug)]
pub struct Sampler {
    draws: Draws,
    key: u64,
    /// An item whose draw is not less is not traced, whatever it is; beyond all draws where premises are watched.
    requests_below: Threshold,
    alerts_below: Threshold,
    /// By the variant's place in the catalogue: an item whose draw is less is traced.
    by_srv: Vec<Threshold>,
    alerts: Threshold,
    /// Ascending.
    watched: Vec<PremisesId>,
}

/// A share of all draws, 2^63 of them being all.
type Threshold = u64;

fn threshold(share: f64) -> Threshold {
    (share * (1u64 << 63) as f64) as Threshold
}

impl Sampler {
    pub fn new(params: &TracingParams, draws: Draws) -> Sampler {
        let share = |srv: Srv| {
            let own = params.srvs.iter().rfind(|traced| traced.srv == srv.number());
            own.map_or(params.requests, |traced| traced.share)
        };
        let by_srv: Vec<Threshold> = Srv::all().map(|srv| threshold(share(srv))).collect();
        let alerts = threshold(params.alerts);
        let mut watched: Vec<PremisesId> = params.watch.iter().map(|number| PremisesId(*number)).collect();
        watched.sort_unstable();
        let any = if watched.is_empty() { 0 } else { Threshold::MAX };
        Sampler {
            draws,
            key: draws.bits(SAMPLED, 0, 0),
            requests_below: by_srv.iter().copied().fold(any, Threshold::max),
            alerts_below: any.max(alerts),
            by_srv,
            alerts,
            watched,
        }
    }

    /// A service request or a scheduled read.
    #[inline]
    pub fn request(&self, id: &RequestId, srv: Srv) -> Option<Trace> {
        let [key, n] = id.identity();
        let draw = self.draw(key, n);
        if draw >= self.requests_below {
            return None;
        }
        self.trace_of_request(id, srv, draw)
    }

    #[inline]
    pub fn device_alert(&self, device: DeviceId, alert: AlertCode, number: u32) -> Option<Trace> {
        let [key, n] = device.alert_identity(number);
        let draw = self.draw(key, n);
        if draw >= self.alerts_below {
            return None;
        }
        let subject = Subject::DeviceAlert {
            device,
            alert,
            number,
        };
        self.trace_of_alert(subject, draw, Some(device))
    }

    #[inline]
    pub fn dcc_alert(&self, user: UserId, about: Eui64, number: u64) -> Option<Trace> {
        let draw = self.draw(about.0, number);
        if draw >= self.alerts_below {
            return None;
        }
        self.trace_of_alert(Subject::DccAlert { user, about, number }, draw, about.device())
    }

    #[cold]
    #[inline(never)]
    fn trace_of_request(&self, id: &RequestId, srv: Srv, draw: Threshold) -> Option<Trace> {
        if draw >= self.by_srv[usize::from(srv.index())] && !self.is_watched(id.target.device()) {
            return None;
        }
        let subject = if id.is_scheduled_read() {
            Subject::ScheduledRead { id: *id, srv }
        } else {
            Subject::Request { id: *id, srv }
        };
        Some(Trace::new(self.draws, subject))
    }

    #[cold]
    #[inline(never)]
    fn trace_of_alert(&self, subject: Subject, draw: Threshold, device: Option<DeviceId>) -> Option<Trace> {
        let is_traced = draw < self.alerts || self.is_watched(device);
        is_traced.then(|| Trace::new(self.draws, subject))
    }

    fn is_watched(&self, device: Option<DeviceId>) -> bool {
        device.is_some_and(|device| self.watched.binary_search(&device.premises).is_ok())
    }

    /// Not a draw like all others: that would cost a twentieth of a request.
    #[inline]
    fn draw(&self, target: u64, n: u64) -> Threshold {
        let product = u128::from(self.key ^ target) * u128::from(n ^ 0xD6E8_FEB8_6659_FD93);
        ((product >> 64) as u64 ^ product as u64) >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::DeviceType;

    fn sampler(params: TracingParams) -> Sampler {
        Sampler::new(&params, Draws::new(3))
    }

    fn id(premises: u32, counter: u64) -> RequestId {
        RequestId {
            originator: UserId(2),
            target: PremisesId(premises).device(DeviceType::Esme).eui64(),
            counter,
        }
    }

    fn srv(number: &str) -> Srv {
        Srv::all().find(|srv| srv.number() == number).unwrap()
    }

    fn sampled(sampler: &Sampler, number: &str) -> usize {
        let traced = |i: &u32| {
            sampler
                .request(&id(i % 977, u64::from(*i)), srv(number))
                .is_some()
        };
        (0..100_000).filter(traced).count()
    }

    #[test]
    fn the_share_of_a_class_is_sampled_and_one_is_all_and_nought_is_none() {
        let params = TracingParams {
            requests: 0.01,
            srvs: vec![
                crate::scenario::TracedSrv {
                    srv: "2.2".to_owned(),
                    share: 1.0,
                },
                crate::scenario::TracedSrv {
                    srv: "4.6.1".to_owned(),
                    share: 0.0,
                },
            ],
            ..TracingParams::default()
        };
        let sampler = sampler(params);
        assert!((900..1_100).contains(&sampled(&sampler, "4.1.1")));
        assert_eq!(sampled(&sampler, "2.2"), 100_000);
        assert_eq!(sampled(&sampler, "4.6.1"), 0);
        let alert = AlertCode::future_dated_succeeded();
        let device = PremisesId(1).device(DeviceType::Esme);
        assert!((1..1_000).all(|number| sampler.device_alert(device, alert, number).is_none()));
    }

    #[test]
    fn whatever_concerns_a_watched_premises_is_traced() {
        let params = TracingParams {
            watch: vec![40, 7],
            ..TracingParams::default()
        };
        let sampler = sampler(params);
        let premises = |number| sampler.request(&id(number, 9), srv("4.1.1")).is_some();
        assert_eq!([7, 8, 40].map(premises), [true, false, true]);
        let device = PremisesId(40).device(DeviceType::Gsme);
        assert!(
            sampler
                .device_alert(device, AlertCode::future_dated_failed(), 1)
                .is_some()
        );
        assert!(sampler.dcc_alert(UserId(0), device.eui64(), 1).is_some());
        assert!(sampler.dcc_alert(UserId(0), Eui64::DCC, 1).is_none());
    }
}
