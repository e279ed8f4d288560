use secnet_fabric::process::{Program, main as run};
use secnet_topology::NodeKind;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "s1sp",
        about: "The SMETS1 Service Provider of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::S1sp => Some(Box::new(secnet_s1sp::S1sp::new(world))),
            _ => None,
        },
    })
}
