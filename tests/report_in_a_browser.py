"""Looks at a run's page in headless Chromium, as its readers do: with and without script, light and dark, narrow, zoomed and on paper.

Arguments: the page, and the run folder it is of, if it is a run's. Fails with the first thing that is not as promised; prints how much it looked at.
"""

import base64
import io
import json
import pathlib
import sys
import unicodedata

import axe_core_python
import pypdf
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

page = pathlib.Path(sys.argv[1]).resolve()
kpis = json.load(open(pathlib.Path(sys.argv[2]) / "kpis.json")) if len(sys.argv) > 2 else None
axe = (pathlib.Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
looked_at = 0


def holds(what, is_so, *shown):
    global looked_at
    looked_at += 1
    if not is_so:
        sys.exit(f"{what}: {shown}")


def browser(width=1200):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={width},900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def opened(driver):
    driver.get(page.as_uri())
    return driver


def run_page(driver):
    # Figures are those of the run.
    text = driver.find_element(By.TAG_NAME, "main").text
    grouped = lambda count: f"{count:,}"
    for count in (kpis["service"]["overall"]["opened"], kpis["alerts"]["overall"]["raised"]):
        holds(f"{count} is told", grouped(count) in text)
    rows = driver.find_elements(By.XPATH, "//table[caption='By service request variant']/tbody/tr")
    holds("a row for each service", len(rows) == len(kpis["service"]["by_srv"]), len(rows))
    shown = [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th,td")] for row in rows]
    for cells, row in zip(shown, kpis["service"]["by_srv"]):
        holds(row["srv"], cells[0].startswith(row["srv"]) and cells[1] == grouped(row["opened"]) and cells[4] == grouped(row["within_target"]), cells)

    # A heading sorts, a drag zooms all charts, Esc returns.
    asked = lambda: [int(row.find_elements(By.TAG_NAME, "td")[0].text.replace(",", "")) for row in driver.find_elements(By.XPATH, "//table[caption='By service request variant']/tbody/tr")]
    driver.find_element(By.XPATH, "//table[caption='By service request variant']//button[.='asked for']").click()
    holds("sorted", asked() == sorted(asked(), reverse=True), asked())
    views = lambda: {svg.get_dom_attribute("viewBox") for svg in driver.find_elements(By.CSS_SELECTOR, ".plot svg")}
    whole = views()
    plot = driver.find_element(By.CSS_SELECTOR, ".plot")
    ActionChains(driver).move_to_element_with_offset(plot, -100, 0).click_and_hold().move_by_offset(200, 0).release().perform()
    holds("a drag zooms, all charts alike", len(views()) == 1 and views() != whole, views())
    tip = driver.find_element(By.CSS_SELECTOR, ".tip").text
    holds("the cursor tells what it is at", "asked for: " in tip, tip)
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    holds("Esc returns", views() == whole, views())
    return len(rows)


driver = opened(browser())
requests = [json.loads(line["message"])["message"] for line in driver.get_log("performance")]
requests = [message["params"]["request"]["url"] for message in requests if message["method"] == "Network.requestWillBeSent"]
holds("nothing is loaded but the page", set(requests) == {page.as_uri()}, requests)
holds("nothing on the console", not driver.get_log("browser"))

# By ear: no violation of any rule, in the light and in the dark.
for scheme in ("light", "dark"):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.execute_script(axe)
    found = driver.execute_async_script("const done = arguments[arguments.length - 1]; axe.run().then(done);")
    wrong = [(rule["id"], [node["html"][:120] for node in rule["nodes"]][:3]) for rule in found["violations"]]
    holds(f"axe in the {scheme}", not wrong, wrong)
    holds(f"axe in the {scheme} looked at something", len(found["passes"]) > 20, len(found["passes"]))

services = run_page(driver) if kpis else 0

# On paper.
pdf = pypdf.PdfReader(io.BytesIO(base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])))
# Letters that are printed as one are taken apart.
plain = lambda text: " ".join(unicodedata.normalize("NFKC", text).split())
paper = plain(" ".join(sheet.extract_text() for sheet in pdf.pages))
width, height = (float(length) / 72 * 25.4 for length in pdf.pages[0].mediabox[2:])
holds("A4", abs(width - 210) < 1 and abs(height - 297) < 1, width, height)
titles = [title.text for title in driver.find_elements(By.TAG_NAME, "h2")]
holds("sections", len(titles) >= (8 if kpis else 3), titles)
for title in titles:
    holds(f"{title} on paper", plain(title) in paper)
driver.quit()

# On a telephone: nothing hangs out.
driver = browser(500)
driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True})
opened(driver)
wide = driver.execute_script("return document.documentElement.scrollWidth")
holds("no sideways scroll at 360 px", wide <= 360, wide)

# Without script all of it is there.
driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
opened(driver)
source = driver.page_source
for title in titles:
    holds(f"{title} without script", title in source)
if kpis:
    cells = driver.find_elements(By.XPATH, "//table[caption='By service request variant']/tbody/tr")
    holds("all numbers without script", len(cells) == services, len(cells))
    holds("each chart has its numbers without script", all("<td>" in part for part in source.split("<figure")[1:]))
driver.quit()
print(f"looked at {looked_at}")
