//! What an answer means for the item it ends.

use secnet_engine::Outcome;
use secnet_model::ResponseCode;
use secnet_wire::DeviceResult;

pub(crate) fn outcome_of(code: ResponseCode, result: DeviceResult) -> Outcome {
    match code {
        ResponseCode::I0 | ResponseCode::I99 => match result {
            DeviceResult::Success => Outcome::Completed,
            DeviceResult::Error => Outcome::DeviceError,
        },
        ResponseCode::E20 => Outcome::NotDelivered,
        ResponseCode::E21 => Outcome::NoResponse,
        ResponseCode::E30 => Outcome::FutureDatedTimeOut,
        ResponseCode::E31 => Outcome::ScheduleTimeOut,
        ResponseCode::Busy => Outcome::GaveUpOverload,
        ResponseCode::Throttled => Outcome::Throttled,
        ResponseCode::Deleted => Outcome::QuarantinedDeleted,
        ResponseCode::E1
        | ResponseCode::E2
        | ResponseCode::E3
        | ResponseCode::E4
        | ResponseCode::E5
        | ResponseCode::E11
        | ResponseCode::E12
        | ResponseCode::E13
        | ResponseCode::E17
        | ResponseCode::E19 => Outcome::Refused,
    }
}
