//! What broke first: how busy servers and channels were, at most and on average, and what was first turned away.

use crate::RunOutcome;
use crate::measure::share;
use secnet_accounts::Account;
use secnet_accounts::load::{First, Resource, Use, WINDOW};
use secnet_model::{Region, SimDuration, SimTime};
use secnet_topology::scenario::RampParams;
use secnet_topology::timeline::{Steps, dsp_servers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Use is counted in windows of `window_s` from the epoch on; those that ended before the run did are looked at.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LoadKpis {
    pub window_s: u64,
    /// The one nearest to its limit first: by `peak_share`, or by what its busiest cell had where that is more. What has no `headroom`
    /// is last.
    pub resources: Vec<ResourceKpi>,
    /// In the order of time; empty where nothing was turned away.
    pub firsts: Vec<FirstKpi>,
}

/// Servers, or the cells of a CSP in one direction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ResourceKpi {
    /// `dsp`, `s1sp`, `csp-north`, `4g-north`.
    pub of: String,
    /// `servers`; `downlink`, `uplink`; `firmware`, which is what firmware had of the downlink.
    pub what: String,
    /// How many servers or cells there are.
    pub count: u32,
    /// Busy, of all their time.
    pub mean_share: Option<f64>,
    /// Busy, in the window in which they were busiest.
    pub peak_share: Option<f64>,
    /// When that window began.
    pub peak_at_s: u64,
    /// The cell that was ever busiest in a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_cell: Option<BusiestCell>,
    /// By how much all there is to do could grow until the busiest window is full: 1 over its share. Absent of what had nothing to do, and of
    /// firmware.
    pub headroom: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct BusiestCell {
    /// Its number in the region.
    pub cell: u32,
    pub share: f64,
    pub at_s: u64,
}

/// The first time that something was turned away.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FirstKpi {
    /// `throttled`, `busy` or `queue_full`.
    pub what: String,
    /// As [`ResourceKpi::of`].
    pub by: String,
    /// As [`ResourceKpi::what`]; of a queue that was full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    pub at_us: u64,
    /// The multiple that each ramp of the scenario had then, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ramps: BTreeMap<String, f64>,
}

/// A share of a resource, as one number of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LoadMeasure {
    pub resource: Resource,
    pub share: LoadShare,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LoadShare {
    Mean,
    Peak,
    BusiestCell,
}

impl LoadMeasure {
    /// Every one there may be.
    pub fn all() -> impl Iterator<Item = LoadMeasure> {
        Resource::all().flat_map(|resource| {
            let of_cell = has_cells(resource).then_some(LoadShare::BusiestCell);
            let shares = [LoadShare::Mean, LoadShare::Peak].into_iter().chain(of_cell);
            shares.map(move |share| LoadMeasure { resource, share })
        })
    }

    /// Busy, in its busiest window.
    pub const fn peak(resource: Resource) -> LoadMeasure {
        LoadMeasure {
            resource,
            share: LoadShare::Peak,
        }
    }

    /// `load.csp-north.downlink.peak_share`.
    pub fn name(self) -> String {
        let (of, what) = names(self.resource);
        let share = match self.share {
            LoadShare::Mean => "mean_share",
            LoadShare::Peak => "peak_share",
            LoadShare::BusiestCell => "busiest_cell_share",
        };
        format!("load.{of}.{what}.{share}")
    }

    pub fn words(self) -> String {
        let (of, what) = names(self.resource);
        let share = match self.share {
            LoadShare::Mean => "busy on average",
            LoadShare::Peak => "busy at its peak",
            LoadShare::BusiestCell => "busy in the busiest cell",
        };
        format!("{of} {what}, {share}")
    }

    /// In a run that has it.
    pub fn of(self, load: &LoadKpis) -> Option<f64> {
        let (of, what) = names(self.resource);
        let row = load
            .resources
            .iter()
            .find(|row| row.of == of && row.what == what)?;
        match self.share {
            LoadShare::Mean => row.mean_share,
            LoadShare::Peak => row.peak_share,
            LoadShare::BusiestCell => row.busiest_cell.map(|cell| cell.share),
        }
    }
}

impl LoadKpis {
    pub(crate) fn new(run: &RunOutcome, total: &Account) -> LoadKpis {
        let servers = dsp_servers(&run.scenario);
        let firsts = total.load.firsts.in_order();
        let uses = total.load.uses.iter();
        let mut resources: Vec<ResourceKpi> = uses
            .map(|(resource, used)| ResourceKpi::new(run, &servers, *resource, used))
            .collect();
        // What no growth fills comes last: firmware has no more than its part, and who had nothing to do has nothing to grow.
        resources.sort_by(|a, b| {
            let never_fills = |row: &ResourceKpi| row.headroom.is_none();
            never_fills(a)
                .cmp(&never_fills(b))
                .then(b.most().total_cmp(&a.most()))
        });
        LoadKpis {
            window_s: WINDOW.0 / 1_000_000,
            resources,
            firsts: firsts
                .into_iter()
                .map(|(first, at)| FirstKpi::new(run, first, at))
                .collect(),
        }
    }

    /// The one of all CSPs' cells, in either direction, that was ever busiest.
    pub fn busiest_cell(&self) -> Option<BusiestCell> {
        let cells = self.resources.iter().filter_map(|row| row.busiest_cell);
        cells.max_by(|a, b| a.share.total_cmp(&b.share))
    }
}

impl ResourceKpi {
    fn new(run: &RunOutcome, servers: &Steps, resource: Resource, used: &Use) -> ResourceKpi {
        let (of, what) = names(resource);
        let mut windows = windows(run, servers, resource, used);
        // One that was cut short is looked at where there is no other.
        if windows.len() > 1 {
            windows.retain(|window| window.lasts == WINDOW);
        }
        let length = windows.first().map_or(WINDOW, |window| window.lasts).0;
        let (mut busy_in_all, mut time_in_all) = (0, 0);
        let mut peak: Option<(f64, SimTime)> = None;
        for window in &windows {
            busy_in_all += window.busy_us;
            time_in_all += window.capacity_us;
            let Some(share) = window.share() else {
                continue;
            };
            if peak.is_none_or(|(most, _)| share > most) {
                peak = Some((share, window.begins));
            }
        }
        let busiest_cell = used.busiest.map(|busiest| BusiestCell {
            cell: busiest.part,
            share: share(busiest.busy_us.min(length), length).unwrap_or_default(),
            at_s: u64::from(busiest.window) * WINDOW.0 / 1_000_000,
        });
        let mut kpi = ResourceKpi {
            of,
            what: what.to_owned(),
            count: parts(run, resource),
            mean_share: share(busy_in_all.min(time_in_all), time_in_all),
            peak_share: peak.map(|(share, _)| share),
            peak_at_s: peak.map_or(0, |(_, begins)| begins.0 / 1_000_000),
            busiest_cell,
            headroom: None,
        };
        let most = kpi.most();
        let can_grow = most > 0.0 && !is_firmware(resource);
        kpi.headroom = can_grow.then(|| (1e3 / most).round() / 1e3);
        kpi
    }

    /// The share that is nearest to its limit.
    pub fn most(&self) -> f64 {
        let cell = self.busiest_cell.map_or(0.0, |cell| cell.share);
        self.peak_share.unwrap_or_default().max(cell)
    }
}

impl FirstKpi {
    fn new(run: &RunOutcome, first: First, at: SimTime) -> FirstKpi {
        let multiple = |ramp: &RampParams| (ramp.ramp().multiple(at.0 as f64) * 1e3).round() / 1e3;
        let ramps = run.scenario.ramps.iter();
        let (what, (by, queue)) = match first {
            First::Throttled => ("throttled", (names(Resource::Dsp).0, None)),
            First::Busy => ("busy", (names(Resource::Dsp).0, None)),
            First::QueueFull(resource) => {
                let (by, queue) = names(resource);
                ("queue_full", (by, Some(queue.to_owned())))
            }
        };
        FirstKpi {
            what: what.to_owned(),
            by,
            queue,
            at_us: at.0,
            ramps: ramps.map(|ramp| (ramp.name.clone(), multiple(ramp))).collect(),
        }
    }
}

impl FirstKpi {
    /// `the DSP answered Busy at 09:53:17.318, demand × 13.64`.
    pub fn words(&self) -> String {
        let what = match (self.what.as_str(), &self.queue) {
            ("busy", _) => format!("the {} answered Busy", self.by.to_uppercase()),
            ("throttled", _) => format!("the {} throttled a User", self.by.to_uppercase()),
            (_, queue) => {
                let queue = queue.as_deref().unwrap_or_default();
                format!("a queue of {}'s {queue} was full", self.by)
            }
        };
        let ramps = self.ramps.iter();
        let ramps: String = ramps
            .map(|(name, multiple)| format!(", {name} × {multiple:.2}"))
            .collect();
        format!("{what} at {}{ramps}", SimTime(self.at_us))
    }
}

/// Five minutes of a resource, or what there was of them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Window {
    pub(crate) begins: SimTime,
    pub(crate) lasts: SimDuration,
    /// Time of all its parts together.
    pub(crate) capacity_us: u64,
    pub(crate) busy_us: u64,
}

impl Window {
    /// `None` while there is none of it: nothing is taken then, and what was begun before is finished.
    pub(crate) fn share(&self) -> Option<f64> {
        share(self.busy_us.min(self.capacity_us), self.capacity_us)
    }
}

/// Every resource that there is, with whose it is and what, over the time of the run.
pub(crate) fn over_time(run: &RunOutcome, total: &Account) -> Vec<(String, String, Vec<Window>)> {
    let servers = dsp_servers(&run.scenario);
    let uses = total.load.uses.iter();
    let of_use = |(resource, used): (&Resource, &Use)| {
        let (of, what) = names(*resource);
        (of, what.to_owned(), windows(run, &servers, *resource, used))
    };
    uses.map(of_use).collect()
}

/// As many as began before the run ended; the last may be cut short.
fn windows(run: &RunOutcome, servers: &Steps, resource: Resource, used: &Use) -> Vec<Window> {
    let ended_at = run.ended_at.0.max(1);
    let parts = u64::from(parts(run, resource));
    let window = |number: u64| {
        let begins = number * WINDOW.0;
        let lasts = WINDOW.0.min(ended_at - begins);
        let busy = used.busy_us.get(number as usize);
        Window {
            begins: SimTime(begins),
            lasts: SimDuration(lasts),
            capacity_us: match resource {
                Resource::Dsp => server_time(servers, begins, lasts),
                Resource::S1sp
                | Resource::Downlink(_)
                | Resource::Uplink(_)
                | Resource::Firmware(_)
                | Resource::FourGDownlink(_)
                | Resource::FourGUplink(_)
                | Resource::FourGFirmware(_) => parts * lasts,
            },
            busy_us: busy.copied().unwrap_or_default(),
        }
    };
    (0..ended_at.div_ceil(WINDOW.0)).map(window).collect()
}

/// How many servers or cells it has.
fn parts(run: &RunOutcome, resource: Resource) -> u32 {
    let cells = |region: Region, of_cell: u32| run.premises[region.index()].div_ceil(of_cell.max(1));
    let (scenario, four_g) = (&run.scenario, &run.scenario.csp.four_g);
    match resource {
        Resource::Dsp => run.scenario.dsp.servers,
        Resource::S1sp => run.scenario.s1sp.servers,
        Resource::Downlink(region) | Resource::Uplink(region) | Resource::Firmware(region) => {
            cells(region, scenario.cell_premises(region))
        }
        Resource::FourGDownlink(region) | Resource::FourGUplink(region) | Resource::FourGFirmware(region) => {
            cells(region, four_g.cell_premises)
        }
    }
}

/// Channels between hubs and those who have to share them.
fn has_cells(resource: Resource) -> bool {
    matches!(
        resource,
        Resource::Downlink(_) | Resource::Uplink(_) | Resource::FourGDownlink(_) | Resource::FourGUplink(_)
    )
}

fn is_firmware(resource: Resource) -> bool {
    matches!(resource, Resource::Firmware(_) | Resource::FourGFirmware(_))
}

/// Whose it is, and what.
fn names(resource: Resource) -> (String, &'static str) {
    let legacy = |region: Region| region.provider().to_owned();
    let four_g = |region: Region| format!("4g-{region}");
    match resource {
        Resource::Dsp => ("dsp".to_owned(), "servers"),
        Resource::S1sp => ("s1sp".to_owned(), "servers"),
        Resource::Downlink(region) => (legacy(region), "downlink"),
        Resource::Uplink(region) => (legacy(region), "uplink"),
        Resource::Firmware(region) => (legacy(region), "firmware"),
        Resource::FourGDownlink(region) => (four_g(region), "downlink"),
        Resource::FourGUplink(region) => (four_g(region), "uplink"),
        Resource::FourGFirmware(region) => (four_g(region), "firmware"),
    }
}

/// The time that the DSP's servers have in all, from a moment on for so long.
fn server_time(servers: &Steps, from: u64, length: u64) -> u64 {
    let (mut at, ends) = (SimTime(from), SimTime(from + length));
    let mut time = 0;
    while at < ends {
        let until = servers.next_change(at).min(ends);
        time += u64::from(servers.at(at)) * until.since(at).0;
        at = until;
    }
    time
}
