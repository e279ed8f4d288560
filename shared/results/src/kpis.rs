//! `kpis.json`: response times against their targets by SRV class, User and region, and alert delivery.

use crate::back_pressure::BackPressureKpis;
use crate::campaigns::{self, CampaignKpi};
use crate::digest::digest;
use crate::ledger_report::{CountsByName, nonzero};
use crate::load::LoadKpis;
use crate::measure::{Quantiles, share};
use crate::messages::MessageKpis;
use crate::outages::Outage;
use crate::power::{PowerKpis, meters_in_words};
use crate::read_by::{self, ReadBy};
use crate::run_outcome::RunOutcome;
use crate::verdicts::{self, Measured, Verdict};
use secnet_accounts::Account;
use secnet_accounts::alerts::{ALERT_TARGET, AlertLevel, Raised};
use secnet_accounts::service::{Place, ServiceLevel, ServiceMode, Target};
use secnet_engine::Outcome;
use secnet_model::{DeviceType, Region, ResponseCode, Srv, licence_areas};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Kpis {
    /// Of `service`, `alerts`, `power`, `campaigns` and `load`, which are the same for every driver, sharding and hosting.
    pub digest: String,
    pub service: ServiceKpis,
    pub alerts: AlertKpis,
    /// Of a run with faults of the electricity network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerKpis>,
    /// Of a run with firmware campaigns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<CampaignKpi>,
    /// How busy servers and channels were, and what was first turned away.
    #[serde(default)]
    pub load: LoadKpis,
    #[serde(default)]
    pub messages: MessageKpis,
    #[serde(default)]
    pub back_pressure: BackPressureKpis,
    /// What is to be known of the scenario to read them: what a part of the network says of the whole, and what of it has no effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    pub verdicts: Vec<Verdict>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceKpis {
    pub overall: ServiceKpi,
    /// By SRV and mode.
    pub by_srv: Vec<ServiceKpi>,
    pub by_user: Vec<ServiceKpi>,
    pub by_region: Vec<ServiceKpi>,
    /// By licence area of the premises; requests to devices only.
    pub by_area: Vec<ServiceKpi>,
    /// By type of device; requests to devices only.
    pub by_device: Vec<ServiceKpi>,
    /// By SRV, mode, User and region.
    pub classes: Vec<ServiceKpi>,
    /// By licence area, type of device and mode.
    pub places: Vec<ServiceKpi>,
}

/// What became of the requests the row is about. A key that is absent stands for all its values.
///
/// `opened` is `requests`, `overdue` and `open` together. Shares are of those *due*, `requests` and `overdue`: a request whose
/// target response time is over without an answer is missed, whether or not it would have been answered later; one that is
/// not due yet is in no share, and `open` says how many there are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceKpi {
    #[serde(flatten)]
    pub key: KpiKey,
    /// All that were asked for.
    pub opened: u64,
    /// Requests whose fate is known.
    pub requests: u64,
    /// Without an answer when emulated time ended, the target response time over.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overdue: u64,
    /// Without an answer when emulated time ended, and not due yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open: u64,
    pub outcomes: CountsByName,
    /// By the response code of the final answer.
    pub codes: CountsByName,
    /// Submissions, retries included.
    pub attempts: u64,
    /// Completed, of those due.
    pub completed_share: Option<f64>,
    /// Completed without a retry, of those due.
    pub first_attempt_share: Option<f64>,
    /// Requests due that the network owed a response: all but those refused or mistaken.
    pub owed_a_response: u64,
    /// Answered (completed or with a device's error) within the target response time.
    pub within_target: u64,
    /// … of those owed a response.
    pub within_target_share: Option<f64>,
    /// Answered (completed or with a device's error), of all opened: what share `response_time_s` can speak for.
    pub answered_share: Option<f64>,
    /// Of the answered requests.
    pub response_time_s: Option<Quantiles>,
    /// Of the DSP's scheduled reads among them; empty where no hour is due for one.
    #[serde(default, skip_serializing_if = "ReadBy::is_empty")]
    pub read_by: ReadBy,
    /// Absent where the row covers several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_response_time: Option<TargetKpi>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct KpiKey {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub srv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ServiceMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// By name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `none` for non-device services and unknown devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Code of the licence area, `EPN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Type of the device, `ESME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Of faults of the electricity network, by the meters out: `up_to_50` or `over_50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meters: Option<String>,
    /// Of firmware, by the campaign's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TargetKpi {
    pub seconds: f64,
    /// On gas meters, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_meters_seconds: Option<f64>,
    /// What SMETS1 devices have, where that is another and some of the requests went to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smets1_seconds: Option<f64>,
    pub source: TargetSource,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSource {
    /// SEC Appendix E, as far as it is public.
    Sourced,
    Assumed,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlertKpis {
    /// SEC H3.14(g).
    pub target_s: f64,
    pub overall: AlertKpi,
    pub by_alert: Vec<AlertKpi>,
    pub by_user: Vec<AlertKpi>,
    pub by_region: Vec<AlertKpi>,
    /// By alert, User and region.
    pub classes: Vec<AlertKpi>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AlertKpi {
    #[serde(flatten)]
    pub key: KpiKey,
    /// Raised by devices; absent in rows of a User, as who an alert is for is decided on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<u64>,
    /// Of those raised the ones that had to reach somebody within the target: not in the run's last minute, for a User that
    /// is there, and not spoken for by a consolidated alert that was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    pub delivered: u64,
    pub within_target: u64,
    /// Of those due: what was lost, dropped or is still on its way counts as missed. In rows of a User, of those delivered.
    pub within_target_share: Option<f64>,
    /// Consolidated alerts among those delivered (SECMP0062); absent where there were none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub consolidated: u64,
    /// Alerts those spoke for besides themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub throttled: u64,
    /// Deliveries besides those: alerts that went to a second User too; absent where there were none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copies: u64,
    /// Within the target among those.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copies_within_target: u64,
    /// From when an alert was raised, or the first of those a consolidated one speaks for, to arrival.
    pub delivery_time_s: Option<Quantiles>,
    /// Of consolidated alerts, from the end of their period to arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consolidated_delivery_time_s: Option<Quantiles>,
}

#[derive(Serialize)]
struct Covered<'a> {
    service: &'a ServiceKpis,
    alerts: &'a AlertKpis,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<&'a PowerKpis>,
    #[serde(skip_serializing_if = "is_empty")]
    campaigns: &'a [CampaignKpi],
    /// Runs of before it was counted have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<&'a LoadKpis>,
}

fn is_empty(campaigns: &&[CampaignKpi]) -> bool {
    campaigns.is_empty()
}

impl Kpis {
    /// `total` is the sum of the run's accounts, `outages` are its faults ([`Outage::all_of`]).
    pub fn new(run: &RunOutcome, total: &Account, outages: &[Outage]) -> Kpis {
        let power = PowerKpis::new(run, total, outages);
        let mut kpis = Kpis {
            digest: String::new(),
            service: ServiceKpis::new(run, total),
            alerts: AlertKpis::new(run, total),
            power,
            campaigns: campaigns::all_of(run, total),
            load: LoadKpis::new(run, total),
            messages: MessageKpis::new(run, total),
            back_pressure: BackPressureKpis::new(run, total),
            remarks: run.scenario.remarks(),
            verdicts: Vec::new(),
        };
        let measured = Measured {
            total,
            users: &run.users,
            power: kpis.power.as_ref(),
            campaigns: &kpis.campaigns,
            load: &kpis.load,
        };
        kpis.verdicts = verdicts::evaluate(&run.scenario.verdicts, &measured);
        kpis.digest = kpis.digest_of_content();
        kpis
    }

    /// What `digest` must be; another value in a file says that the file was changed.
    pub fn digest_of_content(&self) -> String {
        digest(&Covered {
            service: &self.service,
            alerts: &self.alerts,
            power: self.power.as_ref(),
            campaigns: &self.campaigns,
            load: Some(&self.load).filter(|load| !load.resources.is_empty()),
        })
    }
}

impl ServiceKpis {
    fn new(run: &RunOutcome, total: &Account) -> ServiceKpis {
        let mut overall = ServiceLevel::default();
        let mut by_srv = BTreeMap::<(Srv, ServiceMode), ServiceLevel>::new();
        let mut with_smets1 = BTreeSet::<(Srv, ServiceMode)>::new();
        let mut by_user = BTreeMap::<String, ServiceLevel>::new();
        let mut by_region = BTreeMap::<Option<Region>, ServiceLevel>::new();
        let mut by_area = BTreeMap::<usize, ServiceLevel>::new();
        let mut by_device = BTreeMap::<DeviceType, ServiceLevel>::new();
        let mut places = BTreeMap::<(Place, ServiceMode), ServiceLevel>::new();
        for (key, level) in total.service.places() {
            let Place { area, device_type } = key.place;
            by_area.entry(area.into()).or_default().add(level);
            by_device.entry(device_type).or_default().add(level);
            places.entry((key.place, key.mode)).or_default().add(level);
        }
        let mut classes = Vec::new();
        for (key, level) in total.service.iter() {
            let user = run.user_name(key.user);
            overall.add(level);
            by_srv.entry((key.srv, key.mode)).or_default().add(level);
            by_user.entry(user.clone()).or_default().add(level);
            by_region.entry(key.region).or_default().add(level);
            let row = KpiKey {
                user: Some(user),
                ..KpiKey::of_region(key.region)
            };
            if key.region == Some(Region::Smets1) {
                with_smets1.insert((key.srv, key.mode));
            }
            classes.push(ServiceKpi::of_srv(row, key.region, (key.srv, key.mode), level));
        }
        ServiceKpis {
            overall: ServiceKpi::new(KpiKey::default(), &overall),
            by_srv: by_srv
                .iter()
                .map(|(of, level)| {
                    let mut row = ServiceKpi::of_srv(KpiKey::default(), None, *of, level);
                    if with_smets1.contains(of) {
                        row.add_smets1_target(*of);
                    }
                    row
                })
                .collect(),
            by_user: by_user
                .iter()
                .map(|(user, level)| ServiceKpi::new(KpiKey::of_user(user), level))
                .collect(),
            by_region: by_region
                .iter()
                .map(|(region, level)| ServiceKpi::new(KpiKey::of_region(*region), level))
                .collect(),
            by_area: by_area
                .iter()
                .map(|(area, level)| ServiceKpi::new(KpiKey::of_area(*area), level))
                .collect(),
            by_device: by_device
                .iter()
                .map(|(device, level)| ServiceKpi::new(KpiKey::of_device(*device), level))
                .collect(),
            classes,
            places: places
                .iter()
                .map(|((place, mode), level)| {
                    let key = KpiKey {
                        mode: Some(*mode),
                        device: KpiKey::of_device(place.device_type).device,
                        ..KpiKey::of_area(place.area.into())
                    };
                    ServiceKpi::new(key, level)
                })
                .collect(),
        }
    }
}

impl ServiceKpi {
    fn new(key: KpiKey, level: &ServiceLevel) -> ServiceKpi {
        let (due, owed_a_response) = (level.due(), level.owed_a_response());
        ServiceKpi {
            key,
            opened: level.opened,
            requests: level.requests(),
            overdue: level.overdue,
            open: level.open(),
            outcomes: nonzero(
                Outcome::ALL
                    .iter()
                    .map(|outcome| (outcome.name(), level.outcome(*outcome))),
            ),
            codes: nonzero(
                ResponseCode::ALL
                    .iter()
                    .map(|code| (code.code(), level.code(*code))),
            ),
            attempts: level.attempts,
            completed_share: share(level.completed(), due),
            first_attempt_share: share(level.completed_at_first_attempt, due),
            owed_a_response,
            within_target: level.within_target,
            within_target_share: share(level.within_target, owed_a_response),
            answered_share: share(level.answered(), level.opened),
            response_time_s: Quantiles::of(&level.response_times),
            read_by: read_by::of(level),
            target_response_time: None,
        }
    }

    /// `region` is the one all its requests went to.
    fn of_srv(
        key: KpiKey,
        region: Option<Region>,
        (srv, mode): (Srv, ServiceMode),
        level: &ServiceLevel,
    ) -> ServiceKpi {
        let target = Target::of(region, srv, mode);
        let on_gas_meters = match srv.entry().may_target(DeviceType::Gsme) {
            true => Target::on(Some(DeviceType::Gsme), region, srv, mode),
            false => target,
        };
        let source = if target.sourced {
            TargetSource::Sourced
        } else {
            TargetSource::Assumed
        };
        let mut row = ServiceKpi::new(
            KpiKey {
                srv: Some(srv.to_string()),
                mode: Some(mode),
                ..key
            },
            level,
        );
        row.target_response_time = Some(TargetKpi {
            seconds: target.time.as_secs_f64(),
            gas_meters_seconds: (on_gas_meters != target).then(|| on_gas_meters.time.as_secs_f64()),
            smets1_seconds: None,
            source,
        });
        row
    }

    /// Some of the requests went to SMETS1 devices.
    fn add_smets1_target(&mut self, (srv, mode): (Srv, ServiceMode)) {
        let seconds = Target::of(Some(Region::Smets1), srv, mode).time.as_secs_f64();
        if let Some(target) = self.target_response_time.as_mut() {
            target.smets1_seconds = (seconds != target.seconds).then_some(seconds);
        }
    }
}

impl AlertKpis {
    fn new(run: &RunOutcome, total: &Account) -> AlertKpis {
        let mut raised_overall = Raised::default();
        let mut raised_by_alert = BTreeMap::<String, Raised>::new();
        let mut raised_by_region = BTreeMap::<Region, Raised>::new();
        for (alert, region, raised) in total.raised.iter() {
            raised_overall.add(raised);
            raised_by_alert.entry(alert.to_string()).or_default().add(raised);
            raised_by_region.entry(region).or_default().add(raised);
        }
        let mut overall = AlertLevel::default();
        let mut by_alert = BTreeMap::<String, AlertLevel>::new();
        let mut by_user = BTreeMap::<String, AlertLevel>::new();
        let mut by_region = BTreeMap::<Region, AlertLevel>::new();
        let mut classes = Vec::new();
        for (key, level) in total.alerts.iter() {
            let (alert, user) = (key.alert.to_string(), run.user_name(key.user));
            overall.add(level);
            by_alert.entry(alert.clone()).or_default().add(level);
            by_user.entry(user.clone()).or_default().add(level);
            by_region.entry(key.region).or_default().add(level);
            let row = KpiKey {
                alert: Some(alert),
                user: Some(user),
                ..KpiKey::of_region(Some(key.region))
            };
            classes.push(AlertKpi::new(row, level));
        }
        // What never arrived has a row too.
        for alert in raised_by_alert.keys() {
            by_alert.entry(alert.clone()).or_default();
        }
        for region in raised_by_region.keys() {
            by_region.entry(*region).or_default();
        }
        AlertKpis {
            target_s: ALERT_TARGET.as_secs_f64(),
            overall: AlertKpi::new(KpiKey::default(), &overall).of_raised(raised_overall, &overall),
            by_alert: by_alert
                .iter()
                .map(|(alert, level)| {
                    let key = KpiKey {
                        alert: Some(alert.clone()),
                        ..KpiKey::default()
                    };
                    let raised = raised_by_alert.get(alert).copied().unwrap_or_default();
                    AlertKpi::new(key, level).of_raised(raised, level)
                })
                .collect(),
            by_user: by_user
                .iter()
                .map(|(user, level)| AlertKpi::new(KpiKey::of_user(user), level))
                .collect(),
            by_region: by_region
                .iter()
                .map(|(region, level)| {
                    let raised = raised_by_region.get(region).copied().unwrap_or_default();
                    AlertKpi::new(KpiKey::of_region(Some(*region)), level).of_raised(raised, level)
                })
                .collect(),
            classes,
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl AlertKpi {
    fn new(key: KpiKey, level: &AlertLevel) -> AlertKpi {
        AlertKpi {
            key,
            raised: None,
            due: None,
            delivered: level.delivered(),
            within_target: level.within_target,
            within_target_share: share(level.within_target, level.delivered()),
            consolidated: level.consolidated,
            throttled: level.throttled,
            copies: level.copies,
            copies_within_target: level.copies_within_target,
            delivery_time_s: Quantiles::of(&level.delivery_times),
            consolidated_delivery_time_s: Quantiles::of(&level.since_consolidation),
        }
    }

    /// The row with what it is a part of.
    fn of_raised(self, raised: Raised, level: &AlertLevel) -> AlertKpi {
        AlertKpi {
            raised: Some(raised.all),
            due: Some(raised.due(level)),
            within_target_share: share(raised.within_target(level), raised.due(level)),
            ..self
        }
    }
}

impl KpiKey {
    fn of_user(user: &str) -> KpiKey {
        KpiKey {
            user: Some(user.to_owned()),
            ..KpiKey::default()
        }
    }

    fn of_area(area: usize) -> KpiKey {
        KpiKey {
            area: licence_areas().get(area).map(|area| area.code.to_owned()),
            ..KpiKey::default()
        }
    }

    fn of_device(device: DeviceType) -> KpiKey {
        KpiKey {
            device: Some(device.name().to_owned()),
            ..KpiKey::default()
        }
    }

    fn of_region(region: Option<Region>) -> KpiKey {
        KpiKey {
            region: Some(region.map_or("none", Region::name).to_owned()),
            ..KpiKey::default()
        }
    }
}

impl std::fmt::Display for KpiKey {
    /// `4.1.1 on_demand, Alba Energy, north`; `all` for the row of everything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let class = match (&self.srv, self.mode) {
            (Some(srv), Some(mode)) => Some(format!("{srv} {mode}")),
            (None, Some(mode)) => Some(mode.to_string()),
            (srv, None) => srv.clone(),
        };
        let alert = self.alert.as_ref().map(|alert| format!("alert {alert}"));
        let region = self.region.as_ref().map(|region| match region.as_str() {
            "none" => "no region".to_owned(),
            region => region.to_owned(),
        });
        let (area, device) = (self.area.clone(), self.device.clone());
        let meters = self.meters.as_deref().map(meters_in_words).map(str::to_owned);
        let parts = [
            class,
            alert,
            self.campaign.clone(),
            self.user.clone(),
            region,
            area,
            device,
            meters,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "all" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use expect_test::expect;

    #[test]
    fn another_sharding_has_the_same_digest() {
        let (one, three) = (
            Kpis::new(&sample::run(), &sample::run().total(), &[]),
            Kpis::new(
                &sample::run_in_other_shards(),
                &sample::run_in_other_shards().total(),
                &[],
            ),
        );
        assert_eq!(one, three);
        expect!["a1c47296bdfddf80de9ede51fe24e516a94cdbd79216fadf40f8ffbd1a73e1e0"].assert_eq(&one.digest);
    }

    #[test]
    fn a_row_says_what_became_of_its_requests() {
        let kpis = Kpis::new(&sample::run(), &sample::run().total(), &[]);
        let rows: Vec<String> = kpis
            .service
            .by_srv
            .iter()
            .map(|row| row.key.to_string())
            .collect();
        expect!["4.1.1 on_demand; 4.8.1 scheduled; 8.2 non_device"].assert_eq(&rows.join("; "));
        expect![[r#"
            {
              "srv": "4.1.1",
              "mode": "on_demand",
              "opened": 4,
              "requests": 4,
              "outcomes": {
                "completed": 3,
                "refused": 1
              },
              "codes": {
                "E4": 1,
                "I0": 3
              },
              "attempts": 5,
              "completed_share": 0.75,
              "first_attempt_share": 0.5,
              "owed_a_response": 3,
              "within_target": 2,
              "within_target_share": 0.666667,
              "answered_share": 0.75,
              "response_time_s": {
                "p50": 6.258687,
                "p90": 31.0,
                "p99": 31.0,
                "max": 31.0
              },
              "target_response_time": {
                "seconds": 30.0,
                "source": "sourced"
              }
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&kpis.service.by_srv[0]).unwrap());
    }

    #[test]
    fn roll_ups_add_up_to_the_whole() {
        let service = Kpis::new(&sample::run(), &sample::run().total(), &[]).service;
        assert_eq!(service.overall.requests, 7);
        for rows in [
            &service.by_srv,
            &service.by_user,
            &service.by_region,
            &service.classes,
        ] {
            assert_eq!(rows.iter().map(|row| row.requests).sum::<u64>(), 7);
            assert_eq!(
                rows.iter().map(|row| row.within_target).sum::<u64>(),
                service.overall.within_target
            );
        }
        let regions: Vec<String> = service.by_region.iter().map(|row| row.key.to_string()).collect();
        assert_eq!(regions, ["no region", "north", "south"]);
    }

    #[test]
    fn alerts_are_held_against_sixty_seconds() {
        let alerts = Kpis::new(&sample::run(), &sample::run().total(), &[]).alerts;
        expect![[r#"[{"alert":"8F66","user":"Alba Energy","region":"north","delivered":4,"within_target":3,"within_target_share":0.75,"delivery_time_s":{"p50":8.028159,"p90":70.0,"p99":70.0,"max":70.0}}]"#]].assert_eq(&serde_json::to_string(&alerts.classes).unwrap());
        assert_eq!(alerts.target_s, 60.0);
    }

    #[test]
    fn what_is_written_down_is_read_back() {
        let kpis = Kpis::new(&sample::run(), &sample::run().total(), &[]);
        let text = serde_json::to_string(&kpis).unwrap();
        assert_eq!(serde_json::from_str::<Kpis>(&text).unwrap(), kpis);
    }
}
