//! TEMPLATE in the plan: what it has to say of a scenario.

use crate::modifications::plan::Modification;

pub struct Template;

impl Modification for Template {}
