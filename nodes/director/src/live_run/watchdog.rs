//! Notices that emulated time does not move although everybody is there, and who is waited for.
//!
//! Not here: processes that have ended or are gone from the bus, which are named at once.

use secnet_engine::Pace;
use secnet_fabric::report::{NodeStatus, Phase};
use secnet_model::SimTime;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// No look counts for more: this program may have been paused itself.
const LOOK_MAX: Duration = Duration::from_millis(500);

/// How long emulated time has stood still without a reason.
#[derive(Debug)]
pub(super) struct Watchdog {
    stall_max: Duration,
    mark: u128,
    looked: Instant,
    still: Duration,
}

impl Watchdog {
    pub(super) fn new(stall_max: Duration) -> Watchdog {
        Watchdog {
            stall_max,
            mark: 0,
            looked: Instant::now(),
            still: Duration::ZERO,
        }
    }

    /// Whether nothing has moved for too long. `is_explained`: a process is paused, or nothing is due yet at this pace.
    pub(super) fn look<'a>(
        &mut self,
        now: Instant,
        nodes: impl Iterator<Item = &'a NodeStatus>,
        is_explained: bool,
    ) -> bool {
        let mark = nodes.map(mark).sum();
        let passed = now.saturating_duration_since(self.looked).min(LOOK_MAX);
        self.looked = now;
        if is_explained || mark != self.mark {
            self.mark = mark;
            self.still = Duration::ZERO;
        } else {
            self.still += passed;
        }
        self.still > self.stall_max
    }
}

/// Grows whenever a node gets anywhere.
fn mark(node: &NodeStatus) -> u128 {
    let finished = u128::from(node.phase == Phase::Finished) + u128::from(node.settled);
    let times = [node.now, node.horizon].map(|time| u128::from(time.0));
    times.iter().sum::<u128>() + u128::from(node.handled) + finished
}

/// Whether no node that still runs has anything to do at this pace, so long after the start.
pub(super) fn is_at_pace<'a>(
    mut nodes: impl Iterator<Item = &'a NodeStatus>,
    pace: Pace,
    running_for: Duration,
) -> bool {
    match pace {
        Pace::Max => false,
        Pace::WallTimes(speed) => {
            let due = SimTime((running_for.as_secs_f64() * speed * 1e6) as u64);
            nodes.all(|node| node.phase == Phase::Finished || node.next_event > due)
        }
    }
}

/// The nodes that others wait for and that wait for nobody; where all wait for each other, all that are waited for; where none
/// waits, those that have not finished.
pub(super) fn waited_for<'a>(nodes: impl Iterator<Item = &'a NodeStatus>) -> BTreeSet<String> {
    let running: Vec<&NodeStatus> = nodes.filter(|node| !node.settled).collect();
    let waits = |node: &NodeStatus| node.links.iter().any(|link| link.holds_us_up);
    let waiting: BTreeSet<&str> = running
        .iter()
        .filter(|node| waits(node))
        .map(|node| node.name.as_str())
        .collect();
    let awaited: BTreeSet<String> = running
        .iter()
        .flat_map(|node| &node.links)
        .filter(|link| link.holds_us_up)
        .map(|link| link.neighbour.clone())
        .collect();
    let ends: BTreeSet<String> = awaited
        .iter()
        .filter(|name| !waiting.contains(name.as_str()))
        .cloned()
        .collect();
    if !ends.is_empty() {
        ends
    } else if !awaited.is_empty() {
        awaited
    } else {
        running.iter().map(|node| node.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_fabric::report::LinkStatus;

    fn node(name: &str, waits_for: &[&str]) -> NodeStatus {
        let link = |neighbour: &&str| LinkStatus {
            neighbour: (*neighbour).to_owned(),
            up: true,
            in_flight: 0,
            sent: 0,
            received: 0,
            frames: 0,
            resends: 0,
            promised_until: SimTime::ZERO,
            holds_us_up: true,
            out_of_credit: false,
        };
        NodeStatus {
            name: name.to_owned(),
            phase: Phase::Running,
            links_up: 1,
            links_total: 1,
            settled: false,
            now: SimTime(5),
            next_event: SimTime(2_000_000),
            horizon: SimTime(7),
            handled: 3,
            queued: 0,
            lag_max_us: 0,
            problem: None,
            links: waits_for.iter().map(link).collect(),
        }
    }

    #[test]
    fn time_that_stands_still_is_noticed_unless_it_moves_or_there_is_a_reason() {
        let start = Instant::now();
        let nodes = [node("dsp", &[])];
        let minutes = |looks: u32, moves: bool, is_explained: bool| {
            let mut watchdog = Watchdog::new(Duration::from_secs(60));
            (1..=looks).any(|look| {
                let mut nodes = nodes.clone();
                nodes[0].handled += if moves { u64::from(look) / 50 } else { 0 };
                let now = start + Duration::from_millis(500) * look;
                watchdog.look(now, nodes.iter(), is_explained)
            })
        };
        assert!(minutes(125, false, false));
        assert!(!minutes(119, false, false));
        assert!(!minutes(1_000, true, false));
        assert!(!minutes(1_000, false, true));
    }

    #[test]
    fn a_director_that_was_paused_itself_blames_nobody() {
        let nodes = [node("dsp", &[])];
        let mut watchdog = Watchdog::new(Duration::from_secs(60));
        let start = Instant::now();
        assert!(!watchdog.look(start, nodes.iter(), false));
        assert!(!watchdog.look(start + Duration::from_secs(3_600), nodes.iter(), false));
    }

    #[test]
    fn who_waits_for_nobody_is_waited_for() {
        let of = |nodes: &[NodeStatus]| waited_for(nodes.iter()).into_iter().collect::<Vec<_>>();
        let chain = [
            node("supplier", &["dsp"]),
            node("dsp", &["csp-north"]),
            node("csp-north", &[]),
        ];
        assert_eq!(of(&chain), ["csp-north"]);
        let circle = [node("dsp", &["csp-north"]), node("csp-north", &["dsp"])];
        assert_eq!(of(&circle), ["csp-north", "dsp"]);
        assert_eq!(of(&[node("dno", &[])]), ["dno"]);
    }

    #[test]
    fn nothing_is_due_before_its_time_at_that_pace() {
        let nodes = [node("dsp", &[])];
        let at_pace = |pace, seconds| is_at_pace(nodes.iter(), pace, Duration::from_secs(seconds));
        assert!(at_pace(Pace::WallTimes(0.01), 60), "due after 200 s");
        assert!(!at_pace(Pace::WallTimes(0.01), 240));
        assert!(!at_pace(Pace::Max, 0));
    }
}
