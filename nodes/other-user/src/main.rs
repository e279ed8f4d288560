use secnet_fabric::process::{Program, main as run};
use secnet_other_user::OtherUserDesk;
use secnet_topology::NodeKind;
use secnet_user::User;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "other-user",
        about: "Other DCC Users of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::User(user) => Some(Box::new(User::<OtherUserDesk>::new(world, user))),
            _ => None,
        },
    })
}
