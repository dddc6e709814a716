#!/usr/bin/env python3
"""The page of the balancer, in a browser: replicas and charts are shown, and can be changed."""

import json
import os
import sys
import time

import browser_kit
from balance_kit import *


def labels(page, chart):
    return page.run(f"charts.{chart}.plot.series.slice(1).map(each => each.label)")


def drawn(page, chart):
    """Pixels of the chart that have a colour: axes and grid have none."""
    return page.run(f"""(() => {{
        const canvas = document.querySelector("#{chart} canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] > 100 && Math.max(data[at], data[at + 1], data[at + 2]) -
                Math.min(data[at], data[at + 1], data[at + 2]) > 60) count++;
        return count; }})()""")


def the_page():
    first, second, third = Replica("a"), Replica("b"), Replica("c")
    with balancer("--db", "FOLDER/db", replicas=[first, second]) as server:
        began = int(time.time())
        for source in ("127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.2"):
            server.ask(source=source)
        with browser_kit.Page(f"http://{server.control}/") as page:
            page.until("typeof charts !== 'undefined' && charts.latencies !== undefined",
                       "charts are drawn")
            names = [first.address, second.address]
            page.until("document.querySelectorAll('#replicas tr').length === 2", "two replicas")
            shown = page.run("[...document.querySelectorAll('#replicas tr')]"
                             ".map(row => row.cells[0].textContent + ' ' + row.cells[1].textContent)")
            equal(shown, [f"{name} up" for name in names], "the replicas")

            page.until("charts.requests.plot.data.slice(1).flat().reduce((a, b) => a + b, 0) === 4",
                       "four requests are in the chart")
            equal(sorted(labels(page, "requests")), sorted(names), "the series")
            for chart in ("requests", "bytes", "latencies"):
                check(drawn(page, chart) > 20, f"something is drawn of {chart}")
            bytes_shown = "charts.bytes.plot.data.slice(1).flat().reduce((a, b) => a + b, 0)"
            equal(page.run(bytes_shown), 4 * (6 + 8), "bytes in the chart")

            for _ in range(3):  # what is live changes by itself
                server.ask(source="127.0.0.4")
            page.until("charts.requests.plot.data.slice(1).flat().reduce((a, b) => a + b, 0) === 7",
                       "further requests appear")

            page.choose("by", "client")
            page.until("charts.requests.names.includes('127.0.0.4')", "the same by client")
            equal(set(labels(page, "latencies")), {"127.0.0.2", "127.0.0.3", "127.0.0.4"},
                  "the clients")

            # A span of the past, in the browser's time zone.
            local = "(s => { const d = new Date(s * 1000); " \
                    "return new Date(d - d.getTimezoneOffset() * 60000).toISOString().slice(0, 19); })"
            page.choose("span", "")
            page.until("!document.getElementById('chosen').hidden", "a span can be chosen")
            page.choose("from", page.run(f"{local}({began - 2000})"))
            page.choose("to", page.run(f"{local}({began - 1000})"))
            page.until("[500, 501].includes(charts.requests.plot.data[0].length) &&"
                       " charts.requests.names === ''", "nothing was then")
            page.choose("to", page.run(f"{local}({int(time.time()) + 1})"))
            page.until("charts.requests.names !== ''", "a longer span has it")
            equal(round(page.run("charts.requests.plot.data.slice(1).flat()"
                                 ".reduce((a, b) => a + b, 0) * 4")), 7, "requests of that span")
            for what in ("mean", "p99", "max", "median"):
                page.choose("latency", what)
                page.until("charts.latencies.plot.data.slice(1).flat().some(ms => ms > 0)",
                           f"{what} is drawn")
            page.choose("span", "300")

            def press(text, row):
                page.run(f"""[...document.querySelectorAll("#replicas tr")][{row}]
                    .querySelectorAll("button").forEach(each =>
                    {{ if (each.textContent === "{text}") each.click(); }})""")

            press("drain", 1)
            until(lambda: server.replica(second)["state"] == "draining", "it is drained")
            page.until("document.querySelectorAll('#replicas td.draining').length === 1",
                       "that is shown")
            press("resume", 1)
            until(lambda: server.replica(second)["state"] == "up", "it is resumed")
            press("remove", 1)
            until(lambda: server.replica(second) is None, "it is removed")
            page.run(f"""document.getElementById("name").value = {json.dumps(third.address)};
                document.querySelector("#add button").click()""")
            until(lambda: server.replica(third) is not None, "another one is added")
            page.run("""document.getElementById("name").value = "nonsense";
                document.querySelector("#add button").click()""")
            page.until("!document.getElementById('trouble').hidden &&"
                       " document.getElementById('trouble').textContent.includes('400')",
                       "what is refused is said")

            origin = f"http://{server.control}/"
            foreign = [url for url in page.requested if not url.startswith((origin, "data:"))]
            equal(foreign, [], "what it asks of others")
            wrong = [each for each in page.errors if "400" not in json.dumps(each)]
            equal(wrong, [], "errors of the page")
            if path := os.environ.get("FLUX_SCREENSHOT"):
                page.screenshot(path)


if browser_kit.find() is None:
    print("there is no Chromium")
    sys.exit(77)
main(the_page)
