// page.js - shows what /status and /series say, each second anew while the span is a live one.
"use strict";

const $ = id => document.getElementById(id);
const COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b",
                 "#e377c2", "#17becf", "#bcbd22", "#7f7f7f", "#003f5c", "#a05195"];
const charts = {}; // by the id of their place: { plot, names }

async function ask(path, method = "GET") {
  const response = await fetch(path, { method, cache: "no-store" });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${response.statusText}`);
  return response.json();
}

// ---- replicas ---------------------------------------------------------------------------------

function amount(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) { bytes /= 1024; at++; }
  return (at ? bytes.toFixed(1) : bytes) + " " + units[at];
}

function cell(row, text, kind) {
  const made = row.insertCell();
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function button(where, text, path, method) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = () => change(path, method);
  where.append(made);
}

function showStatus(status) {
  const rows = document.createElement("tbody");
  for (const each of status.replicas) {
    const row = rows.insertRow();
    const path = "/replicas/" + encodeURIComponent(each.name);
    cell(row, each.name);
    cell(row, each.state, each.state);
    cell(row, each.connections);
    cell(row, each.unfinished);
    cell(row, (each.latency / 1000).toFixed(2) + " ms");
    cell(row, each.requests);
    cell(row, each.served);
    cell(row, each.failed);
    cell(row, amount(each.up));
    cell(row, amount(each.down));
    const buttons = cell(row, "");
    if (each.state === "draining" || each.state === "removed")
      button(buttons, "resume", path, "PUT");
    else
      button(buttons, "drain", path + "?drain", "PUT");
    button(buttons, "remove", path, "DELETE");
  }
  rows.id = "replicas";
  $("replicas").replaceWith(rows);
  $("summary").textContent = `strategy ${status.strategy}, runtime ${status.runtime}, ` +
    `${status.waiting} waiting` + (status.lost ? `, ${status.lost} records lost` : "");
}

let refusal = ""; // of the last change
let changes = 0;

async function change(path, method) {
  const number = ++changes;
  let said = "";
  try {
    showStatus(await ask(path, method));
  } catch (error) {
    said = error.message;
  }
  if (said || number === changes) // one that went well says nothing of a later one
    refusal = said;
  trouble(refusal);
}

$("add").onsubmit = event => {
  event.preventDefault();
  change("/replicas/" + encodeURIComponent($("name").value.trim()), "PUT");
  $("name").value = "";
};

// ---- charts -----------------------------------------------------------------------------------

// Values that no line leads to, which would not be seen.
function alone(plot, which) {
  const values = plot.data[which];
  return [...values.keys()].filter(at => values[at] !== null && values[at - 1] == null &&
                                         values[at + 1] == null);
}

function draw(id, times, series, values) {
  const names = series.map(each => each.name).join("\n");
  const data = [times, ...series.map(values)];
  const old = charts[id];
  if (old && old.names === names) {
    old.plot.setData(data);
    return;
  }
  if (old) old.plot.destroy();
  const options = {
    width: $(id).clientWidth, height: 220, cursor: { sync: { key: "time" } },
    scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
    axes: [{}, { size: 70 }],
    series: [{}, ...series.map((each, at) => ({
      label: each.name, stroke: COLOURS[at % COLOURS.length], width: 1.5, spanGaps: false,
      points: { show: true, size: 5, filter: alone } }))],
  };
  charts[id] = { plot: new uPlot(options, data, $(id)), names };
}

function span() {
  const length = Number($("span").value);
  if (length) {
    const now = Math.floor(Date.now() / 1000);
    return [now - length, now];
  }
  return ["from", "to"].map(id => Math.floor(new Date($(id).value).getTime() / 1000));
}

async function showSeries() {
  let [from, to] = span();
  if (!(to > from)) return;
  const step = Math.max(1, Math.ceil((to - from) / 600));
  from -= from % step; // so that steps stay where they are from one second to the next
  const answer = await ask(`/series?from=${from}&to=${to}&step=${step}&by=${$("by").value}`);
  const times = [];
  for (let time = from; time < to; time += step) times.push(time);
  const which = $("latency").value;
  draw("requests", times, answer.series, each => each.requests.map(n => n / step));
  draw("bytes", times, answer.series, each => each.bytes.map(n => n / step));
  draw("latencies", times, answer.series,
       each => each[which].map(us => us === null ? null : us / 1000));
}

// ---- now and then -----------------------------------------------------------------------------

function trouble(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

async function refresh() {
  try {
    showStatus(await ask("/status"));
    await showSeries();
    trouble(refusal);
  } catch (error) {
    trouble(error.message);
  }
}

$("view").onchange = () => {
  $("chosen").hidden = $("span").value !== "";
  refresh();
};
$("view").onsubmit = event => event.preventDefault();
window.addEventListener("resize", () => {
  for (const id in charts) charts[id].plot.setSize({ width: $(id).clientWidth, height: 220 });
});

(async () => {
  for (;;) {
    if ($("span").value !== "" || !charts.requests) await refresh();
    await new Promise(done => setTimeout(done, 1000));
  }
})();
