//! SECMP0067: service request traffic management (domain.md §5.1; the parameters' page says what is assumed).
//!
//! Requests are counted at the door in windows of equal length. While the system's rate is under the operating threshold,
//! everyone gets all it asks for. From then on each User gets as many requests a window as its limit allows, over many
//! windows exactly its limit; the rest is answered 503 at once. Priority requests are counted and never throttled.
//!
//! Not here: what throttled Users do (the Users).

mod limits;

use self::limits::TrafficLimits;
use crate::modifications::{Ingress, Modification};
use secnet_model::SimTime;
use secnet_results::figures::{Figures, Key};
use secnet_results::traffic_management;
use secnet_results::{Part, figures};
use secnet_topology::World;
use secnet_topology::modifications::meant;
use secnet_topology::modifications::secmp0067::Measured;
use secnet_wire::ServiceRequest;
use serde::{Deserialize, Serialize};

figures! {
    /// Traffic management as a whole; what it did to each User is in the results' [`traffic_management`].
    struct Tally: "SECMP0067" in "dsp" {
        /// Monitoring windows in which traffic was managed.
        managed_windows: sum "windows",
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TrafficManagement {
    window_micros: u64,
    /// Requests in a window from which on traffic is managed.
    threshold: f64,
    /// By the variant's place in the catalogue.
    priority: Vec<bool>,
    retry_after_ms: u32,
    measured: Measured,
    /// Number of the current window.
    window: u64,
    /// Requests in it, throttled ones included, and in the window before.
    asked: u64,
    asked_before: u64,
    /// In the current window.
    admitted: u64,
    /// Whether traffic is managed in it.
    active: bool,
    active_windows: u64,
    users: Vec<UserTraffic>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct UserTraffic {
    /// Requests per window.
    limit: f64,
    /// In the current window.
    asked: u64,
    admitted: u64,
    throttled: u64,
    priority: u64,
    managed: Managed,
}

/// A User's requests in the windows in which traffic was managed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Managed {
    asked: u64,
    admitted: u64,
    /// The lesser of what it asked for and its limit, window by window.
    entitled: u64,
}

impl Modification for TrafficManagement {
    fn new(world: &World) -> Option<TrafficManagement> {
        let params = &world.scenario.parameters.secmp0067;
        let limits = TrafficLimits::new(world);
        let window = params.monitoring_window.as_secs_f64();
        let user = |per_second: &f64| UserTraffic {
            limit: per_second * window,
            asked: 0,
            admitted: 0,
            throttled: 0,
            priority: 0,
            managed: Managed::default(),
        };
        Some(TrafficManagement {
            window_micros: params.monitoring_window.as_micros().max(1),
            threshold: limits.threshold * window,
            priority: meant(&params.priority),
            retry_after_ms: u32::try_from(params.retry_after.as_micros() / 1_000).unwrap_or(u32::MAX),
            window: 0,
            measured: params.measured,
            asked: 0,
            asked_before: 0,
            admitted: 0,
            active: false,
            active_windows: 0,
            users: limits.by_user.iter().map(user).collect(),
        })
    }

    fn request_arrives(&mut self, now: SimTime, _world: &World, request: &ServiceRequest) -> Ingress {
        self.enter_window(now.as_micros() / self.window_micros);
        self.asked += 1;
        let measured = match self.measured {
            Measured::Asked => self.asked.max(self.asked_before),
            Measured::Admitted => self.admitted + 1,
        };
        if !self.active && measured as f64 >= self.threshold {
            self.active = true;
            self.active_windows += 1;
        }
        let Some(user) = self.users.get_mut(request.id.originator.index()) else {
            return Ingress::Admit;
        };
        user.asked += 1;
        let priority = self.priority[usize::from(request.srv.index())];
        user.priority += u64::from(priority);
        if self.active && !priority && user.admitted >= budget(user.limit, self.window) {
            user.throttled += 1;
            return Ingress::Throttle {
                retry_after_ms: self.retry_after_ms,
            };
        }
        user.admitted += 1;
        self.admitted += 1;
        Ingress::Admit
    }
}

impl Part for TrafficManagement {
    fn figures(&self, world: &World, figures: &mut Figures) {
        let mut settled = self.clone();
        settled.enter_window(self.window + 1);
        let tally = Tally {
            managed_windows: settled.active_windows,
        };
        figures.put(Key::Whole, &tally);
        for (user, entry) in settled.users.iter().zip(&world.users) {
            let traffic = traffic_management::UserTraffic {
                throttled: user.throttled,
                priority_requests: user.priority,
                asked: user.managed.asked,
                admitted: user.managed.admitted,
                entitled: user.managed.entitled,
            };
            figures.put(Key::User(entry.name.clone()), &traffic);
        }
    }
}

impl TrafficManagement {
    fn enter_window(&mut self, window: u64) {
        if window == self.window {
            return;
        }
        for user in &mut self.users {
            if self.active {
                let managed = &mut user.managed;
                managed.asked += user.asked;
                managed.admitted += user.admitted;
                managed.entitled += user.asked.min(budget(user.limit, self.window));
            }
            (user.asked, user.admitted) = (0, 0);
        }
        self.asked_before = if window == self.window + 1 { self.asked } else { 0 };
        (self.asked, self.admitted) = (0, 0);
        self.active = false;
        self.window = window;
    }
}

/// Requests a limit allows in one window: whole ones, and over many windows neither more nor less than the limit.
fn budget(limit: f64, window: u64) -> u64 {
    let until = |windows: u64| (windows as f64 * limit).floor();
    (until(window + 1) - until(window)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_add_up_to_the_limit() {
        for limit in [0.0, 0.3, 1.0, 2.75, 1_234.5] {
            let sum: u64 = (0..10_000).map(|window| budget(limit, window)).sum();
            assert_eq!(sum, (10_000.0 * limit) as u64, "{limit}");
            let most = (0..10_000).map(|window| budget(limit, window)).max();
            assert!(most <= Some(limit.ceil() as u64), "{limit}");
        }
    }
}
