"""Reads a run's tables with pandas, polars and DuckDB, and holds their sums against what the run's JSON says.

Shares nothing with the program that wrote them. Its argument is the run folder, all of whose requests were sampled; it prints
what it compared, and fails with the first difference. The examples of `docs/data.md` are run as well: the second argument is the page.
"""

import json
import os
import re
import sys

import duckdb
import pandas
import polars
import pyarrow.parquet

run, page = sys.argv[1], os.path.abspath(sys.argv[2])
os.chdir(run)
compared = 0


def same(what, *values):
    global compared
    compared += 1
    if any(value != values[0] for value in values):
        sys.exit(f"{what}: {values}")


def table(name):
    return f"tables/{name}.parquet"


def total(name, column):
    """By each of the three; they must agree before anything else does."""
    by_pandas = int(pandas.read_parquet(table(name))[column].sum())
    by_polars = int(polars.read_parquet(table(name))[column].sum())
    by_duckdb = int(duckdb.sql(f"select sum({column}) from '{table(name)}'").fetchall()[0][0])
    same(f"{name}.{column} by each reader", by_pandas, by_polars, by_duckdb)
    return by_pandas


kpis, ledger, manifest = (json.load(open(f"{name}.json")) for name in ("kpis", "ledger", "manifest"))
overall = kpis["service"]["overall"]
for column in ("opened", "within_target", "owed_a_response", "attempts"):
    same(column, total("series", column), total("series_by_user", column), overall[column])
for column in ("overdue", "open"):
    same(column, total("series", column), total("series_by_user", column), overall.get(column, 0))
for column, outcome in (("completed", "completed"), ("device_errors", "device_error")):
    same(column, total("series", column), total("series_by_user", column), overall["outcomes"].get(outcome, 0))
answered = total("series", "completed") + total("series", "device_errors")
same("answered", answered, total("histograms", "answered"))
alerts = kpis["alerts"]["overall"]
for column in ("raised", "delivered", "within_target"):
    same(f"alerts.{column}", total("alerts", column), alerts[column])
same("spoken for", total("alerts", "spoken_for"), alerts.get("throttled", 0))

classes = pandas.read_parquet(table("kpis"))
same("rows of kpis", int((classes["by"] == "class").sum()), len(kpis["service"]["classes"]))
series = pandas.read_parquet(table("series"))
for row in kpis["service"]["by_srv"]:
    of = series[(series.srv == row["srv"]) & (series["mode"] == row["mode"])]
    same((row["srv"], row["mode"]), int(of.opened.sum()), row["opened"])

# Every item was sampled: the rows are the ledger's, one by one, and each stands for itself.
same("spans dropped", manifest["spans"]["dropped"], 0)
items = pandas.read_parquet(table("items"))
same("weights", set(items.weight), {1.0})
kinds = ledger["outcomes"]
requests, device_alerts = items.srv.notna(), items.alert.notna()
for sort, are in ((("service_request", "scheduled_read"), requests), (("device_alert",), device_alerts), (("dcc_alert",), ~requests & ~device_alerts)):
    for outcome in kinds[sort[0]]:
        of_ledger = sum(kinds[kind][outcome] for kind in sort)
        if outcome == "opened":
            same(sort, int(are.sum()), of_ledger)
        elif outcome not in ("in_flight", "unexplained"):
            same((sort, outcome), int(((items.outcome == outcome) & are).sum()), of_ledger)

# Of each cell, and of each campaign.
cells = pandas.read_parquet(table("firmware_cells"))
block = set((cells.sent_bytes / cells.blocks)[cells.blocks > 0])
of_scenario = re.search(r'^block = "(\d+)B"', open("scenario.toml").read(), re.M)[1]
same("octets are blocks times attempts, in each cell", block, {float(of_scenario)})
for region, of in cells[cells.network == "first"].groupby("region"):
    for column, counter in (("sent_bytes", "bytes"), ("rounds", "rounds"), ("transfers", "transfers"), ("delivered", "delivered"), ("images", "images")):
        same((region, column), int(of[column].sum()), ledger["counters"].get(f"csp.{region}.firmware.{counter}", 0))
campaigns = pandas.read_parquet(table("campaigns"))
same("campaigns", [int(n) for n in campaigns.devices], [row["devices"] for row in kpis["campaigns"]])
wholes = campaigns[campaigns.region.isna()]
fates = pandas.read_parquet(table("campaign_fates"))
same("fates", int(wholes.devices.sum() - wholes.open.sum()), int(fates[fates.region.isna()].devices.sum()))
days = pandas.read_parquet(table("campaigns_by_day"))
same("days", len(days), sum(len(row["updated_by_day"]) for row in kpis["campaigns"]))

# Moments are the calendar's, whatever the reader's time zone.
epoch = pandas.Timestamp(re.search(r'^epoch = "(.*)Z"', open("scenario.toml").read(), re.M)[1])
assert os.environ["TZ"] == "Europe/London", os.environ.get("TZ")
for name, micros, moment in (("series", "begins_us", "begins_at"), ("links", "begins_us", "begins_at"), ("items", "began_us", "began_at")):
    frame = pandas.read_parquet(table(name))
    same(f"{name}.{moment}", int((frame[moment] - epoch).dt.total_seconds().mul(1e6).round().astype("int64").ne(frame[micros]).sum()), 0)
    first = f"select min({moment}) from '{table(name)}'"
    same(f"{name}.{moment} by each reader", pandas.Timestamp(duckdb.sql(first).fetchall()[0][0]), frame[moment].min(),
         pandas.Timestamp(polars.read_parquet(table(name))[moment].min()))

# What a file says of itself.
for name in os.listdir("tables"):
    said = {key.decode(): value.decode() for key, value in pyarrow.parquet.read_metadata(f"tables/{name}").metadata.items()}
    same(f"{name}: digests", (said["ledger_digest"], said["kpis_digest"]), (ledger["digest"], kpis["digest"]))
    columns = pyarrow.parquet.read_schema(f"tables/{name}").names
    same(f"{name}: columns", set(columns), {key.removeprefix("about.") for key in said if key.startswith("about.")})

examples = re.findall(r"```python\n(.*?)```", open(page).read(), re.S)
same("examples", len(examples), 3)
for example in examples:
    exec(compile(example, "docs/data.md", "exec"), {})
print(f"compared {compared}")
