use secnet_fabric::process::{Program, main as run};
use secnet_topology::NodeKind;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "premises",
        about: "Shards of premises of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::Premises { first, end, .. } => {
                Some(Box::new(secnet_premises::Premises::new(world, first, end)))
            }
            _ => None,
        },
    })
}
