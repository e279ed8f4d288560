use secnet_fabric::process::{Program, main as run};
use secnet_topology::NodeKind;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "csp",
        about: "A Communications Service Provider region of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::Csp(region) => Some(Box::new(secnet_csp::Csp::new(world, region))),
            _ => None,
        },
    })
}
