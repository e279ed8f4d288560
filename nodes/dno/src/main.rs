use secnet_dno::DUTIES;
use secnet_fabric::process::{Program, main as run};
use secnet_topology::NodeKind;
use secnet_user::User;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "dno",
        about: "Electricity distributors of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::User(user) => Some(Box::new(User::new(world, user, &DUTIES))),
            _ => None,
        },
    })
}
