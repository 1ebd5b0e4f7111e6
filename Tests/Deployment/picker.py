"""A picker of endpoints as llm-d's is configured by endpoint-picker.yaml, over two coordinators with cells of their own.

Usage: picker.py ENDPOINT-PICKER.yaml URL URL PID

Every 50 ms it reads /metrics and /ready of both, at the port that serves, and sends each request of its clients to the
one that scores best; where that one answers 503, to the next, as a gateway does with a list of endpoints. Then one cell
gets a crowd from elsewhere, and at last the coordinator of the first cell, the process PID, is told to end. Prints what
became of it as one JSON object; says what is wrong, and ends with 1, where a request failed or load did not even out.
"""
import json
import os
import random
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

import yaml

TICK = 0.05
CLIENTS = 6


class Endpoint:
    """What is known of a coordinator, by its last answers."""

    def __init__(self, url: str, families: list[str]):
        self.url, self.families = url, families
        self.values: dict[str, float] = {}
        self.is_ready = False
        self.picked = self.written = self.refused = 0

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.read().decode()

    def look(self) -> None:
        try:
            text = self.get("/metrics")
            self.values = {name: float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1]) for name in self.families}
            self.get("/ready")
            self.is_ready = True
        except OSError:
            self.is_ready = False


class Picker:
    def __init__(self, config: dict, urls: list[str]):
        plugins = {plugin["type"]: plugin.get("parameters", {}) for plugin in config["plugins"]}
        engine = plugins["core-metrics-extractor"]["engineConfigs"][0]
        self.names = [engine[f"{name}Spec"] for name in ("queuedRequests", "runningRequests", "kvUsage")]
        weights = {p["pluginRef"]: p.get("weight", 0) for p in config["schedulingProfiles"][0]["plugins"]}
        self.weights = [
            weights[f"{name}-scorer"] for name in ("queue", "running-requests-size", "kv-cache-utilization")]
        families = plugins["metrics-data-source"]["families"]
        assert set(self.names) == set(families), "the picker asks for other families than it reads"
        self.endpoints = [Endpoint(url, families) for url in urls]

    def scores(self, endpoints: list[Endpoint]) -> list[float]:
        """By published scorers: lengths of queues between their least and most, and KV as it is."""
        totals = [0.0] * len(endpoints)
        for name, weight in zip(self.names, self.weights):
            values = [endpoint.values.get(name, 0) for endpoint in endpoints]
            least, most = (0, 1) if name == self.names[2] else (min(values), max(values))
            for i, value in enumerate(values):
                totals[i] += weight * (1 if most == least else (most - value) / (most - least))
        return totals

    def order(self) -> list[Endpoint]:
        """Endpoints to try, the best first."""
        ready = [endpoint for endpoint in self.endpoints if endpoint.is_ready]
        random.shuffle(ready)
        return [endpoint for _, endpoint in sorted(zip(self.scores(ready), ready), key=lambda pair: -pair[0])]


class Rehearsal:
    def __init__(self, config: str, urls: list[str], coordinator: int):
        with open(config) as file:
            self.picker = Picker(yaml.safe_load(file), urls)
        self.coordinator = coordinator
        self.over = threading.Event()
        self.failures: list[str] = []
        self.finished = threading.Semaphore(0)

    def look(self, endpoint: Endpoint) -> None:
        while not self.over.wait(TICK):
            endpoint.look()

    @staticmethod
    def write(endpoint: Endpoint, tokens: int) -> None:
        body = {"prompt": f"def f{random.randrange(1000)}(n):", "max_tokens": tokens, "temperature": 0.8,
                "ignore_eos": True}
        request = urllib.request.Request(
            endpoint.url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            usage = json.load(answer)["usage"]
        assert usage["completion_tokens"] > 0, "an empty text"

    def client(self) -> None:
        while not self.over.is_set():
            try:
                self.ask(random.randrange(16, 96))
            except Exception as error:  # Whatever it is, a client would have seen it.
                self.failures.append(f"{type(error).__name__}: {error}")
            self.finished.release()

    def ask(self, tokens: int) -> None:
        for endpoint in self.picker.order():
            endpoint.picked += 1
            try:
                self.write(endpoint, tokens)
                endpoint.written += 1
                return
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                endpoint.refused += 1
            except urllib.error.URLError as error:
                # Nobody listens there any more.
                if not isinstance(error.reason, ConnectionRefusedError):
                    raise
                endpoint.refused += 1
        raise RuntimeError("no endpoint takes it")

    def texts(self, count: int) -> list[int]:
        """Waits for that many texts; how many of them each endpoint has written."""
        before = [endpoint.written for endpoint in self.picker.endpoints]
        for _ in range(count):
            assert self.finished.acquire(timeout=60), "no text within a minute"
        return [endpoint.written - then for endpoint, then in zip(self.picker.endpoints, before)]

    def wait(self, what: str, holds) -> None:
        end = time.monotonic() + 90
        while not holds():
            assert time.monotonic() < end, f"{what}: not within 90 s"
            self.over.wait(TICK / 10)

    def play(self) -> dict:
        first, second = self.picker.endpoints
        threads = [threading.Thread(target=self.look, args=(e,)) for e in self.picker.endpoints]
        for thread in threads:
            thread.start()
        self.wait("readiness", lambda: first.is_ready and second.is_ready)
        clients = [threading.Thread(target=self.client) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            self.texts(CLIENTS)
            even = self.texts(60)
            # A crowd at the first cell, which did not come by the picker.
            crowd = [threading.Thread(target=self.write, args=(first, 600)) for _ in range(8)]
            for member in crowd:
                member.start()
            counts = self.picker.names[:2]
            self.wait("the crowd", lambda: sum(first.values[name] for name in counts) >= len(crowd))
            crowded = self.texts(40)
            for member in crowd:
                member.join()
            os.kill(self.coordinator, signal.SIGTERM)
            self.wait("the end of its readiness", lambda: not first.is_ready)
            picked = first.picked
            drained = self.texts(40)
        finally:
            self.over.set()
            for thread in clients + threads:
                thread.join()
        return {
            "even": even, "crowded": crowded, "drained": drained, "picked_after": first.picked - picked,
            "sent_on": first.refused + second.refused, "failures": self.failures}


def main() -> None:
    config, *urls, coordinator = sys.argv[1:]
    told = Rehearsal(config, urls, int(coordinator)).play()
    print(json.dumps(told))
    wrong = told["failures"][:3]
    if min(told["even"]) < 0.3 * sum(told["even"]):
        wrong.append("load did not even out")
    if told["crowded"][0] > 0.3 * sum(told["crowded"]):
        wrong.append("the crowded cell was picked")
    if told["picked_after"] > 0:
        wrong.append("a cell that drains was picked")
    if wrong:
        sys.exit("\n".join(wrong))


main()
