"use strict";
(() => {
  // Sorting: a heading becomes a button.
  for (const table of document.querySelectorAll("table.sortable")) {
    table.tHead.rows[0].querySelectorAll("th").forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent || "name";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") !== "descending";
        table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const body = table.tBodies[0];
        const key = (row) => row.cells[column].dataset.by;
        const order = (a, b) => (key(a) === undefined
          ? a.cells[column].textContent.localeCompare(b.cells[column].textContent)
          : key(a) - key(b));
        body.append(...[...body.rows].sort((a, b) => (falls ? order(b, a) : order(a, b))));
      });
    });
  }
  // Charts: one cursor and one zoom for all; what the cursor is at is read from each chart's own table.
  const wide = 1000;
  const charts = [...document.querySelectorAll("figure.chart")].map((figure) => {
    const plot = figure.querySelector(".plot");
    const svg = plot.querySelector("svg");
    const table = figure.querySelector("details table");
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const rows = new Map([...table.tBodies[0].rows].map((row) => [+row.dataset.window, row]));
    const add = (name) => plot.appendChild(Object.assign(document.createElement("div"), { className: name, hidden: true }));
    return { svg, plot, names, rows, cursor: add("cursor"), chosen: add("chosen"), tip: add("tip"),
      times: [...figure.querySelectorAll(".times span")], width: +figure.dataset.width, ends: +figure.dataset.ends };
  });
  let view = [0, 1];
  const words = (micros) => {
    const pad = (number) => String(number).padStart(2, "0");
    const seconds = Math.floor(micros / 1e6);
    const clock = `${pad(Math.floor(seconds / 3600) % 24)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return seconds >= 86400 ? `${Math.floor(seconds / 86400)}d ${clock}` : clock;
  };
  const show = (next) => {
    view = next;
    for (const chart of charts) {
      chart.svg.setAttribute("viewBox", `${view[0] * wide} 0 ${(view[1] - view[0]) * wide} 200`);
      chart.times.forEach((span, part) => {
        span.textContent = words(chart.ends * (view[0] + (view[1] - view[0]) * part / (chart.times.length - 1)));
      });
    }
  };
  const at = (chart, event) => {
    const box = chart.svg.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const point = (share) => {
    for (const chart of charts) {
      chart.cursor.hidden = chart.tip.hidden = share === null;
      if (share === null) continue;
      const micros = (view[0] + (view[1] - view[0]) * share) * chart.ends;
      const row = chart.rows.get(Math.floor(micros / chart.width));
      const from = words(Math.floor(micros / chart.width) * chart.width);
      chart.cursor.style.left = `${share * 100}%`;
      chart.tip.style.left = share < 0.5 ? `calc(${share * 100}% + .5rem)` : "";
      chart.tip.style.right = share < 0.5 ? "" : `calc(${(1 - share) * 100}% + .5rem)`;
      const lines = row ? chart.names.map((name, place) => [name, row.cells[place + 1].textContent]).filter(([, value]) => value) : [];
      chart.tip.replaceChildren(...[from, ...lines.map(([name, value]) => `${name}: ${value}`)].map((line) =>
        Object.assign(document.createElement("div"), { textContent: line })));
    }
  };
  for (const chart of charts) {
    let began = null;
    chart.plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") return;
      began = at(chart, event);
      chart.plot.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    chart.plot.addEventListener("pointermove", (event) => {
      const now = at(chart, event);
      point(now);
      chart.chosen.hidden = began === null;
      if (began === null) return;
      chart.chosen.style.left = `${Math.min(began, now) * 100}%`;
      chart.chosen.style.width = `${Math.abs(now - began) * 100}%`;
    });
    chart.plot.addEventListener("pointerup", (event) => {
      const now = at(chart, event);
      chart.chosen.hidden = true;
      if (began !== null && Math.abs(now - began) > 0.01) {
        const place = (share) => view[0] + (view[1] - view[0]) * share;
        show([place(Math.min(began, now)), place(Math.max(began, now))]);
      }
      began = null;
    });
    chart.plot.addEventListener("pointerleave", () => point(null));
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") show([0, 1]); });
  // On paper everything is open.
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = !part.closest(".chart"); }));
})();
