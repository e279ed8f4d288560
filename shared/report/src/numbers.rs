//! The figures themselves, to be sorted.

use crate::page::Section;
use crate::source::Source;
use crate::table::{self, Cell, table};
use crate::words::{NONE, plain};
use maud::html;
use secnet_model::Srv;
use secnet_results::kpis::{AlertKpi, ServiceKpi};

const TITLES: [&str; 10] = [
    "",
    "asked for",
    "completed",
    "owed a response",
    "within target",
    "of those owed",
    "p50",
    "p90",
    "p99",
    "longest",
];

type Namer = fn(&ServiceKpi) -> String;

pub(crate) fn section(source: &Source<'_>) -> Option<Section> {
    let (service, alerts) = (&source.run.kpis.service, &source.run.kpis.alerts);
    let sorts: [(&str, &[ServiceKpi], Namer); 5] = [
        ("By service request variant", &service.by_srv, srv),
        ("By User", &service.by_user, |row| named(&row.key.user)),
        ("By region", &service.by_region, |row| named(&row.key.region)),
        ("By licence area, requests to devices", &service.by_area, |row| {
            named(&row.key.area)
        }),
        (
            "By type of device, requests to devices",
            &service.by_device,
            |row| named(&row.key.device),
        ),
    ];
    let body = html! {
        p { "Times are of the answered requests; a heading that is pressed sorts its table. "
            "The run folder has more: " code { "kpis.json" } ", " code { "tables/" } "." }
        @for (title, rows, name) in sorts { @if !rows.is_empty() {
            (table(title, &TITLES, rows.iter().map(|row| cells(name(row), row)).collect()))
        } }
        @if !alerts.by_alert.is_empty() {
            (table("Device alerts by code", &["", "raised", "due", "delivered", "within 60 s", "p50", "p90", "p99", "longest"],
                alerts.by_alert.iter().map(alert).collect()))
        }
    };
    Some(Section {
        id: "numbers",
        title: "Numbers",
        body,
    })
}

fn named(name: &Option<String>) -> String {
    name.clone().unwrap_or_else(|| NONE.to_owned())
}

fn srv(row: &ServiceKpi) -> String {
    let number = row.key.srv.as_deref().unwrap_or_default();
    let name = Srv::from_number(number).map_or("", |srv| srv.entry().name);
    let mode = row.key.mode.map(|mode| plain(mode.name())).unwrap_or_default();
    format!("{number} {name}, {mode}")
}

fn cells(name: String, row: &ServiceKpi) -> Vec<Cell> {
    let times = row.response_time_s;
    vec![
        table::text(name),
        table::count(row.opened),
        table::share(row.completed_share),
        table::count(row.owed_a_response),
        table::count(row.within_target),
        table::share(row.within_target_share),
        table::seconds(times.map(|times| times.p50)),
        table::seconds(times.map(|times| times.p90)),
        table::seconds(times.map(|times| times.p99)),
        table::seconds(times.map(|times| times.max)),
    ]
}

fn alert(row: &AlertKpi) -> Vec<Cell> {
    let times = row.delivery_time_s;
    vec![
        table::text(named(&row.key.alert)),
        table::count(row.raised.unwrap_or_default()),
        table::count(row.due.unwrap_or_default()),
        table::count(row.delivered),
        table::share(row.within_target_share),
        table::seconds(times.map(|times| times.p50)),
        table::seconds(times.map(|times| times.p90)),
        table::seconds(times.map(|times| times.p99)),
        table::seconds(times.map(|times| times.max)),
    ]
}
