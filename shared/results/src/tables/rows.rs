//! What the tables have, row by row; `docs/data.md` is made of it.

use super::columns::{Instant, Name, table};

table! {
    /// Service requests and scheduled reads over time, by SRV, mode and region: each counts in the window in which an answer could first be
    /// had, whenever its fate is known. Sums over it are those of `kpis.json`.
    pub SeriesRow = "series" {
        /// When the window begins, after the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// How long the window is: 300, 900, 3,600, 21,600 or 86,400 s, the finest with which the run has no more than 576 of them.
        width_s: u64,
        /// Service request variant, `4.1.1`.
        srv: Name,
        /// `on_demand`, `future_dated`, `scheduled` or `non_device`.
        mode: Name,
        /// `north`, `central`, `south` or `smets1`; absent of non-device services and unknown devices.
        region: Option<Name>,
        /// Asked for.
        opened: u64,
        /// Answered as wished.
        completed: u64,
        /// Answered with the device's error.
        device_errors: u64,
        /// No response was owed: refused by the DSP, mistaken, or deleted from quarantine.
        refused: u64,
        /// Without an answer, and there will be none: lost, given up, timed out.
        failed: u64,
        /// Without an answer when the run ended, the target response time over.
        overdue: u64,
        /// Without an answer when the run ended, and not due yet. `opened` is the sum of the six.
        open: u64,
        /// Answered within the target response time.
        within_target: u64,
        /// `completed`, `device_errors`, `failed` and `overdue`: what `within_target` is a part of.
        owed_a_response: u64,
        /// Submissions, retries included.
        attempts: u64,
        /// Median of the response times of those answered; quantiles are upper ends of buckets of at most 1/16 of the time.
        response_p50_s: Option<f64>,
        /// Nine of ten were answered within it.
        response_p90_s: Option<f64>,
        /// 99 of a hundred were.
        response_p99_s: Option<f64>,
        /// Target response time; a gas meter's updates have another, and are counted against that.
        target_s: f64,
    }
}

table! {
    /// Service requests and scheduled reads over time, by User and mode: as `series`, but whose they are.
    pub UserSeriesRow = "series_by_user" {
        /// When the window begins, after the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// How long the window is.
        width_s: u64,
        /// Name of the User.
        user: Name,
        /// As in `series`.
        mode: Name,
        /// Asked for.
        opened: u64,
        /// Answered as wished.
        completed: u64,
        /// Answered with the device's error.
        device_errors: u64,
        /// No response was owed.
        refused: u64,
        /// Without an answer, and there will be none.
        failed: u64,
        /// Without an answer when the run ended, the target response time over.
        overdue: u64,
        /// Without an answer when the run ended, and not due yet.
        open: u64,
        /// Answered within the target response time.
        within_target: u64,
        /// What `within_target` is a part of.
        owed_a_response: u64,
        /// Submissions, retries included.
        attempts: u64,
        /// Median of the response times of those answered.
        response_p50_s: Option<f64>,
        /// Nine of ten were answered within it.
        response_p90_s: Option<f64>,
        /// 99 of a hundred were.
        response_p99_s: Option<f64>,
    }
}

table! {
    /// Device alerts over time, by code and region: each counts in the window in which it was raised. Copies to a second User are left out.
    pub AlertRow = "alerts" {
        /// When the window begins, after the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// How long the window is.
        width_s: u64,
        /// Alert code, `AD1`.
        alert: Name,
        /// Where it was raised.
        region: Name,
        /// By devices.
        raised: u64,
        /// To the User it is for.
        delivered: u64,
        /// Within 60 s of being raised (SEC H3.14(g)).
        within_target: u64,
        /// Not delivered themselves, but spoken for by consolidated alerts that were (SECMP0062).
        spoken_for: u64,
        /// Median of the time from raising to arrival.
        delivery_p50_s: Option<f64>,
        /// Nine of ten arrived within it.
        delivery_p90_s: Option<f64>,
        /// 99 of a hundred did.
        delivery_p99_s: Option<f64>,
    }
}

table! {
    /// How busy servers and channels were over time, window by window.
    pub LinkRow = "links" {
        /// When the window begins, after the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// How long the window is: the run's last one may be cut short.
        width_s: u64,
        /// `dsp`, `s1sp`, `csp-north`.
        of: Name,
        /// `servers`; `downlink`, `uplink`; `firmware`, which is what firmware had of the downlink.
        what: Name,
        /// Time of all servers or cells together that there was in the window.
        capacity_us: u64,
        /// Of that, busy.
        busy_us: u64,
        /// Of that, as a part; absent while there was none.
        busy_share: Option<f64>,
    }
}

table! {
    /// The figures of `kpis.json`: a row for each of its rows. Of service requests and scheduled reads.
    pub KpiRow = "kpis" {
        /// `overall`, `srv`, `user`, `region`, `area`, `device`, `class` or `place`: what the rows of this sort are by.
        by: Name,
        /// Service request variant; a key that is absent stands for all its values.
        srv: Option<Name>,
        /// As in `series`.
        mode: Option<Name>,
        /// Name of the User.
        user: Option<Name>,
        /// `north`, `central`, `south`, `smets1` or `none`.
        region: Option<Name>,
        /// Licence area, `EPN`.
        area: Option<Name>,
        /// Type of device, `ESME`.
        device: Option<Name>,
        /// Asked for.
        opened: u64,
        /// Whose fate is known.
        requests: u64,
        /// Answered as wished.
        completed: u64,
        /// Without an answer when the run ended, the target response time over.
        overdue: u64,
        /// Without an answer when the run ended, and not due yet.
        open: u64,
        /// What `within_target` is a part of.
        owed_a_response: u64,
        /// Answered within the target response time.
        within_target: u64,
        /// Of `owed_a_response`.
        within_target_share: Option<f64>,
        /// Submissions, retries included.
        attempts: u64,
        /// Of the answered requests, as the three that follow.
        response_p50_s: Option<f64>,
        /// Nine of ten.
        response_p90_s: Option<f64>,
        /// 99 of a hundred.
        response_p99_s: Option<f64>,
        /// The longest, exact.
        response_max_s: Option<f64>,
    }
}

table! {
    /// Response times of answered requests in buckets of less than 1 % of the time, by SRV, mode, User and region: quantiles of any sum of
    /// classes follow from it.
    pub HistogramRow = "histograms" {
        /// Service request variant.
        srv: Name,
        /// As in `series`.
        mode: Name,
        /// Name of the User.
        user: Name,
        /// As in `series`.
        region: Option<Name>,
        /// The longest response time that is in the bucket.
        up_to_us: u64,
        /// Answered requests in it.
        answered: u64,
    }
}

table! {
    /// Sampled requests, scheduled reads and alerts, one a row, in the order of their beginnings.
    pub ItemRow = "items" {
        /// When it began, after the scenario's epoch.
        began_us: u64,
        /// The same by the calendar, UTC without a zone.
        began_at: Instant,
        /// From its first step to the end of its last.
        took_us: u64,
        /// How many of its sort it stands for: one over the share that is sampled (`tracing.sampled_share`).
        weight: f64,
        /// `4.1.1 Read Instantaneous Import Registers`, `device alert AD1`, `DCC alert`.
        what: Name,
        /// Service request variant; absent of an alert.
        srv: Option<Name>,
        /// Code of a device alert; absent of a request and of a DCC alert.
        alert: Option<Name>,
        /// Name of the User.
        user: Option<Name>,
        /// As in `series`.
        region: Option<Name>,
        /// Number of the premises.
        premises: Option<u64>,
        /// Type of device.
        device: Option<Name>,
        /// As the ledger names it; `open` while it had none.
        outcome: Name,
        /// Response code of the final answer.
        code: Option<Name>,
        /// `originator:target:counter`, as DUIS writes it.
        request_id: Option<Name>,
        /// By which `spans`, `secnet trace` and Jaeger have it.
        trace: Name,
    }
}

table! {
    /// The steps of the sampled items, as in `traces.jsonl`.
    pub SpanRow = "spans" {
        /// Which item's it is.
        trace: Name,
        /// Its own number in hexadecimal digits.
        span: Name,
        /// The span it is a part of; absent of an item's first.
        parent: Option<Name>,
        /// Whose step it was: `dsp`, `csp-north`, `premises-north`.
        participant: Name,
        /// What was done.
        name: Name,
        /// After the scenario's epoch.
        begin_us: u64,
        /// After the scenario's epoch.
        end_us: u64,
        /// Whether it failed.
        failed: bool,
        /// Service request variant.
        srv: Option<Name>,
        /// Alert code.
        alert: Option<Name>,
        /// Response code.
        code: Option<Name>,
        /// What the item came to, where this step closed it.
        outcome: Option<Name>,
        /// What was carried.
        size_bytes: Option<u64>,
        /// Which attempt, or how many transmissions it took.
        count: Option<u64>,
    }
}

table! {
    /// The scenario's timeline as it happened, in the order of its beginnings.
    pub EventRow = "events" {
        /// Name of the event.
        name: Name,
        /// Its kind, `participant_outage`.
        kind: Name,
        /// What it is about: `csp-north`, `OVO`.
        about: Name,
        /// After the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// Absent where it lasts to the end of the run, or is a moment.
        ends_us: Option<u64>,
        /// The whole in one line.
        text: Name,
    }
}

table! {
    /// Faults of the electricity network and what their DNOs learned of them; as `outages.jsonl`, whose further keys are in docs/outages.md.
    pub OutageRow = "outages" {
        /// Counts the run's faults from 0.
        fault: u64,
        /// Name of the event of the scenario that it belongs to.
        event: Name,
        /// Licence area, `EPN`.
        area: Name,
        /// As in `series`.
        region: Name,
        /// The DNO of the area, where the scenario has one.
        dno: Option<Name>,
        /// After the scenario's epoch.
        begins_us: u64,
        /// The same by the calendar, UTC without a zone.
        begins_at: Instant,
        /// Absent where it was not over when the run ended.
        ends_us: Option<u64>,
        /// When the DNO had the first outage alert of it.
        first_known_us: Option<u64>,
        /// Off for less than three minutes.
        meters_interrupted: u64,
        /// Off for longer: each is to raise an outage alert.
        meters_out: u64,
        /// Of both those whose supply came back before the run's horizon.
        meters_restored: u64,
        /// Outage alerts (AD1).
        outage_raised: u64,
        /// Outage alerts that arrived.
        outage_delivered: u64,
        /// Within five minutes of the loss of supply (seeds 004 DP096).
        outage_within_5_min: u64,
        /// Restoration alerts (8F35, 8F36).
        restoration_raised: u64,
        /// Restoration alerts that arrived.
        restoration_delivered: u64,
    }
}

table! {
    /// Firmware campaigns: the rows of `campaigns` in `kpis.json`, a campaign's whole and its regions.
    pub CampaignRow = "campaigns" {
        /// By name.
        campaign: Name,
        /// As in `series`; absent of the whole.
        region: Option<Name>,
        /// Type of its devices, `ESME`.
        device: Name,
        /// Devices that requests list.
        devices: u64,
        /// Whose hub has the image (N60).
        at_hub: u64,
        /// That told that the image is sound (8F72).
        sound: u64,
        /// Requests to activate it (11.3).
        activations: u64,
        /// That run the new version, as their Supplier knows.
        updated: u64,
        /// Of `devices`.
        updated_share: Option<f64>,
        /// Devices whose fate is not known.
        open: u64,
        /// Until so many of the devices listed run the new version; absent where so many do not.
        updated_50_percent_days: Option<f64>,
        /// The same of nine in ten.
        updated_90_percent_days: Option<f64>,
        /// The same of 99 in a hundred.
        updated_99_percent_days: Option<f64>,
    }
}

table! {
    /// How far firmware campaigns had come when each day since their beginning ended.
    pub CampaignDayRow = "campaigns_by_day" {
        /// By name.
        campaign: Name,
        /// As in `campaigns`.
        region: Option<Name>,
        /// Counts the days from 1.
        day: u64,
        /// Devices that run the new version by then.
        updated: u64,
    }
}

table! {
    /// What became of the devices of firmware campaigns: one row for each fate that any had.
    pub CampaignFateRow = "campaign_fates" {
        /// By name.
        campaign: Name,
        /// As in `campaigns`.
        region: Option<Name>,
        /// As the ledger names it: `completed`, `image_unsound`.
        outcome: Name,
        /// How many ended so.
        devices: u64,
    }
}

table! {
    /// What firmware came to in each cell that had some to distribute.
    pub FirmwareCellRow = "firmware_cells" {
        /// As in `series`.
        region: Name,
        /// `first`, which the region was built with, or `4g`.
        network: Name,
        /// Its number in the region's network.
        cell: u64,
        /// Images that came for a device there.
        images: u64,
        /// Rounds broadcast.
        rounds: u64,
        /// Transfers to one hub.
        transfers: u64,
        /// Blocks sent, as often as they were.
        blocks: u64,
        /// Octets of those: `firmware.block` each.
        sent_bytes: u64,
        /// Time for which it was sending, with a share of its downlink.
        sending_us: u64,
        /// Images that reached their hub.
        delivered: u64,
        /// Images that did not.
        given_up: u64,
    }
}
