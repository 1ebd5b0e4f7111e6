"""That every file and folder that a Compose file mounts is there, and that what it depends on is one of its services.

Usage: compose.py COMPOSE
"""
import pathlib
import sys

import yaml


def main() -> None:
    path = pathlib.Path(sys.argv[1])
    project = yaml.safe_load(path.read_text())
    faults = []
    for name, service in project["services"].items():
        for other in service.get("depends_on", []):
            if other not in project["services"]:
                faults.append(f"{name} depends on {other}, which is not a service")
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            if source.startswith("."):
                if not (path.parent / source).exists():
                    faults.append(f"{name} mounts {source}, which is not there")
            elif source not in project["volumes"]:
                faults.append(f"{name} mounts the volume {source}, which is not listed")
    sys.exit("\n".join(faults) or 0)


main()
