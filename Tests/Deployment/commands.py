"""Prints, as JSON, each line that files of a folder start foretoken by: [file, words].

Usage: commands.py DEPLOY
"""
import json
import pathlib
import shlex
import sys

import yaml


def commands(deploy: pathlib.Path):
    compose = yaml.safe_load((deploy / "compose" / "compose.yaml").read_text())
    for service in compose["services"].values():
        if service["image"] == "foretoken" and "entrypoint" not in service:
            yield "compose.yaml", service["command"]
    for path in sorted((deploy / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            for container in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
                yield path.name, container["args"]
    for path in sorted((deploy / "systemd").glob("*.service")):
        lines = path.read_text().splitlines()
        options, start = (
            next(line.removeprefix(key) for line in lines if line.startswith(key))
            for key in ('Environment="OPTIONS=', "ExecStart="))
        yield path.name, shlex.split(start.replace("$OPTIONS", options.removesuffix('"')))[1:]


print(json.dumps(list(commands(pathlib.Path(sys.argv[1])))))
