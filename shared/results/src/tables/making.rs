//! The rows of a run's tables.

use super::columns::{Instant, Name};
use super::rows::{
    AlertRow, CampaignDayRow, CampaignFateRow, CampaignRow, EventRow, FirmwareCellRow, HistogramRow, ItemRow,
    KpiRow, LinkRow, OutageRow, SeriesRow, SpanRow, UserSeriesRow,
};
use crate::campaigns::CampaignKpi;
use crate::kpis::ServiceKpi;
use crate::load;
use crate::traces::items::Item;
use crate::{EventFact, Kpis, Outage, RunOutcome};
use secnet_accounts::over_time::{AlertCounts, ByWindow, Counts, ServiceCounts, Times, width_for};
use secnet_accounts::service::Target;
use secnet_accounts::{Account, ServiceMode};
use secnet_model::{AlertCode, Region, SimDuration, SimTime, Srv, Technology, UserId};
use secnet_topology::scenario::TracingParams;
use std::collections::BTreeMap;

/// Moments and widths as the run's tables have them.
struct Clock {
    epoch_us: i64,
    width: SimDuration,
}

impl Clock {
    fn of(run: &RunOutcome) -> Clock {
        let epoch_s = i64::try_from(run.scenario.epoch.unix_seconds()).unwrap_or(i64::MAX);
        let lasts = SimDuration(run.ended_at.0);
        Clock {
            epoch_us: epoch_s.saturating_mul(1_000_000),
            width: width_for(lasts),
        }
    }

    fn instant(&self, micros: u64) -> Instant {
        Instant(
            self.epoch_us
                .saturating_add(i64::try_from(micros).unwrap_or(i64::MAX)),
        )
    }

    fn width_s(&self) -> u64 {
        self.width.0 / 1_000_000
    }

    /// The windows in which anything is counted.
    fn windows<C: Counts + PartialEq>(&self, row: &ByWindow<C>) -> impl Iterator<Item = (SimTime, C)> {
        let nothing = C::default();
        row.by(self.width)
            .into_iter()
            .filter(move |(_, counts)| *counts != nothing)
    }
}

fn quantiles(times: &Times) -> [Option<f64>; 3] {
    [0.5, 0.9, 0.99].map(|quantile| times.quantile(quantile).map(SimDuration::as_secs_f64))
}

fn name(text: impl AsRef<str>) -> Name {
    Name::from(text.as_ref())
}

fn open(counts: &ServiceCounts) -> u64 {
    u64::from(counts.opened).saturating_sub(u64::from(counts.ended()) + u64::from(counts.overdue))
}

pub(super) fn series(run: &RunOutcome, total: &Account) -> Vec<SeriesRow> {
    let clock = Clock::of(run);
    let mut by_key: BTreeMap<(Srv, ServiceMode, Option<Region>), ByWindow<ServiceCounts>> = BTreeMap::new();
    for (key, row) in total.service.over_time() {
        by_key
            .entry((key.srv, key.mode, key.region))
            .or_default()
            .add(row);
    }
    let mut rows = Vec::new();
    for ((srv, mode, region), row) in &by_key {
        let (srv_name, mode_name) = (name(srv.number()), name(mode.name()));
        let region_name = region.map(|region| name(region.name()));
        let target = Target::of(*region, *srv, *mode).time;
        rows.extend(clock.windows(row).map(|(begins, counts)| {
            let [response_p50_s, response_p90_s, response_p99_s] = quantiles(&counts.response_times);
            SeriesRow {
                begins_us: begins.0,
                begins_at: clock.instant(begins.0),
                width_s: clock.width_s(),
                srv: srv_name.clone(),
                mode: mode_name.clone(),
                region: region_name.clone(),
                opened: counts.opened.into(),
                completed: counts.completed.into(),
                device_errors: counts.device_errors.into(),
                refused: counts.refused.into(),
                failed: counts.failed.into(),
                overdue: counts.overdue.into(),
                open: open(&counts),
                within_target: counts.within_target.into(),
                owed_a_response: counts.owed_a_response().into(),
                attempts: counts.attempts.into(),
                response_p50_s,
                response_p90_s,
                response_p99_s,
                target_s: target.as_secs_f64(),
            }
        }));
    }
    rows
}

pub(super) fn series_by_user(run: &RunOutcome, total: &Account) -> Vec<UserSeriesRow> {
    let clock = Clock::of(run);
    let mut by_key: BTreeMap<(UserId, ServiceMode), ByWindow<ServiceCounts>> = BTreeMap::new();
    for (key, row) in total.service.over_time() {
        by_key.entry((key.user, key.mode)).or_default().add(row);
    }
    let mut rows = Vec::new();
    for ((user, mode), row) in &by_key {
        let (user, mode) = (name(run.user_name(*user)), name(mode.name()));
        rows.extend(clock.windows(row).map(|(begins, counts)| {
            let [response_p50_s, response_p90_s, response_p99_s] = quantiles(&counts.response_times);
            UserSeriesRow {
                begins_us: begins.0,
                begins_at: clock.instant(begins.0),
                width_s: clock.width_s(),
                user: user.clone(),
                mode: mode.clone(),
                opened: counts.opened.into(),
                completed: counts.completed.into(),
                device_errors: counts.device_errors.into(),
                refused: counts.refused.into(),
                failed: counts.failed.into(),
                overdue: counts.overdue.into(),
                open: open(&counts),
                within_target: counts.within_target.into(),
                owed_a_response: counts.owed_a_response().into(),
                attempts: counts.attempts.into(),
                response_p50_s,
                response_p90_s,
                response_p99_s,
            }
        }));
    }
    rows
}

pub(super) fn alerts(run: &RunOutcome, total: &Account) -> Vec<AlertRow> {
    let clock = Clock::of(run);
    type Rows = (ByWindow<u32>, ByWindow<AlertCounts>);
    let mut by_key: BTreeMap<(AlertCode, Region), Rows> = BTreeMap::new();
    for (alert, region, raised) in total.raised.over_time() {
        by_key.entry((alert, region)).or_default().0.add(raised);
    }
    for (key, delivered) in total.alerts.over_time() {
        by_key
            .entry((key.alert, key.region))
            .or_default()
            .1
            .add(delivered);
    }
    let mut rows = Vec::new();
    for ((alert, region), (raised, delivered)) in &by_key {
        let (alert, region) = (name(alert.to_string()), name(region.name()));
        let mut windows: BTreeMap<SimTime, (u32, AlertCounts)> = BTreeMap::new();
        for (begins, raised) in clock.windows(raised) {
            windows.entry(begins).or_default().0 = raised;
        }
        for (begins, delivered) in clock.windows(delivered) {
            windows.entry(begins).or_default().1 = delivered;
        }
        rows.extend(windows.into_iter().map(|(begins, (raised, counts))| {
            let [delivery_p50_s, delivery_p90_s, delivery_p99_s] = quantiles(&counts.delivery_times);
            AlertRow {
                begins_us: begins.0,
                begins_at: clock.instant(begins.0),
                width_s: clock.width_s(),
                alert: alert.clone(),
                region: region.clone(),
                raised: raised.into(),
                delivered: counts.delivered.into(),
                within_target: counts.within_target.into(),
                spoken_for: counts.spoken_for.into(),
                delivery_p50_s,
                delivery_p90_s,
                delivery_p99_s,
            }
        }));
    }
    rows
}

pub(super) fn links(run: &RunOutcome, total: &Account) -> Vec<LinkRow> {
    let clock = Clock::of(run);
    let mut rows = Vec::new();
    for (of, what, windows) in load::over_time(run, total) {
        let (of, what) = (name(of), name(what));
        rows.extend(windows.into_iter().map(|window| LinkRow {
            begins_us: window.begins.0,
            begins_at: clock.instant(window.begins.0),
            width_s: window.lasts.0.div_ceil(1_000_000),
            of: of.clone(),
            what: what.clone(),
            capacity_us: window.capacity_us,
            busy_us: window.busy_us,
            busy_share: window.share(),
        }));
    }
    rows
}

pub(super) fn kpis(kpis: &Kpis) -> Vec<KpiRow> {
    let service = &kpis.service;
    let overall = std::slice::from_ref(&service.overall);
    let sorts: [(&str, &[ServiceKpi]); 8] = [
        ("overall", overall),
        ("srv", &service.by_srv),
        ("user", &service.by_user),
        ("region", &service.by_region),
        ("area", &service.by_area),
        ("device", &service.by_device),
        ("class", &service.classes),
        ("place", &service.places),
    ];
    let rows = sorts.into_iter().flat_map(|(by, rows)| {
        let by = name(by);
        rows.iter().map(move |row| kpi(by.clone(), row))
    });
    rows.collect()
}

fn kpi(by: Name, row: &ServiceKpi) -> KpiRow {
    let key = &row.key;
    let named = |text: &Option<String>| text.as_ref().map(name);
    let times = row.response_time_s;
    KpiRow {
        by,
        srv: named(&key.srv),
        mode: key.mode.map(|mode| name(mode.name())),
        user: named(&key.user),
        region: named(&key.region),
        area: named(&key.area),
        device: named(&key.device),
        opened: row.opened,
        requests: row.requests,
        completed: row.outcomes.get("completed").copied().unwrap_or_default(),
        overdue: row.overdue,
        open: row.open,
        owed_a_response: row.owed_a_response,
        within_target: row.within_target,
        within_target_share: row.within_target_share,
        attempts: row.attempts,
        response_p50_s: times.map(|times| times.p50),
        response_p90_s: times.map(|times| times.p90),
        response_p99_s: times.map(|times| times.p99),
        response_max_s: times.map(|times| times.max),
    }
}

pub(super) fn histograms(run: &RunOutcome, total: &Account) -> Vec<HistogramRow> {
    let mut rows = Vec::new();
    for (key, level) in total.service.iter() {
        let (srv, mode) = (name(key.srv.number()), name(key.mode.name()));
        let (user, region) = (
            name(run.user_name(key.user)),
            key.region.map(|region| name(region.name())),
        );
        rows.extend(
            level
                .response_times
                .buckets()
                .map(|(up_to_us, answered)| HistogramRow {
                    srv: srv.clone(),
                    mode: mode.clone(),
                    user: user.clone(),
                    region: region.clone(),
                    up_to_us,
                    answered,
                }),
        );
    }
    rows
}

pub(super) fn items(run: &RunOutcome) -> Vec<ItemRow> {
    let clock = Clock::of(run);
    let named = |text: Option<String>| text.map(name);
    let items = run.traces.items(None).into_iter();
    let rows = items.map(|item| ItemRow {
        began_us: item.began_us,
        began_at: clock.instant(item.began_us),
        took_us: item.took_us,
        weight: weight(&run.scenario.tracing, &item),
        what: name(&item.what),
        srv: named(item.srv),
        alert: named(item.alert),
        user: named(item.user),
        region: named(item.region),
        premises: item.premises.map(u64::from),
        device: named(item.device),
        outcome: name(item.outcome),
        code: named(item.code),
        request_id: named(item.request_id),
        trace: name(item.trace),
    });
    rows.collect()
}

/// One over the share of its sort that is sampled; those of watched premises all are.
fn weight(tracing: &TracingParams, item: &Item) -> f64 {
    let is_watched = |premises| tracing.watch.contains(&premises);
    if item.premises.is_some_and(is_watched) {
        return 1.0;
    }
    let Some(srv) = &item.srv else {
        return 1.0 / tracing.alerts;
    };
    let own = tracing.srvs.iter().find(|own| own.srv == *srv);
    1.0 / own.map_or(tracing.requests, |own| own.share)
}

pub(super) fn spans(run: &RunOutcome) -> Vec<SpanRow> {
    let named = |text: &Option<String>| text.as_ref().map(name);
    let spans = run.traces.spans.iter();
    let rows = spans.map(|span| SpanRow {
        trace: name(span.trace.to_string()),
        span: name(span.span.to_string()),
        parent: span.parent.map(|parent| name(parent.to_string())),
        participant: name(&span.participant),
        name: name(&span.name),
        begin_us: span.begin_us,
        end_us: span.end_us,
        failed: span.failed,
        srv: named(&span.attributes.srv),
        alert: named(&span.attributes.alert),
        code: named(&span.attributes.response_code),
        outcome: named(&span.attributes.outcome),
        size_bytes: span.attributes.bytes.map(u64::from),
        count: span.attributes.count.map(u64::from),
    });
    rows.collect()
}

pub(super) fn events(run: &RunOutcome, events: &[EventFact]) -> Vec<EventRow> {
    let clock = Clock::of(run);
    let begun = events.iter().filter(|event| event.begins_us <= run.ended_at.0);
    let rows = begun.map(|event| EventRow {
        name: name(&event.name),
        kind: name(&event.kind),
        about: name(&event.about),
        begins_us: event.begins_us,
        begins_at: clock.instant(event.begins_us),
        ends_us: event.ends_us,
        text: name(&event.text),
    });
    let mut rows: Vec<EventRow> = rows.collect();
    rows.sort_by(|a, b| (a.begins_us, &a.name).cmp(&(b.begins_us, &b.name)));
    rows
}

pub(super) fn outages(run: &RunOutcome, outages: &[Outage]) -> Vec<OutageRow> {
    let clock = Clock::of(run);
    let rows = outages.iter().map(|outage| OutageRow {
        fault: outage.fault.into(),
        event: name(&outage.event),
        area: name(&outage.area),
        region: name(outage.region.name()),
        dno: outage.dno.as_ref().map(name),
        begins_us: outage.begins_us,
        begins_at: clock.instant(outage.begins_us),
        ends_us: outage.ends_us,
        first_known_us: outage.first_known_us,
        meters_interrupted: outage.meters_interrupted.into(),
        meters_out: outage.meters_out.into(),
        meters_restored: outage.meters_restored.into(),
        outage_raised: outage.outage.raised.into(),
        outage_delivered: outage.outage.delivered.into(),
        outage_within_5_min: outage.outage.within_5_min.into(),
        restoration_raised: outage.restoration.raised.into(),
        restoration_delivered: outage.restoration.delivered.into(),
    });
    rows.collect()
}

pub(super) fn campaigns(campaigns: &[CampaignKpi]) -> Vec<CampaignRow> {
    let rows = campaigns.iter().map(|row| CampaignRow {
        campaign: name(&row.campaign),
        region: row.region.as_ref().map(name),
        device: name(&row.device),
        devices: row.devices,
        at_hub: row.at_hub,
        sound: row.sound,
        activations: row.activations,
        updated: row.updated,
        updated_share: row.updated_share,
        open: row.open,
        updated_50_percent_days: row.days_to_50_percent,
        updated_90_percent_days: row.days_to_90_percent,
        updated_99_percent_days: row.days_to_99_percent,
    });
    rows.collect()
}

pub(super) fn campaigns_by_day(campaigns: &[CampaignKpi]) -> Vec<CampaignDayRow> {
    let of_campaign = |row: &CampaignKpi| {
        let (campaign, region) = (name(&row.campaign), row.region.as_ref().map(name));
        let days = (1..).zip(row.updated_by_day.clone());
        days.map(move |(day, updated)| CampaignDayRow {
            campaign: campaign.clone(),
            region: region.clone(),
            day,
            updated,
        })
    };
    campaigns.iter().flat_map(of_campaign).collect()
}

pub(super) fn campaign_fates(campaigns: &[CampaignKpi]) -> Vec<CampaignFateRow> {
    let of_campaign = |row: &CampaignKpi| {
        let (campaign, region) = (name(&row.campaign), row.region.as_ref().map(name));
        let fates = row.outcomes.clone().into_iter();
        fates
            .filter(|(_, devices)| *devices > 0)
            .map(move |(outcome, devices)| CampaignFateRow {
                campaign: campaign.clone(),
                region: region.clone(),
                outcome: name(outcome),
                devices,
            })
    };
    campaigns.iter().flat_map(of_campaign).collect()
}

pub(super) fn firmware_cells(total: &Account) -> Vec<FirmwareCellRow> {
    let rows = total
        .firmware_cells
        .iter()
        .map(|((region, technology, number), cell)| FirmwareCellRow {
            region: name(region.name()),
            network: name(match technology {
                Technology::Legacy => "first",
                Technology::FourG => "4g",
            }),
            cell: number.into(),
            images: cell.images,
            rounds: cell.rounds,
            transfers: cell.transfers,
            blocks: cell.blocks,
            sent_bytes: cell.bytes,
            sending_us: cell.sending_us,
            delivered: cell.delivered,
            given_up: cell.given_up,
        });
    rows.collect()
}
