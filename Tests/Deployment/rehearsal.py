"""Runs what compose.yaml starts as processes, each in a network namespace and a file system of its own: with the same
arguments, environment, files, user and read-only paths. Asks Prometheus every query of the dashboard while texts are
written, and sees an alert fire and resolve as the target is killed and comes back.

Usage: unshare --net --mount --pid --fork --kill-child --mount-proc PYTHON rehearsal.py FORETOKEN PROMETHEUS DEPLOY

Everything ends with this process: what it makes lies in memory, and is seen in its own namespaces alone. Grafana is
left out.
"""
import json
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

USER = "10001:10001"
SHARED = ["bin", "lib", "lib32", "lib64", "opt", "sbin", "usr", "proc", "dev", "sys"]
SETTINGS = ["alternatives", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf", "passwd"]
LEFT_OUT = ["grafana"]
# Covered by a file system in memory, which nobody else sees.
WORK = pathlib.Path("/mnt")
TICK = threading.Event()


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def get(url: str, body: dict | None = None, seconds: float = 30) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=seconds) as answer:
        return answer.read()


class Rehearsal:
    def __init__(self, program: str, prometheus: str, deploy: str):
        self.program, self.prometheus = pathlib.Path(program), pathlib.Path(prometheus)
        self.deploy = pathlib.Path(deploy).resolve()
        self.compose = self.deploy / "compose"
        project = yaml.safe_load((self.compose / "compose.yaml").read_text())
        self.services = {name: s for name, s in project["services"].items() if name not in LEFT_OUT}
        self.addresses = {name: f"10.9.0.{i + 1}" for i, name in enumerate(self.services)}
        self.running: dict[str, subprocess.Popen] = {}

    # What Docker does.

    def network(self) -> None:
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(WORK))
        run("mkdir", "-p", "/run/netns")
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        hosts = WORK / "hosts"
        hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{a} {name}\n" for name, a in self.addresses.items()))
        run("mount", "--bind", str(hosts), "/etc/hosts")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge", "forward_delay", "0")
        run("ip", "addr", "add", "10.9.0.254/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        for i, (name, address) in enumerate(self.addresses.items()):
            run("ip", "netns", "add", name)
            run("ip", "link", "add", f"port{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "link", "set", f"port{i}", "master", "switch", "up")
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")

    def bind(self, source: pathlib.Path, target: pathlib.Path, read_only: bool) -> None:
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        run("mount", "--rbind", str(source), str(target))
        if read_only:
            run("mount", "-o", "remount,bind,ro", str(target))

    def root(self, name: str) -> pathlib.Path:
        """A file system of a container: the machine's programs and libraries, and what the service mounts."""
        root = WORK / "roots" / name
        root.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root))
        for folder in SHARED:
            source = pathlib.Path("/") / folder
            if source.is_symlink():
                (root / folder).symlink_to(source.readlink())
            elif source.is_dir():
                self.bind(source, root / folder, folder not in ("proc", "dev", "sys"))
        for setting in SETTINGS:
            source = pathlib.Path("/etc") / setting
            if source.exists():
                self.bind(source, root / "etc" / setting, True)
        (root / "tmp").mkdir(mode=0o1777)
        self.bind(self.program.parent, root / "program", True)
        self.bind(self.prometheus, root / "prometheus-program", True)
        self.bind(self.deploy / "container" / "foretoken-health", root / "foretoken-health", True)
        for volume in self.services[name].get("volumes", []):
            source, target, read_only = self.mount(volume)
            self.bind(source, root / target.lstrip("/"), read_only)
        if self.services[name].get("read_only"):
            run("mount", "-o", "remount,ro", str(root))
        return root

    def mount(self, volume) -> tuple[pathlib.Path, str, bool]:
        if isinstance(volume, dict):
            name, target, read_only = volume["source"], volume["target"], volume.get("read_only", False)
            subpath = volume.get("volume", {}).get("subpath", "")
        else:
            name, target, *mode = volume.split(":")
            read_only, subpath = mode == ["ro"], ""
        if name.startswith("."):
            return self.changed(self.compose / name), target, read_only
        folder = WORK / "volumes" / name
        if not folder.exists():
            # As the image has it.
            folder.mkdir(parents=True, mode=0o700)
            run("chown", USER, str(folder))
        return folder / subpath, target, read_only

    def changed(self, path: pathlib.Path) -> pathlib.Path:
        """Prometheus's own files, with less patience: of the rules, only how long a state has to last."""
        copy = WORK / "changed" / path.name
        copy.parent.mkdir(exist_ok=True)
        text = path.read_text()
        text = re.sub(r"^(\s+for:) .*$", r"\1 1s", text, flags=re.MULTILINE)
        text = re.sub(r"^(\s+(?:scrape|evaluation)_interval:) .*$", r"\1 500ms", text, flags=re.MULTILINE)
        copy.write_text(text)
        return copy

    def command(self, name: str) -> list[str]:
        service = self.services[name]
        if name == "prometheus":
            settings = "/etc/prometheus/prometheus.yml"
            return ["/prometheus-program", f"--config.file={settings}", "--storage.tsdb.path=/prometheus"]
        words = service.get("entrypoint", ["foretoken"]) + service["command"]
        return [word.replace("$$", "$") for word in words]

    def start(self, name: str, root: pathlib.Path) -> subprocess.Popen:
        environment = [f"{key}={value}" for key, value in self.services[name].get("environment", {}).items()]
        log = open(WORK / f"{name}.log", "ab")
        # Each of these becomes the next, so that the process is the service itself.
        process = subprocess.Popen(
            ["ip", "netns", "exec", name, "chroot", f"--userspec={USER}", str(root), "env", "-i",
             "PATH=/program:/usr/bin:/bin", *environment, *self.command(name)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.running[name] = process
        return process

    # What is seen of it.

    def wait(self, what: str, seconds: float, holds) -> None:
        """Waits until something holds; errors of the network are a no. No process ends meanwhile."""
        end, last = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                last = holds()
                if last is True:
                    return
            except (OSError, urllib.error.URLError) as error:
                last = error
            ended = [name for name, process in self.running.items() if process.poll() is not None]
            assert not ended, f"{ended} ended, before {what}"
            TICK.wait(0.1)
        raise TimeoutError(f"{what}: not within {seconds} s: {last}")

    def ask(self, path: str, **parameters: str):
        query = urllib.parse.urlencode(parameters)
        return json.loads(get(f"http://{self.addresses['prometheus']}:9090/api/v1/{path}?{query}"))["data"]

    def values(self, expression: str) -> list[float]:
        result = self.ask("query", query=expression)["result"]
        return [float(series["value"][1]) for series in result if not math.isnan(float(series["value"][1]))]

    def firing(self, alert: str) -> bool:
        alerts = self.ask("alerts")["alerts"]
        return any(a["labels"]["alertname"] == alert and a["state"] == "firing" for a in alerts)

    def panels(self) -> list[tuple[str, str]]:
        board = json.loads((self.deploy / "grafana" / "foretoken.json").read_text())
        return [
            (panel["title"], target["expr"].replace("$__rate_interval", "5s"))
            for panel in board["panels"] for target in panel.get("targets", [])
        ]

    def healthy(self, name: str) -> None:
        said = subprocess.run(
            ["ip", "netns", "exec", name, "chroot", f"--userspec={USER}", str(WORK / "roots" / name),
             "/foretoken-health"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert said.returncode == 0, f"the health check of {name}: {said.stdout}"

    def play(self) -> None:
        self.network()
        roots = {"keygen": self.root("keygen")}
        assert self.start("keygen", roots["keygen"]).wait(timeout=90) == 0, "keygen failed"
        del self.running["keygen"]
        # Root's, and the group's to read: so come keys from a Secret of Kubernetes.
        given = WORK / "volumes" / "keys" / "target" / "target.key"
        os.chown(given, 0, int(USER.split(":")[1]))
        given.chmod(0o440)
        for name in self.services:
            if name != "keygen":
                roots[name] = self.root(name)
                self.start(name, roots[name])
        http = f"http://{self.addresses['coordinator']}:8080"
        self.wait("a target that answers", 90, lambda: get(f"{http}/readyz") is not None)
        self.wait("both drafts", 90, lambda: self.values("sum(foretoken_draft_up)") == [2])
        for name in ("coordinator", "target", "draft-1", "draft-2"):
            self.healthy(name)
        for name, process in self.running.items():
            if name != "prometheus":
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                assert re.search(r"^Uid:\s+10001\s", status, re.MULTILINE), f"{name} is another user's"

        over, failed = threading.Event(), []

        def write(number: int) -> None:
            while not over.is_set():
                try:
                    get(f"{http}/v1/completions", {
                        "prompt": f"def function{number}(n):", "max_tokens": 48, "temperature": 0,
                        "foretoken": {"lookahead": "fixed:3"}})
                except (OSError, urllib.error.URLError) as error:
                    failed.append(str(error))

        writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for writer in writers:
            writer.start()
        try:
            self.wait("data in every panel", 90, lambda: [p for p in self.panels() if not self.values(p[1])] or True)
            groups = self.ask("rules")["groups"]
            broken = [rule for group in groups for rule in group["rules"] if rule["health"] == "err"]
            assert groups and not broken, f"rules that cannot be evaluated: {broken}"
            scraped = get(f"http://{self.addresses['coordinator']}:9100/metrics").decode()
        finally:
            over.set()
            for writer in writers:
                writer.join()
        assert not failed, f"requests that failed: {failed}"
        self.names(scraped)
        assert sum(self.values("foretoken_refusals_total")) == 0, "somebody was refused"
        assert not self.firing("ForetokenTargetDown")

        target = self.running.pop("target")
        target.send_signal(signal.SIGKILL)
        target.wait()
        self.wait("the alert", 90, lambda: self.firing("ForetokenTargetDown") and self.firing("ForetokenNoTarget"))
        self.start("target", roots["target"])
        self.wait("the end of the alert", 90, lambda: not self.firing("ForetokenTargetDown"))
        print(f"{len(self.panels())} queries have data; an alert fired and resolved; all is well")

    def names(self, scraped: str) -> None:
        """Alerts and pickers ask for what there is; one that does not exist would be quiet for ever."""
        rules = (self.deploy / "prometheus" / "rules.yaml").read_text()
        for name in set(re.findall(r"foretoken_[a-z_]+", rules)):
            assert re.search(rf"^{name}[ {{]", scraped, re.MULTILINE), f"rules ask for {name}, which nobody tells"
        picker = yaml.safe_load((self.deploy / "kubernetes" / "llm-d" / "endpoint-picker.yaml").read_text())
        for plugin in picker["plugins"]:
            for name in plugin.get("parameters", {}).get("families", []):
                assert re.search(rf"^# TYPE {name} gauge$", scraped, re.MULTILINE), f"/metrics has no gauge {name}"

    def logs(self) -> str:
        return "\n".join(f"--- {path.stem}\n{path.read_text()[-2000:]}" for path in sorted(WORK.glob("*.log")))


def main() -> None:
    if os.getpid() != 1:
        sys.exit("to be run in namespaces of its own: see the first lines of this file")
    rehearsal = Rehearsal(*sys.argv[1:])
    try:
        rehearsal.play()
    except BaseException:
        print(rehearsal.logs(), file=sys.stderr)
        raise


main()
