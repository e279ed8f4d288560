//! How the User takes requests while a run goes on.

use super::User;
use crate::desk::Desk;
use crate::single_requests::{SingleRequest, Wanted};
use secnet_model::SimTime;
use secnet_topology::TakesRequests;
use secnet_topology::live_requests::TakenRequest;
use secnet_topology::scenario::RequestParams;
use secnet_topology::validation::validate_request;

impl<D: Desk> TakesRequests for User<D> {
    fn take_request(
        &mut self,
        mut request: RequestParams,
        earliest: SimTime,
    ) -> Result<TakenRequest, String> {
        let world = &self.world;
        let Some(user) = world.user(self.id).filter(|user| user.name == request.from) else {
            return Err(format!("`{}` is not played by this node", request.from));
        };
        request.at = request.at.max(earliest.since(SimTime::ZERO).into());
        let problems = validate_request(&world.scenario, &world.users, &request);
        if let Some(problem) = problems.first() {
            return Err(format!("`{}`: {}", problem.path, problem.message));
        }
        let wanted = Wanted::new(world, &request).ok_or_else(|| format!("no SRV {}", request.srv))?;
        let place = self.state.singles.taken.count();
        let single = SingleRequest {
            taken: Some(place),
            ..wanted.request::<D>(user)
        };
        let form = single.form.as_ref().ok();
        if form.and_then(|form| single.target(world, form)).is_none() {
            return Err(format!(
                "{} deals with no device that {} is for, in no role it allows",
                user.name, request.srv
            ));
        }
        self.single.insert(single);
        self.state.singles.add(wanted, &self.single);
        Ok(TakenRequest {
            number: place + 1,
            request,
            id: None,
            ended: None,
        })
    }

    fn requests_taken(&self) -> Vec<TakenRequest> {
        let name = self.world.user(self.id).map_or("", |user| user.name.as_str());
        self.state.singles.taken.describe(&self.world, name).collect()
    }
}
