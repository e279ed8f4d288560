//! `docs/data.md` is today's (`UPDATE_EXPECT=1` writes it anew).

use expect_test::expect_file;

#[test]
fn the_page_of_the_tables_is_todays() {
    expect_file!["../../../docs/data.md"].assert_eq(&secnet_results::tables::dictionary());
}
