//! Traffic management, priority and anomaly detection.

use super::Check;
use crate::modifications::is_meant;
use crate::scenario::Scenario;
use crate::suggest::mend;
use secnet_model::Srv;

impl Check<'_> {
    pub(super) fn traffic(&mut self, scenario: &Scenario) {
        self.secmp0067(scenario);
        for (i, class) in scenario.parameters.secmp0028.classes.iter().enumerate() {
            self.srv_list(&format!("parameters.SECMP0028.classes.{i}"), class);
        }
        self.secmp0008(scenario);
    }

    fn secmp0067(&mut self, scenario: &Scenario) {
        let params = &scenario.parameters.secmp0067;
        let path = |key: &str| format!("parameters.SECMP0067.{key}");
        if let Some(capacity) = params.system_capacity {
            self.more_than_zero(&path("system_capacity"), capacity);
        }
        self.more_than_zero(&path("operating_threshold"), params.operating_threshold);
        self.share(&path("operating_threshold"), params.operating_threshold);
        self.share(&path("allocated_share"), params.allocated_share);
        self.share(&path("allocation_floor"), params.allocation_floor);
        for (key, weight) in [
            ("roles.suppliers", params.roles.suppliers),
            ("roles.dnos", params.roles.dnos),
            ("roles.other_users", params.roles.other_users),
        ] {
            self.rate(&path(key), weight);
        }
        self.positive(&path("monitoring_window"), params.monitoring_window);
        self.srv_list(&path("priority"), &params.priority);
    }

    fn secmp0008(&mut self, scenario: &Scenario) {
        let params = &scenario.parameters.secmp0008;
        let path = |key: &str| format!("parameters.SECMP0008.{key}");
        self.positive(&path("window"), params.window);
        self.share(&path("release_share"), params.release_share);
        let (min, mean) = (params.release_delay_min, params.release_delay_mean);
        self.min_and_mean(&path("release_delay_mean"), min, mean);
        for (i, limit) in params.user_limits.iter().enumerate() {
            let path = path(&format!("user_limits.{i}"));
            if let Some(name) = &limit.user
                && !self.users.iter().any(|user| user.name == *name)
            {
                let mend = mend(name, self.users.iter().map(|user| user.name.as_str()));
                self.wrong(format!("{path}.user"), format!("no User is named `{name}`{mend}"));
            }
            self.rate(&format!("{path}.per_premises"), limit.per_premises);
            self.srv_list(&format!("{path}.srvs"), &limit.srvs);
        }
        for (i, limit) in params.dcc_limits.iter().enumerate() {
            let path = path(&format!("dcc_limits.{i}"));
            self.rate(&format!("{path}.per_premises"), limit.per_premises);
            self.srv_list(&format!("{path}.srvs"), &limit.srvs);
        }
    }

    fn more_than_zero(&mut self, path: &str, number: f64) {
        if !(number.is_finite() && number > 0.0) {
            self.wrong(path, format!("must be more than 0, not {number}"));
        }
    }

    /// Each entry means at least one service request variant.
    fn srv_list(&mut self, path: &str, list: &[String]) {
        for (i, pattern) in list.iter().enumerate() {
            if !Srv::all().any(|srv| is_meant(std::slice::from_ref(pattern), srv)) {
                let mend = mend(pattern, Srv::all().map(Srv::number));
                let message = format!("no service request variant `{pattern}`{mend}");
                self.wrong(format!("{path}.{i}"), message);
            }
        }
    }
}
