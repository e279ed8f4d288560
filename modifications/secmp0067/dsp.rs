//! SECMP0067: service request traffic management (domain.md §5.1; the parameters' page says what is assumed).
//!
//! The system's rate is measured at the door, in windows of equal length. While it is under the operating threshold, everyone
//! gets all it asks for. From then on each User gets what its bucket has, which its limit fills; the rest is answered 503 at
//! once. Priority requests are counted and never throttled.
//!
//! Not here: what throttled Users do (the Users).

mod bucket;
mod limits;

use self::bucket::Bucket;
use self::limits::TrafficLimits;
use crate::modifications::{Ingress, Modification, Turn, Work};
use crate::service_process::Capacity;
use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::traffic_management;
use secnet_accounts::{Part, figures};
use secnet_model::{CommandVariant, SimTime};
use secnet_topology::World;
use secnet_topology::modifications::meant;
use secnet_topology::modifications::secmp0067::{Counted, Measured, ThresholdReading};
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};

figures! {
    /// Traffic management as a whole; what it did to each User is in the results' [`traffic_management`].
    struct Tally: "SECMP0067" in "dsp" {
        /// Monitoring windows in which traffic was managed.
        managed_windows: sum "windows",
        /// Signed pre-commands let in without being counted again.
        signed_pre_commands_passed: sum "submissions" if nonzero,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TrafficManagement {
    counted: Counted,
    measured: Measured,
    throttles_signed_pre_commands: bool,
    window_micros: u64,
    /// From so much in a window on traffic is managed.
    threshold: f64,
    /// By the variant's place in the catalogue.
    priority: Vec<bool>,
    retry_after_ms: u32,
    /// Number of the current window.
    window: u64,
    /// Asked for in it, throttled requests included, and in the window before.
    asked: f64,
    asked_before: f64,
    /// Taken on in the current window.
    admitted: f64,
    /// Whether traffic is managed in it.
    active: bool,
    active_windows: u64,
    passed: u64,
    /// What nobody has used of the threshold, where Users above their allocation share it.
    headroom: Option<Bucket>,
    entitlement: Entitlement,
    users: Vec<UserTraffic>,
}

/// When what a User was entitled to is reckoned up.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Entitlement {
    period_micros: u64,
    /// Number of the current period.
    period: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct UserTraffic {
    /// Its limit over a window.
    per_window: f64,
    bucket: Bucket,
    /// Of the whole run.
    throttled: u64,
    priority: u64,
    /// In the current window.
    in_window: Managed,
    /// In the managed windows of the current period.
    in_period: Managed,
    /// In those of the periods before.
    managed: Managed,
}

/// A User's requests in windows in which traffic was managed.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Managed {
    asked: f64,
    admitted: f64,
    /// The lesser of what it asked for and its limit, period by period; its limit as long as the period lasts.
    entitled: f64,
    /// Entitled to and not admitted, period by period.
    short: f64,
}

impl Modification for TrafficManagement {
    fn new(world: &World) -> Option<TrafficManagement> {
        let params = &world.scenario.parameters.secmp0067;
        let limits = TrafficLimits::new(world);
        let window_s = window_seconds(
            params.monitoring_window.as_secs_f64(),
            params.monitored_min,
            limits.threshold,
        );
        let depth = |per_second: f64| (per_second * window_s).max(params.burst.into());
        let user = |per_second: &f64| {
            let per_window = per_second * window_s;
            // Where all share what is below the threshold, it counts against a User what it took of it.
            let floor = match params.measured {
                Measured::Asked => 0.0,
                Measured::Admitted => -per_window,
            };
            UserTraffic {
                per_window,
                bucket: Bucket::new(*per_second, depth(*per_second), floor),
                throttled: 0,
                priority: 0,
                in_window: Managed::default(),
                in_period: Managed::default(),
                managed: Managed::default(),
            }
        };
        let threshold = limits.threshold;
        let headroom = || Bucket::new(threshold, depth(threshold), -depth(threshold));
        Some(TrafficManagement {
            counted: params.counts,
            measured: params.measured,
            throttles_signed_pre_commands: params.throttles_signed_pre_commands,
            window_micros: ((window_s * 1e6) as u64).max(1),
            threshold: threshold * window_s,
            priority: meant(&params.priority),
            retry_after_ms: u32::try_from(params.retry_after.as_micros() / 1_000).unwrap_or(u32::MAX),
            window: 0,
            asked: 0.0,
            asked_before: 0.0,
            admitted: 0.0,
            active: false,
            active_windows: 0,
            passed: 0,
            headroom: (params.threshold_reading == ThresholdReading::Headroom).then(headroom),
            entitlement: Entitlement {
                period_micros: params.entitlement_period.as_micros().max(1),
                period: 0,
            },
            users: limits.by_user.iter().map(user).collect(),
        })
    }

    fn request_arrives(&mut self, now: SimTime, _world: &World, request: &ServiceRequest) -> Ingress {
        self.enter_window(now);
        let is_signed = request.variant == CommandVariant::SignedWan;
        if is_signed && !self.throttles_signed_pre_commands {
            self.passed += 1;
            return Ingress::Admit;
        }
        let cost = self.cost(request.variant);
        self.asked += cost;
        self.look(cost);
        let (active, priority) = (self.active, self.priority[usize::from(request.srv.index())]);
        let Some(user) = self.users.get_mut(request.id.originator.index()) else {
            return Ingress::Admit;
        };
        user.in_window.asked += cost;
        user.priority += u64::from(priority);
        let is_within = user.bucket.has(now, cost);
        let is_left = self.headroom.as_mut().is_some_and(|left| left.has(now, cost));
        if active && !priority && !is_within && !is_left {
            user.throttled += 1;
            return Ingress::Throttle {
                retry_after_ms: self.retry_after_ms,
            };
        }
        user.bucket.take(cost);
        if let Some(left) = &mut self.headroom {
            left.take(cost);
        }
        user.in_window.admitted += cost;
        self.admitted += cost;
        Ingress::Admit
    }

    /// Where services are counted, what no User asked for at the door is load as well.
    fn takes_turn(&mut self, now: SimTime, _capacity: Capacity, work: &Work) -> Turn {
        let nobodys = match work {
            Work::Scheduled(_) => 2.0,
            Work::Alert(_) => 1.0,
            Work::Request { .. }
            | Work::Released(_)
            | Work::FutureDated { .. }
            | Work::Response(_)
            | Work::Undeliverable(_) => 0.0,
        };
        if self.counted == Counted::Services && nobodys > 0.0 {
            self.enter_window(now);
            self.asked += nobodys;
            self.admitted += nobodys;
            self.look(0.0);
            if let Some(left) = &mut self.headroom {
                left.has(now, nobodys);
                left.take(nobodys);
            }
        }
        Turn::InOrderOfArrival
    }
}

impl Part for TrafficManagement {
    fn figures(&self, world: &World, figures: &mut Figures) {
        let mut settled = self.clone();
        settled.end_window();
        settled.end_period();
        let tally = Tally {
            managed_windows: settled.active_windows,
            signed_pre_commands_passed: settled.passed,
        };
        figures.put(Key::Whole, &tally);
        for (user, entry) in settled.users.iter().zip(&world.users) {
            let managed = user.managed;
            let traffic = traffic_management::UserTraffic {
                throttled: user.throttled,
                priority_requests: user.priority,
                asked: managed.asked.round() as u64,
                admitted: managed.admitted.round() as u64,
                entitled: managed.entitled.round() as u64,
                short: managed.short.round() as u64,
            };
            figures.put(Key::User(entry.name.clone()), &traffic);
        }
    }
}

impl TrafficManagement {
    /// In what is counted.
    fn cost(&self, variant: CommandVariant) -> f64 {
        match (self.counted, variant) {
            (Counted::Requests, _) | (Counted::Services, CommandVariant::NonDevice) => 1.0,
            // The pre-command, and later the signed one and its response.
            (Counted::Services, CommandVariant::CriticalPreCommand)
                if !self.throttles_signed_pre_commands =>
            {
                3.0
            }
            (Counted::Services, CommandVariant::CriticalPreCommand) => 1.0,
            (
                Counted::Services,
                CommandVariant::NonCriticalWan
                | CommandVariant::NonCriticalLocal
                | CommandVariant::NonCriticalWanAndLocal
                | CommandVariant::SignedWan
                | CommandVariant::SignedLocal
                | CommandVariant::SignedWanAndLocal,
            ) => 2.0,
        }
    }

    /// Whether the threshold is reached, with something of this cost.
    fn look(&mut self, cost: f64) {
        let measured = match self.measured {
            Measured::Asked => self.asked.max(self.asked_before),
            Measured::Admitted => self.admitted + cost,
        };
        if !self.active && measured >= self.threshold {
            self.active = true;
            self.active_windows += 1;
        }
    }

    fn enter_window(&mut self, now: SimTime) {
        let window = now.as_micros() / self.window_micros;
        if window == self.window {
            return;
        }
        self.end_window();
        self.asked_before = if window == self.window + 1 {
            self.asked
        } else {
            0.0
        };
        (self.asked, self.admitted) = (0.0, 0.0);
        self.window = window;
        let period = now.as_micros() / self.entitlement.period_micros;
        if period != self.entitlement.period {
            self.end_period();
            self.entitlement.period = period;
        }
    }

    fn end_window(&mut self) {
        for user in &mut self.users {
            let in_window = std::mem::take(&mut user.in_window);
            if self.active {
                user.in_period.asked += in_window.asked;
                user.in_period.admitted += in_window.admitted;
                user.in_period.entitled += user.per_window;
            }
        }
        self.active = false;
    }

    fn end_period(&mut self) {
        for user in &mut self.users {
            let period = std::mem::take(&mut user.in_period);
            let entitled = period.asked.min(period.entitled);
            let managed = &mut user.managed;
            managed.asked += period.asked;
            managed.admitted += period.admitted;
            managed.entitled += entitled;
            managed.short += (entitled - period.admitted).max(0.0);
        }
    }
}

/// Of a window in which the threshold is at least so many: the fewer requests, the longer until a rate can be told from chance.
fn window_seconds(at_least_s: f64, monitored_min: u32, threshold_per_second: f64) -> f64 {
    let enough_s = f64::from(monitored_min) / threshold_per_second.max(1e-9);
    at_least_s.max(enough_s.min(86_400.0))
}
