//! TEMPLATE at the DSP: what it does there.

use crate::modifications::Modification;
use secnet_accounts::Part;
use secnet_topology::World;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Template {
    window_micros: u64,
}

impl Modification for Template {
    fn new(world: &World) -> Option<Template> {
        Some(Template {
            window_micros: world.scenario.parameters.template.window.as_micros().max(1),
        })
    }
}

impl Part for Template {}
