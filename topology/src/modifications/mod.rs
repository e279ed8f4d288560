//! SEC Modifications: which are on, and each one's parameters from its folder in `modifications/`.

mod by_name;
mod srv_lists;

use crate::validation::Check;
use srv_lists::default_priority;
pub use srv_lists::{is_meant, meant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    #[default]
    Off,
    On,
}

impl Switch {
    pub fn is_on(self) -> bool {
        self == Switch::On
    }
}

/// Declares each Modification's `parameters.rs`, its switch and its table of parameters.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, dsp: $Dsp:ident)? $(, premises: $Premises:ident)?
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            pub mod $module {
                mod parameters;
                pub use parameters::*;
            }
        )*

        /// Which Modifications the network has. All are off unless a scenario says otherwise.
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
        }
    };
}

include!("../../../modifications/registry.rs");
