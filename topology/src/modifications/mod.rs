//! SEC Modifications: which are on and from when, and each one's parameters from its folder in `modifications/`.

mod by_name;
pub(crate) mod plan;
mod released;
mod srv_lists;
mod switch;

use crate::check::Check;
use crate::units::{Date, DateTime, Span};
use crate::users::UserKind;
use plan::MaintenanceRule;
pub use plan::ShareGrowth;
pub use released::Released;
use secnet_model::{DeviceType, SimTime, Srv};
use srv_lists::default_priority;
pub use srv_lists::{is_meant, meant};
pub use switch::Switch;
pub(crate) use switch::problem;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a Modification says of how schedules grow.
pub(crate) type Growth = fn(&ModificationParams, UserKind, Srv, DeviceType) -> Option<ShareGrowth>;

/// Declares each Modification's `parameters.rs`, its switch and its table of parameters.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, plan: $Plan:ident)? $(, user: $User:ident)? $(, dsp: $Dsp:ident)? $(, csp: $Csp:ident)?
            $(, premises: $Premises:ident)?
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            pub mod $module {
                mod parameters;
                pub use parameters::*;
                $(
                    pub(crate) mod plan;
                    pub(super) use plan::$Plan;
                )?
            }
        )*

        /// Which Modifications the network has, and from when on. One that is not named is on where it was live at `as_of`, and off
        /// in a scenario without one.
        #[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct ModificationSwitches {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $name)]
                pub $module: Switch,
            )*
        }

        /// The parameter tables, each named after its Modification.
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct ModificationParams {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $name)]
                pub $module: $module::$Params,
            )*
        }

        impl ModificationParams {
            /// Each Modification checks its own.
            pub(crate) fn check(&self, check: &mut Check) {
                $(self.$module.check(check, concat!("parameters.", $name));)*
            }

            /// What planned maintenance that begins at `at` is held to, where a Modification has a rule.
            pub(crate) fn maintenance_rule(&self, releases: &Releases, at: SimTime) -> Option<MaintenanceRule> {
                let mut rule = None;
                $($(
                    if releases.$module <= at {
                        rule = <$module::$Plan as plan::Modification>::maintenance_rule(self).or(rule);
                    }
                )?)*
                rule
            }

            /// How soon a power alert that is raised at `at` is owed to the DNO, where a Modification says so.
            pub(crate) fn power_alert_target(&self, releases: &Releases, at: SimTime) -> Option<Span> {
                let mut target = None;
                $($(
                    if releases.$module <= at {
                        target = <$module::$Plan as plan::Modification>::power_alert_target(self).or(target);
                    }
                )?)*
                target
            }

            /// The Modifications that are live at some time, by name, each with what it says of how schedules grow.
            pub(crate) fn growths(&self, releases: &Releases) -> Vec<(&'static str, Growth)> {
                let mut growths: Vec<(&'static str, Growth)> = Vec::new();
                $($(
                    if !releases.$module.is_never() {
                        growths.push(($name, <$module::$Plan as plan::Modification>::schedule_growth));
                    }
                )?)*
                growths
            }

            /// How the share of the holders' daily schedules of a variant and a type of device grows, and from when on, where a Modification has it grow. The
            /// last one of the registry is heard.
            pub fn schedule_growth(
                &self,
                releases: &Releases,
                holder: UserKind,
                srv: Srv,
                device_type: DeviceType,
            ) -> Option<(SimTime, ShareGrowth)> {
                let mut growth = None;
                $($(
                    let release = releases.$module;
                    if !release.is_never() {
                        let of_plan = <$module::$Plan as plan::Modification>::schedule_growth;
                        growth = of_plan(self, holder, srv, device_type)
                            .map(|growth| (release, growth))
                            .or(growth);
                    }
                )?)*
                growth
            }
        }

        /// When each Modification goes live: zero where it is from the start, "never" where it is not during the run.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Releases {
            $(
                $(#[doc = $doc])*
                pub $module: SimTime,
            )*
        }

        impl Releases {
            pub(crate) fn new(
                switches: &ModificationSwitches,
                parameters: &ModificationParams,
                as_of: Option<Date>,
                epoch: DateTime,
                end: SimTime,
            ) -> Releases {
                $(
                    let live_from = parameters.$module.live_from;
                    let release = switches.$module.release(as_of, live_from, epoch);
                    let $module = if release < end { release } else { SimTime::NEVER };
                )*
                Releases { $($module,)* }
            }

            /// Those that are live during the run, in the registry's order.
            pub fn live(&self) -> impl Iterator<Item = (&'static str, SimTime)> {
                [$(($name, self.$module)),*]
                    .into_iter()
                    .filter(|(_, release)| !release.is_never())
            }
        }
    };
}

include!("../../../modifications/registry.rs");
