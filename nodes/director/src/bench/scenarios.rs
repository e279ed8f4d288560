//! The scenarios that are measured, generated so that the figures do not change with the shipped ones.

use anyhow::anyhow;
use secnet_topology::World;
use std::fmt::Write;
use std::sync::Arc;

/// Mean response time of a read of an ESME in [`round_trips`], in seconds: gateway and DSP–CSP links both ways, WAN both ways,
/// HAN and device, transmission and the DSP's service time. Known beforehand to set the rate that keeps the wanted number in
/// flight; how many there are is measured.
pub(super) const RESPONSE_TIME_S: f64 = 3.87;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrips {
    pub in_flight: u32,
    pub premises: u32,
    pub suppliers: u32,
    /// Licence areas; all when empty.
    pub areas: &'static [&'static str],
    pub horizon_s: u64,
    /// Share of the requests traced.
    pub traced: f64,
}

/// Suppliers that read meters on demand (SRV 4.1.1) over cells with room to spare, nothing lost, nothing refused: every request is a
/// round trip of six hops. Latencies are the defaults of a cellular region and of the links.
pub(super) fn round_trips(wanted: RoundTrips) -> anyhow::Result<Arc<World>> {
    let per_second = f64::from(wanted.in_flight) / RESPONSE_TIME_S;
    let per_device_per_day = per_second * 86_400.0 / f64::from(wanted.premises);
    let mut text = format!(
        "name = \"round-trips\"\nhorizon = \"{}s\"\ndrain = \"60s\"\n\
         [population]\npremises = {}\nareas = {:?}\nno_wan_share = 0.0\nnot_commissioned_share = 0.0\nsuspended_share = 0.0\n\
         [premises]\nalerts_per_premises_per_day = 0.0\ndevice_error_share = 0.0\n\
         [dsp]\nservers = 64\nservice_time = \"100us\"\nqueue_limit = 1000000\n\
         [[workloads]]\nname = \"reads\"\nfrom = \"suppliers\"\nsrvs = [\"4.1.1\"]\ntarget = \"ESME\"\n\
         per_device_per_day = {per_device_per_day}\n\
         [tracing]\nrequests = {}\n",
        wanted.horizon_s, wanted.premises, wanted.areas, wanted.traced
    );
    add_suppliers(&mut text, wanted.suppliers);
    for region in ["north", "central", "south"] {
        let _ = write!(
            text,
            "[csp.{region}]\ncell_premises = 500\nlatency_min = \"300ms\"\nlatency_mean = \"1200ms\"\n\
             downlink_rate = \"100Mbit/s\"\nuplink_rate = \"100Mbit/s\"\nloss = 0.0\n"
        );
    }
    world("round-trips", &text)
}

/// A day in which nothing happens but `reads` requests; without any, no alert either.
pub(super) fn quiet_day(reads: u32) -> anyhow::Result<Arc<World>> {
    const PREMISES: u32 = 2_000;
    let mut text = format!(
        "name = \"quiet-day\"\nhorizon = \"1d\"\n[population]\npremises = {PREMISES}\n\
         [premises]\nalerts_per_premises_per_day = 0.0\n"
    );
    add_suppliers(&mut text, 4);
    if reads > 0 {
        let per_device_per_day = f64::from(reads) / f64::from(PREMISES);
        let _ = write!(
            text,
            "[[workloads]]\nname = \"reads\"\nfrom = \"suppliers\"\nsrvs = [\"4.1.1\"]\n\
             per_device_per_day = {per_device_per_day}\n"
        );
    }
    world("quiet-day", &text)
}

/// The demo as shipped.
pub(super) fn demo() -> anyhow::Result<Arc<World>> {
    world("demo", include_str!("../../../../topology/demo.toml"))
}

fn add_suppliers(text: &mut String, suppliers: u32) {
    for number in 1..=suppliers {
        let share = 1.0 / f64::from(suppliers);
        let _ = write!(text, "[[suppliers]]\nname = \"S{number}\"\nshare = {share}\n");
    }
}

fn world(name: &str, text: &str) -> anyhow::Result<Arc<World>> {
    let scenario = secnet_topology::parse(name, text, &[]).map_err(|error| anyhow!("{error}"))?;
    Ok(Arc::new(
        World::new(scenario).map_err(|error| anyhow!("{error}"))?,
    ))
}
