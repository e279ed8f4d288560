//! Which two Suppliers share the homes that have two: every pair, in proportion to what both have, so that each Supplier wins as many
//! homes by gas as it loses.
//!
//! A table of whole numbers with a row for each Supplier by electricity and a column for each by gas. Rows and columns of one Supplier
//! have the same sum, the homes it loses; nothing stands on the diagonal, unless a Supplier has more such homes than all others.

/// Rounds of scaling rows and columns to their sums, at most: some dozen do, unless one Supplier has nearly half of all homes.
const SCALINGS_MAX: usize = 200;

/// Rows and columns differ from their sums by less than this share of them.
const CLOSE: f64 = 1e-9;

/// How many homes each pair shares, readable from both sides.
#[derive(Debug)]
pub(super) struct Pairs {
    suppliers: usize,
    /// By Supplier of electricity and, within it, of gas: the homes of its row before that column.
    before_in_row: Vec<u32>,
    /// By Supplier of gas and, within it, of electricity: the homes of its column before that row.
    before_in_column: Vec<u32>,
}

impl Pairs {
    /// `homes` has for each Supplier how many of its homes by electricity have another Supplier of gas.
    pub(super) fn new(homes: &[u32]) -> Pairs {
        let suppliers = homes.len();
        let table = whole_numbers(homes, &proportional(homes));
        let running = |cell: &dyn Fn(usize, usize) -> u32| {
            let mut before = Vec::with_capacity(suppliers * suppliers);
            for line in 0..suppliers {
                let mut sum = 0;
                for place in 0..suppliers {
                    before.push(sum);
                    sum += cell(line, place);
                }
            }
            before
        };
        Pairs {
            suppliers,
            before_in_row: running(&|row, column| table[row * suppliers + column]),
            before_in_column: running(&|column, row| table[row * suppliers + column]),
        }
    }

    /// The Supplier of gas of the Supplier of electricity's home with that number, and the home's number among those it has won.
    #[inline]
    pub(super) fn gas(&self, electricity: usize, home: u32) -> (usize, u32) {
        self.other_side(&self.before_in_row, &self.before_in_column, electricity, home)
    }

    /// The inverse of [`Pairs::gas`].
    #[inline]
    pub(super) fn electricity(&self, gas: usize, won: u32) -> (usize, u32) {
        self.other_side(&self.before_in_column, &self.before_in_row, gas, won)
    }

    #[inline]
    fn other_side(&self, own: &[u32], theirs: &[u32], line: usize, number: u32) -> (usize, u32) {
        let own = &own[line * self.suppliers..][..self.suppliers];
        // Of those without a home between them, which begin at one number, the last is the one that has it.
        let place = own.partition_point(|before| *before <= number) - 1;
        (place, theirs[place * self.suppliers + line] + number - own[place])
    }
}

/// The table in fractions of homes: a product of a factor for the row and one for the column, without its diagonal.
fn proportional(homes: &[u32]) -> Vec<f64> {
    let n = homes.len();
    if n == 0 {
        return Vec::new();
    }
    let mut table: Vec<f64> = (0..n * n)
        .map(|place| {
            let (row, column) = (place / n, place % n);
            if row == column {
                0.0
            } else {
                f64::from(homes[row]) * f64::from(homes[column])
            }
        })
        .collect();
    for _ in 0..SCALINGS_MAX {
        let mut furthest = 0.0_f64;
        let mut factor = |is: f64, homes: u32| {
            let factor = if is > 0.0 { f64::from(homes) / is } else { 1.0 };
            furthest = furthest.max((factor - 1.0).abs());
            factor
        };
        let mut columns = vec![0.0; n];
        for (row, homes) in table.chunks_exact_mut(n).zip(homes) {
            let factor = factor(row.iter().sum(), *homes);
            for (cell, column) in row.iter_mut().zip(&mut columns) {
                *cell *= factor;
                *column += *cell;
            }
        }
        for (column, homes) in columns.iter_mut().zip(homes) {
            *column = factor(*column, *homes);
        }
        for row in table.chunks_exact_mut(n) {
            row.iter_mut()
                .zip(&columns)
                .for_each(|(cell, factor)| *cell *= factor);
        }
        if furthest < CLOSE {
            break;
        }
    }
    table
}

/// The table in whole homes, with the exact sums: rounded down, and what is left given to the cells in their order.
fn whole_numbers(homes: &[u32], fractions: &[f64]) -> Vec<u32> {
    let n = homes.len();
    let mut table = vec![0; n * n];
    let mut missing_in_column = homes.to_vec();
    let mut missing_in_row = homes.to_vec();
    let mut give = |table: &mut Vec<u32>, row: usize, column: usize, wanted: u32, rows: &mut Vec<u32>| {
        let given = wanted.min(rows[row]).min(missing_in_column[column]);
        table[row * n + column] += given;
        rows[row] -= given;
        missing_in_column[column] -= given;
    };
    for row in 0..n {
        for column in 0..n {
            let whole = fractions[row * n + column].floor() as u32;
            give(&mut table, row, column, whole, &mut missing_in_row);
        }
    }
    // The largest fraction first would be fairer by less than a home in each cell.
    for row in 0..n {
        for column in (0..n).filter(|column| *column != row) {
            give(&mut table, row, column, u32::MAX, &mut missing_in_row);
        }
    }
    // What is left is one Supplier's row and column. A home that two others share makes room for two of its own.
    for own in 0..n {
        let others =
            (0..n * n).filter(|place| place / n != own && place % n != own && place / n != place % n);
        for place in others {
            let (row, column) = (place / n, place % n);
            let moved = table[place].min(missing_in_row[own]);
            table[place] -= moved;
            table[own * n + column] += moved;
            table[row * n + own] += moved;
            missing_in_row[own] -= moved;
        }
        table[own * n + own] += missing_in_row[own];
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the whole table back from the electricity side, and checks it against the gas side.
    fn table(homes: &[u32]) -> Vec<Vec<u32>> {
        let pairs = Pairs::new(homes);
        let mut table = vec![vec![0; homes.len()]; homes.len()];
        let mut won: Vec<Vec<u32>> = vec![Vec::new(); homes.len()];
        for (electricity, count) in homes.iter().enumerate() {
            for home in 0..*count {
                let (gas, number) = pairs.gas(electricity, home);
                assert_eq!(pairs.electricity(gas, number), (electricity, home));
                table[electricity][gas] += 1;
                won[gas].push(number);
            }
        }
        for (mut won, count) in won.into_iter().zip(homes) {
            won.sort_unstable();
            assert!(
                won.into_iter().eq(0..*count),
                "each Supplier wins as many as it loses"
            );
        }
        table
    }

    #[test]
    fn every_pair_shares_homes_in_proportion_and_none_shares_with_itself() {
        let homes = [24_000, 20_000, 17_000, 13_000, 11_000, 8_000, 2_000, 2_000, 2_000];
        let table = table(&homes);
        let all = f64::from(homes.iter().sum::<u32>());
        for (row, cells) in table.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                if row == column {
                    assert_eq!(*cell, 0);
                    continue;
                }
                // Without a diagonal, the large Suppliers' homes go to each other by more than their share, and few are left for two small ones.
                let product = f64::from(homes[row]) * f64::from(homes[column]) / all;
                let ratio = f64::from(*cell) / product;
                assert!((0.75..1.5).contains(&ratio), "{row} {column}: {ratio}");
                assert!(cell.abs_diff(table[column][row]) <= 10, "{row} {column}");
            }
        }
    }

    #[test]
    fn a_few_homes_or_suppliers_without_any_still_add_up() {
        for homes in [
            vec![],
            vec![0],
            vec![3],
            vec![1, 1],
            vec![2, 1, 1],
            vec![1, 0, 0, 1],
            vec![0, 5, 0, 3, 2, 0],
            vec![1, 1, 1, 1, 1, 1, 1],
            vec![3, 1, 4, 1, 5, 9, 2, 6],
        ] {
            let largest = homes.iter().copied().max().unwrap_or(0);
            let others = homes.iter().sum::<u32>() - largest;
            let table = table(&homes);
            let with_itself: u32 = (0..homes.len()).map(|supplier| table[supplier][supplier]).sum();
            assert_eq!(
                with_itself,
                largest.saturating_sub(others),
                "{homes:?}: {table:?}"
            );
        }
    }
}
