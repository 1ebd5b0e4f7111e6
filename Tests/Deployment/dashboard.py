"""That a dashboard is what Grafana takes: panels with a place, a unit and queries, and none upon another.

Usage: dashboard.py DASHBOARD
"""
import json
import sys


def faults(board: dict):
    for key in ("uid", "title", "schemaVersion", "panels", "templating", "time"):
        if key not in board:
            yield f"the dashboard has no {key}"
    taken: dict[tuple[int, int], str] = {}
    numbers: set[int] = set()
    for panel in board["panels"]:
        title = panel["title"]
        if panel["id"] in numbers:
            yield f"{title}: another panel has its id"
        numbers.add(panel["id"])
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > 24 or place["w"] < 1 or place["h"] < 1:
            yield f"{title}: {place} is not within the 24 columns"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), title)
                if other != title:
                    yield f"{title} lies upon {other}"
        if panel["type"] == "row":
            continue
        if panel["type"] not in ("timeseries", "stat"):
            yield f"{title}: nobody has looked at panels of the type {panel['type']}"
        if not panel.get("description") or "unit" not in panel["fieldConfig"]["defaults"]:
            yield f"{title}: no description, or no unit"
        if not panel["targets"]:
            yield f"{title} asks nothing"
        for target in panel["targets"]:
            if target["datasource"] != {"type": "prometheus", "uid": "${datasource}"} or not target["expr"]:
                yield f"{title}: a query without an expression, or of another source than the board's"
        if len({target["refId"] for target in panel["targets"]}) != len(panel["targets"]):
            yield f"{title}: two queries have one refId"


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        found = sorted(set(faults(json.load(file))))
    sys.exit("\n".join(found) or 0)


main()
