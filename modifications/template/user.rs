//! TEMPLATE at a User: what it does there.

use crate::modifications::Modification;
use secnet_accounts::Part;
use secnet_model::UserId;
use secnet_topology::World;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Template;

impl Modification for Template {
    fn new(_world: &World, _user: UserId) -> Option<Template> {
        Some(Template)
    }
}

impl Part for Template {}
