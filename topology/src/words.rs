//! The JSON Schemas of words the model has: device types and regions.

use schemars::{Schema, SchemaGenerator, json_schema};
use secnet_model::{DeviceType, Region};

pub(crate) fn device_type(_: &mut SchemaGenerator) -> Schema {
    let names = DeviceType::ALL.map(DeviceType::name);
    json_schema!({ "type": ["string", "null"], "enum": names })
}

pub(crate) fn region(_: &mut SchemaGenerator) -> Schema {
    let names = Region::ALL.map(Region::name);
    json_schema!({ "type": ["string", "null"], "enum": names })
}
