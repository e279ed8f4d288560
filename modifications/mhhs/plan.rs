//! MHHS in the plan: which schedules grow.

use crate::modifications::plan::{Modification, ShareGrowth};
use crate::modifications::{ModificationParams, is_meant};
use crate::users::UserKind;
use secnet_model::{DeviceType, Srv};

pub(crate) struct HalfHourlyForAll;

impl Modification for HalfHourlyForAll {
    fn schedule_growth(
        parameters: &ModificationParams,
        holder: UserKind,
        srv: Srv,
        device_type: DeviceType,
    ) -> Option<ShareGrowth> {
        let params = &parameters.mhhs;
        // Gas is not settled by the half-hour.
        let grows =
            holder == UserKind::Supplier && device_type == DeviceType::Esme && is_meant(&params.srvs, srv);
        grows.then_some(ShareGrowth {
            to: params.share,
            over: params.migration,
        })
    }
}
