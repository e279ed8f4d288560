//! The points of a study: which settings, and the overrides of the scenario they come to.

use super::definition::{Axis, Definition, Design};
use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_topology::Scenario;

const HYPERCUBE: Stream = Stream::named("study-latin-hypercube");
/// In the place of a setting: as the scenario has it.
pub const AS_IT_IS: &str = "–";

/// Settings by axis, and the overrides they come to.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    pub settings: Vec<String>,
    pub overrides: Vec<String>,
}

/// What an axis needs to know of the scenario as it is.
pub struct Base(toml::Value);

impl Base {
    pub fn new(scenario: &Scenario) -> anyhow::Result<Base> {
        Ok(Base(toml::from_str(&scenario.to_toml()?)?))
    }

    /// The overrides by which an axis has a value.
    pub fn overrides(&self, axis: &Axis, value: &str) -> Result<Vec<String>, String> {
        if let Some(keys) = &axis.set {
            return Ok(keys.all().iter().map(|key| format!("{key}={value}")).collect());
        }
        let (Some(glob), Ok(factor)) = (&axis.scale, value.trim_end_matches(&axis.unit).parse::<f64>())
        else {
            return Err(format!("axis `{}`: `{value}` is no factor", axis.name));
        };
        let mut found = Vec::new();
        let keys: Vec<&str> = glob.split('.').collect();
        collect(&self.0, &keys, "", &mut found);
        let mut overrides = Vec::with_capacity(found.len());
        for (path, value) in found {
            let scaled = scaled(value, factor).ok_or_else(|| {
                format!(
                    "axis `{}`: `{path}` is {value}, which cannot be multiplied",
                    axis.name
                )
            })?;
            overrides.push(format!("{path}={scaled}"));
        }
        match overrides.is_empty() {
            true => Err(format!(
                "axis `{}`: nothing in the scenario is called `{glob}`",
                axis.name
            )),
            false => Ok(overrides),
        }
    }

    /// Settings of some of the axes, each with its place; the others are as they are.
    pub fn setting(&self, definition: &Definition, values: &[(usize, String)]) -> Result<Setting, String> {
        let mut settings = vec![AS_IT_IS.to_owned(); definition.axes.len()];
        let mut overrides = Vec::new();
        for (place, value) in values {
            overrides.extend(self.overrides(&definition.axes[*place], value)?);
            settings[*place].clone_from(value);
        }
        Ok(Setting { settings, overrides })
    }
}

/// All points, in the order of the design.
pub fn points(definition: &Definition, base: &Base) -> Result<Vec<Setting>, String> {
    let is_varied = |axis: &Axis| definition.varied().any(|varied| varied.name == axis.name);
    let axes = definition.axes.iter().enumerate();
    let varied: Vec<(usize, &Axis)> = axes.filter(|(_, axis)| is_varied(axis)).collect();
    let chosen: Vec<Vec<(usize, String)>> = match definition.design {
        Design::Grid => grid(&varied),
        Design::OneAtATime => {
            let values = varied
                .iter()
                .flat_map(|(place, axis)| (0..axis.count()).map(move |n| vec![(*place, axis.nth(n))]));
            values.collect()
        }
        Design::LatinHypercube => hypercube(&varied, definition.points.unwrap_or_default()),
    };
    chosen
        .iter()
        .map(|values| base.setting(definition, values))
        .collect()
}

fn grid(axes: &[(usize, &Axis)]) -> Vec<Vec<(usize, String)>> {
    if axes.is_empty() {
        return Vec::new();
    }
    let mut points = vec![Vec::new()];
    for (place, axis) in axes {
        let longer = points.iter().flat_map(|point: &Vec<(usize, String)>| {
            (0..axis.count()).map(move |n| {
                let mut point = point.clone();
                point.push((*place, axis.nth(n)));
                point
            })
        });
        points = longer.collect();
    }
    points
}

/// As many strata as there are points, each once, in an order of the axis with that number.
pub(super) fn strata(points: u32, axis: u64) -> Vec<u32> {
    let draws = Draws::new(0);
    let mut order: Vec<u32> = (0..points).collect();
    for n in (1..u64::from(points)).rev() {
        let other = draws.below(n + 1, HYPERCUBE, axis, n);
        order.swap(n as usize, other as usize);
    }
    order
}

/// Each axis in its strata: from the middle of each.
fn hypercube(axes: &[(usize, &Axis)], points: u32) -> Vec<Vec<(usize, String)>> {
    let orders: Vec<Vec<u32>> = axes
        .iter()
        .map(|(place, _)| strata(points, *place as u64))
        .collect();
    let value = |n: usize, place: usize, axis: &Axis| {
        let stratum = orders[place][n];
        axis.at((f64::from(stratum) + 0.5) / f64::from(points))
    };
    (0..points as usize)
        .map(|n| {
            let axes = axes.iter().enumerate();
            axes.map(|(order, (place, axis))| (*place, value(n, order, axis)))
                .collect()
        })
        .collect()
}

/// What the keys lead to, `*` to all there is, with its path as an override has it.
fn collect<'a>(
    value: &'a toml::Value,
    keys: &[&str],
    path: &str,
    found: &mut Vec<(String, &'a toml::Value)>,
) {
    let Some((key, rest)) = keys.split_first() else {
        found.push((path.to_owned(), value));
        return;
    };
    let mut into = |name: &str, value: &'a toml::Value| {
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        };
        collect(value, rest, &path, found);
    };
    match value {
        toml::Value::Table(table) => {
            let entries = table.iter().filter(|(name, _)| *key == "*" || name == key);
            entries.for_each(|(name, value)| into(name, value));
        }
        toml::Value::Array(entries) => {
            let named = |entry: &toml::Value| entry.get("name").and_then(toml::Value::as_str) == Some(key);
            for (place, entry) in entries.iter().enumerate() {
                if *key == "*" || place.to_string() == *key || named(entry) {
                    into(&place.to_string(), entry);
                }
            }
        }
        _ => {}
    }
}

/// A number, or a quantity such as `10kbit/s`, multiplied; whole numbers stay whole.
fn scaled(value: &toml::Value, factor: f64) -> Option<String> {
    match value {
        toml::Value::Integer(value) => Some(format!("{}", (*value as f64 * factor).round())),
        toml::Value::Float(value) => Some((value * factor).to_string()),
        toml::Value::String(text) => {
            let end = text
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(text.len());
            let (number, unit) = text.split_at(end);
            let number: f64 = number.parse().ok()?;
            Some(format!("{}{unit}", number * factor))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const SCENARIO: &str = r#"
        name = "it"
        horizon = "1h"
        [population]
        premises = 100
        [[suppliers]]
        name = "A"
        share = 1.0
        [[workloads]]
        name = "reads"
        from = "suppliers"
        srvs = ["4.1.1"]
        per_device_per_day = 2.0
        [[workloads]]
        name = "vends"
        from = "suppliers"
        srvs = ["2.2"]
        per_device_per_day = 0.5
    "#;

    fn all(study: &str) -> String {
        let definition: Definition =
            toml::from_str(&format!("name = \"it\"\nscenario = \"s.toml\"\n{study}")).unwrap();
        let scenario = secnet_topology::parse("test", SCENARIO, &[]).unwrap();
        let points = match points(&definition, &Base::new(&scenario).unwrap()) {
            Ok(points) => points,
            Err(problem) => return problem,
        };
        let texts = points
            .iter()
            .map(|point| format!("{}: {}", point.settings.join(", "), point.overrides.join(" ")));
        texts.collect::<Vec<_>>().join("\n")
    }

    const AXES: &str = r#"
        [[axes]]
        name = "servers"
        set = "dsp.servers"
        values = [8, 10]
        [[axes]]
        name = "rates"
        scale = "workloads.*.per_device_per_day"
        from = 1.0
        to = 2.0
        steps = 2
    "#;

    #[test]
    fn a_grid_is_every_value_with_every_other() {
        expect![[r#"
            8, 1: dsp.servers=8 workloads.0.per_device_per_day=2 workloads.1.per_device_per_day=0.5
            8, 2: dsp.servers=8 workloads.0.per_device_per_day=4 workloads.1.per_device_per_day=1
            10, 1: dsp.servers=10 workloads.0.per_device_per_day=2 workloads.1.per_device_per_day=0.5
            10, 2: dsp.servers=10 workloads.0.per_device_per_day=4 workloads.1.per_device_per_day=1"#]]
        .assert_eq(&all(AXES));
    }

    #[test]
    fn one_at_a_time_leaves_the_others_as_they_are() {
        expect![[r#"
            8, –: dsp.servers=8
            10, –: dsp.servers=10
            –, 1: workloads.0.per_device_per_day=2 workloads.1.per_device_per_day=0.5
            –, 2: workloads.0.per_device_per_day=4 workloads.1.per_device_per_day=1"#]]
        .assert_eq(&all(&format!("design = \"one_at_a_time\"\n{AXES}")));
    }

    #[test]
    fn a_hypercube_has_each_stratum_of_each_axis_once() {
        let axis =
            |name: &str| format!("[[axes]]\nname = \"{name}\"\nset = \"{name}\"\nfrom = 0.0\nto = 1.0\n");
        let text = all(&format!(
            "design = \"latin_hypercube\"\npoints = 4\n{}{}",
            axis("a"),
            axis("b")
        ));
        for place in 0..2 {
            let values = text
                .lines()
                .map(|line| line.split(": ").next().unwrap().split(", ").nth(place).unwrap());
            let mut values: Vec<&str> = values.collect();
            values.sort_unstable();
            assert_eq!(values, ["0.125", "0.375", "0.625", "0.875"], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_multiplied_is_said() {
        let scale = |glob: &str| {
            all(&format!(
                "[[axes]]\nname = \"x\"\nscale = \"{glob}\"\nvalues = [1.5]"
            ))
        };
        assert_eq!(
            scale("workloads.vends.per_device_per_day"),
            "1.5: workloads.1.per_device_per_day=0.75"
        );
        assert_eq!(scale("population.premises"), "1.5: population.premises=150");
        assert_eq!(
            scale("csp.north.downlink_rate").split('=').next(),
            Some("1.5: csp.north.downlink_rate")
        );
        assert_eq!(
            scale("workload.*.rate"),
            "axis `x`: nothing in the scenario is called `workload.*.rate`"
        );
        assert_eq!(
            scale("workloads.*.from"),
            "axis `x`: `workloads.0.from` is \"suppliers\", which cannot be multiplied"
        );
    }
}
