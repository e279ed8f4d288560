//! Sampled items as rows, and which of them are wanted.

use super::{SpanRecord, Traces, duration};
use crate::measure::shortened;
use secnet_engine::{Outcome, Step};
use secnet_model::{SimDuration, SimTime};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The outcome of an item that had not ended.
pub const OPEN: &str = "open";

/// A request, scheduled read or alert that was sampled, and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Item {
    /// After the epoch.
    pub began_us: u64,
    /// From its first step to the end of its last.
    pub took_us: u64,
    /// `4.1.1 Read Instantaneous Import Registers`.
    pub what: String,
    /// Absent of an alert.
    pub srv: Option<String>,
    /// Absent of a request.
    pub alert: Option<String>,
    pub user: Option<String>,
    pub region: Option<String>,
    pub premises: Option<u32>,
    pub device: Option<String>,
    /// `open` while it had not ended.
    pub outcome: String,
    pub code: Option<String>,
    pub request_id: Option<String>,
    pub trace: String,
}

/// What items must be like; a key that is absent does not matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wanted {
    pub user: Option<String>,
    pub srv: Option<String>,
    pub alert: Option<String>,
    pub region: Option<String>,
    pub premises: Option<u32>,
    pub device: Option<String>,
    pub outcome: Option<String>,
    pub code: Option<String>,
    /// Begun at that time or later.
    pub since: Option<SimTime>,
    /// Begun before that time.
    pub until: Option<SimTime>,
    /// That failed, whatever the outcome.
    pub failed: bool,
}

impl Wanted {
    fn fits(&self, root: &SpanRecord, tree: &[SpanRecord]) -> bool {
        let about = &root.attributes;
        let is = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        is(&self.user, &about.user)
            && is(&self.srv, &about.srv)
            && is(&self.alert, &about.alert)
            && is(&self.region, &about.region)
            && (self.premises.is_none() || self.premises == about.premises)
            && is(&self.device, &about.device_type)
            && self
                .outcome
                .as_ref()
                .is_none_or(|wanted| wanted == outcome(root, tree))
            && is(&self.code, &about.response_code)
            && self.since.is_none_or(|since| root.begin_us >= since.0)
            && self.until.is_none_or(|until| root.begin_us < until.0)
            && (!self.failed || has_failed(tree))
    }
}

/// What the item came to: as the step of it says that closed it, or as follows from how far it got; `open` where it had not ended.
fn outcome<'t>(root: &'t SpanRecord, tree: &'t [SpanRecord]) -> &'t str {
    let about = &root.attributes;
    let is_an_alert = about.srv.is_none();
    let told = |span: &'t SpanRecord| span.attributes.outcome.as_deref();
    // A response that is lost ends no request: its User, or the DSP, has yet to give it up.
    let told_later = || tree.iter().rev().find_map(told).filter(|_| is_an_alert);
    if let Some(outcome) = told(root).or_else(told_later) {
        return outcome;
    }
    let got_there = about.alert.is_none() || tree.iter().any(|span| span.name == Step::Delivery.name());
    let outcome = match (is_an_alert, about.response_code.is_some()) {
        (true, _) if got_there => Outcome::Delivered,
        (false, true) if root.failed => Outcome::DeviceError,
        (false, true) => Outcome::Completed,
        _ => return OPEN,
    };
    outcome.name()
}

/// Whether an item did not come to what it was for.
pub fn has_failed(tree: &[SpanRecord]) -> bool {
    let Some(root) = tree.iter().find(|span| span.is_root()) else {
        return false;
    };
    let good = [Outcome::Completed.name(), Outcome::Delivered.name(), OPEN];
    root.failed || !good.contains(&outcome(root, tree))
}

impl Traces {
    /// Those of the items wanted of whose premises, if they have any, `place` holds too. One whose beginning was dropped is known to be none.
    pub fn of(self, wanted: &Wanted, place: impl Fn(Option<u32>) -> bool) -> Traces {
        let fits = |tree: &&[SpanRecord]| {
            let root = tree.iter().find(|span| span.is_root());
            root.is_some_and(|root| wanted.fits(root, tree) && place(root.attributes.premises))
        };
        let kept: BTreeSet<_> = self.trees().filter(fits).map(|tree| tree[0].trace).collect();
        let mut traces = self;
        traces.spans.retain(|span| kept.contains(&span.trace));
        traces
    }

    /// In the order of their beginnings; with `slowest`, only so many of those that took longest, and those first.
    pub fn items(&self, slowest: Option<usize>) -> Vec<Item> {
        let mut items: Vec<Item> = self.trees().filter_map(Item::new).collect();
        items.sort_by(|a, b| (a.began_us, &a.trace).cmp(&(b.began_us, &b.trace)));
        if let Some(count) = slowest {
            items.sort_by_key(|item| Reverse(item.took_us));
            items.truncate(count);
        }
        items
    }
}

impl Item {
    /// `None` of a trace whose beginning was dropped.
    fn new(tree: &[SpanRecord]) -> Option<Item> {
        let root = tree.iter().find(|span| span.is_root())?;
        let about = root.attributes.clone();
        Some(Item {
            began_us: root.begin_us,
            took_us: duration(tree),
            what: root.name.clone(),
            outcome: outcome(root, tree).to_owned(),
            srv: about.srv,
            alert: about.alert,
            user: about.user,
            region: about.region,
            premises: about.premises,
            device: about.device_type,
            code: about.response_code,
            request_id: about.request_id,
            trace: root.trace.to_string(),
        })
    }
}

/// For a terminal of 110 columns. Widths: 16 + 9 + 2 + 23 + 17 + 8 + 1 + 6 + 20 + 8 = 110.
pub fn table(items: &[Item]) -> String {
    let mut text = format!(
        "{:<16}{:>9}  {:<23}{:<17}{:>8} {:<6}{:<20}trace\n",
        "began", "took", "what", "user", "premises", "", "ended"
    );
    for item in items {
        let ended = match &item.code {
            Some(code) if item.outcome != "completed" => {
                format!("{}, {code}", item.outcome.replace('_', " "))
            }
            _ => item.outcome.replace('_', " "),
        };
        let premises = item
            .premises
            .map_or("–".to_owned(), |premises| premises.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<16}{:>9}  {:<23}{:<17}{premises:>8} {:<6}{:<20}{}",
            SimTime(item.began_us).to_string(),
            SimDuration(item.took_us).to_string(),
            shortened(&item.what, 22),
            shortened(item.user.as_deref().unwrap_or("–"), 16),
            item.device.as_deref().unwrap_or_default(),
            shortened(&ended, 19),
            item.trace.get(..8).unwrap_or(&item.trace),
        );
    }
    text
}

/// A header and a row each, quoted where RFC 4180 asks for it.
pub fn csv(items: &[Item]) -> String {
    let mut text =
        "began_us,took_us,what,srv,alert,user,region,premises,device,outcome,code,request_id,trace\n"
            .to_owned();
    for item in items {
        let text_of = |field: &Option<String>| field.clone().unwrap_or_default();
        let fields = [
            item.began_us.to_string(),
            item.took_us.to_string(),
            item.what.clone(),
            text_of(&item.srv),
            text_of(&item.alert),
            text_of(&item.user),
            text_of(&item.region),
            item.premises
                .map(|premises| premises.to_string())
                .unwrap_or_default(),
            text_of(&item.device),
            item.outcome.clone(),
            text_of(&item.code),
            text_of(&item.request_id),
            item.trace.clone(),
        ];
        text.push_str(&fields.map(quoted).join(","));
        text.push('\n');
    }
    text
}

fn quoted(field: String) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}
