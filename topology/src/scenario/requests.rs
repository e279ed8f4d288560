//! Single requests.

use super::Scenario;
use crate::check::{Check, Problem};
use crate::suggest::mend;
use crate::units::Span;
use crate::users::UserEntry;
use schemars::JsonSchema;
use secnet_model::{DeviceType, FutureDating, Srv};
use serde::{Deserialize, Serialize};

/// One request at a given time: what a test, or a person, has a User send.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestParams {
    /// The User's name.
    pub from: String,
    /// When it is sent, after the epoch.
    pub at: Span,
    /// The service request variant.
    pub srv: String,
    /// The premises it goes to, by number; only the DCC's own services go to none. Whether it is the User's own is the DSP's
    /// to say.
    #[serde(default)]
    pub premises: Option<u32>,
    /// Device type it is sent to; the first the premises has of those the SRV's catalogue entry names otherwise.
    #[serde(default)]
    #[schemars(schema_with = "crate::words::device_type")]
    pub device: Option<DeviceType>,
    /// Future-dated this long after the request; on demand when absent.
    #[serde(default)]
    pub future_dated_by: Option<Span>,
    /// For 11.1, or 11.4: the campaign of the User's, one that is `by_hand`, whose next devices it lists; nobody once all have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
}

/// What is wrong with one request, were it the scenario's.
pub fn validate_request(scenario: &Scenario, users: &[UserEntry], request: &RequestParams) -> Vec<Problem> {
    let mut check = Check {
        users,
        problems: Vec::new(),
    };
    check.request("", scenario, request);
    check.problems
}

impl Check<'_> {
    pub(crate) fn requests(&mut self, scenario: &Scenario) {
        for (i, request) in scenario.requests.iter().enumerate() {
            self.request(&format!("requests.{i}."), scenario, request);
        }
    }

    /// `path` is what the keys are to be prefixed with.
    fn request(&mut self, path: &str, scenario: &Scenario, request: &RequestParams) {
        let users = self.users;
        let sender = users.iter().find(|user| user.name == request.from);
        if sender.is_none() {
            let mend = mend(&request.from, users.iter().map(|user| user.name.as_str()));
            self.wrong(format!("{path}from"), format!("no User `{}`{mend}", request.from));
        }
        if request.at >= scenario.horizon {
            let (at, horizon) = (request.at, scenario.horizon);
            self.wrong(
                format!("{path}at"),
                format!("{at} is not before the horizon, {horizon}"),
            );
        }
        if let Some(srv) = self.srv(&format!("{path}srv"), &request.srv) {
            if let Some(sender) = sender {
                self.roles(&format!("{path}srv"), srv, &[sender]);
            }
            self.subject(path, request, srv, scenario.population.premises);
            if let Some(name) = &request.campaign {
                self.campaign_by_hand(&format!("{path}campaign"), scenario, name, request, srv);
            }
        }
    }

    fn campaign_by_hand(
        &mut self,
        path: &str,
        scenario: &Scenario,
        name: &str,
        request: &RequestParams,
        srv: Srv,
    ) {
        let by_hand = || scenario.campaigns.iter().filter(|it| it.by_hand);
        let Some(campaign) = by_hand().find(|it| it.name == name) else {
            let mend = mend(name, by_hand().map(|it| it.name.as_str()));
            return self.wrong(path, format!("no campaign `{name}` that is `by_hand`{mend}"));
        };
        if srv.number() != campaign.srv_number() {
            let (device, takes) = (campaign.device.name(), campaign.srv_number());
            self.wrong(path, format!("a campaign for {device} takes {takes}, not {srv}"));
        }
        let runs_it = campaign.suppliers.is_empty() || campaign.suppliers.contains(&request.from);
        let is_supplier = scenario.suppliers.iter().any(|it| it.name == request.from);
        if !(runs_it && is_supplier) {
            self.wrong(path, format!("`{name}` is no campaign of {}", request.from));
        }
    }

    fn subject(&mut self, path: &str, request: &RequestParams, srv: Srv, premises: u32) {
        let entry = srv.entry();
        if entry.is_about_schedules() {
            let message = format!("{srv} is about a schedule, which only a workload can name");
            self.wrong(format!("{path}srv"), message);
        }
        match request.premises {
            None if entry.is_about_a_device() => {
                self.wrong(
                    format!("{path}srv"),
                    format!("{srv} is about a device; name its `premises`"),
                );
            }
            Some(number) if number >= premises => {
                let last = premises.saturating_sub(1);
                self.wrong(
                    format!("{path}premises"),
                    format!("there is no premises {number}; they are numbered from 0 to {last}"),
                );
            }
            _ => {}
        }
        if let Some(device) = request.device.filter(|device| !entry.may_target(*device)) {
            let name = device.name();
            self.wrong(format!("{path}device"), format!("{srv} is not for the {name}"));
        }
        match request.future_dated_by {
            Some(_) if entry.future_dated == FutureDating::NotAllowed => {
                let message = format!("{srv} cannot be future-dated; leave out `future_dated_by`");
                self.wrong(format!("{path}future_dated_by"), message);
            }
            None if entry.is_device_service() && !entry.on_demand => {
                self.wrong(format!("{path}srv"), format!("{srv} cannot be sent on demand"));
            }
            _ => {}
        }
    }
}
