use secnet_fabric::process::{Program, main as run};
use secnet_supplier::SupplierDesk;
use secnet_topology::NodeKind;
use secnet_user::User;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "supplier",
        about: "Energy Suppliers of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::User(user) => Some(Box::new(User::<SupplierDesk>::new(world, user))),
            _ => None,
        },
    })
}
