//! The plain CSV of the project's data files: a header, no quotes, `#` comments, commas only as separators.

/// Splits a data file into rows of exactly `columns` fields, skipping the header, blank lines and comments.
/// `Err` names the line that does not fit.
pub fn rows(text: &str, columns: usize) -> Result<Vec<Vec<&str>>, String> {
    let mut rows = Vec::new();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    for (number, line) in lines.skip(1) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != columns {
            return Err(format!(
                "line {}: {} fields, expected {columns}: {line}",
                number + 1,
                fields.len()
            ));
        }
        rows.push(fields);
    }
    Ok(rows)
}
