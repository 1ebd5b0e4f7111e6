"""Kubernetes' manifests, as Kustomize would render them: each by its schema, and all by what they refer to.

Usage: manifests.py FOLDER

Of Kustomize this knows what kustomization.yaml uses: resources, namespace and images. Where kubectl is installed, its
own rendering has to be the same.
"""
import pathlib
import shutil
import subprocess
import sys

import kubernetes_validate
import yaml

# The release whose schemas are asked; HorizontalPodAutoscaler v2 and the preStop sleep are in it.
RELEASE = "1.32"
WORKLOADS = ("Deployment", "StatefulSet")


def render(folder: pathlib.Path) -> list[dict]:
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    unknown = set(plan) - {"apiVersion", "kind", "namespace", "resources", "images"}
    assert not unknown, f"kustomization.yaml uses {unknown}, which this does not know"
    files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(plan["resources"]), f"{files ^ set(plan['resources'])} is not both listed and there"
    documents = []
    for name in plan["resources"]:
        for document in yaml.safe_load_all((folder / name).read_text()):
            if document["kind"] != "Namespace":
                document["metadata"]["namespace"] = plan["namespace"]
            for container in containers(document):
                for image in plan["images"]:
                    if container["image"] == image["name"]:
                        container["image"] = f"{image['newName']}:{image['newTag']}"
            documents.append(document)
    return documents


def differences(folder: pathlib.Path, documents: list[dict]) -> list[str]:
    """Between our rendering and kubectl's."""
    if not shutil.which("kubectl"):
        return []
    theirs = subprocess.run(["kubectl", "kustomize", str(folder)], check=True, stdout=subprocess.PIPE).stdout

    def named(documents) -> dict:
        return {(document["kind"], document["metadata"]["name"]): document for document in documents}

    one, other = named(documents), named(yaml.safe_load_all(theirs))
    return [f"kubectl renders {key} otherwise" for key in one | other if one.get(key) != other.get(key)]


def template(document: dict) -> dict:
    return document["spec"]["template"] if document["kind"] in WORKLOADS else {"spec": {"containers": []}}


def containers(document: dict) -> list[dict]:
    return template(document)["spec"]["containers"]


def matches(selector: dict, labels: dict) -> bool:
    return selector.items() <= labels.items()


def quantity(text) -> float:
    """A number with one of Kubernetes' suffixes."""
    units = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 1e3, "M": 1e6, "G": 1e9}
    text = str(text)
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)


def option(arguments: list[str], name: str, default: str) -> str:
    return next((a.removeprefix(f"{name}=") for a in arguments if a.startswith(f"{name}=")), default)


class Checker:
    def __init__(self, documents: list[dict], pool: dict, picker: dict):
        self.documents, self.pool, self.picker = documents, pool, picker
        self.faults: list[str] = []

    def of(self, *kinds: str) -> list[dict]:
        return [document for document in self.documents if document["kind"] in kinds]

    def expect(self, holds, what: str) -> None:
        if not holds:
            self.faults.append(what)

    def all(self) -> list[str]:
        self.schemas()
        for workload in self.of(*WORKLOADS):
            self.workload(workload)
        self.selectors()
        self.scaling()
        self.names()
        self.picking()
        return self.faults

    def schemas(self) -> None:
        for document in self.documents:
            try:
                kubernetes_validate.validate(document, RELEASE, strict=True)
            except kubernetes_validate.ValidationError as error:
                self.faults.append(f"{document['kind']} {document['metadata']['name']}: {error.message}")

    def workload(self, workload: dict) -> None:
        name, pod = workload["metadata"]["name"], template(workload)["spec"]
        labels = template(workload)["metadata"]["labels"]
        self.expect(
            matches(workload["spec"]["selector"]["matchLabels"], labels), f"{name} does not select its own pods")
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            self.container(name, pod, container, volumes)

    def container(self, name: str, pod: dict, container: dict, volumes: set[str]) -> None:
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            request = container.get(probe, {}).get("httpGet")
            self.expect(request is None or request["port"] in ports, f"{name}: {probe} asks a port that is not there")
            self.expect("tcpSocket" not in container.get(probe, {}), f"{name}: {probe} would count as a stranger")
        self.expect(
            container.get("livenessProbe", {}).get("httpGet", {}).get("path") != "/ready",
            f"{name} would be restarted where its targets are away")
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        self.expect(mounted == volumes, f"{name}: volumes {volumes} and mounts {mounted}")
        self.expect(
            all(mount["readOnly"] for mount in container["volumeMounts"]), f"{name} may write what it only reads")
        for address in ("--listen", "--http", "--metrics-listen"):
            told = option(container["args"], address, "")
            self.expect(
                not told or int(told.rsplit(":", 1)[1]) in ports.values(), f"{name}: {address}={told} is not a port")
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        for resource, limit in limits.items():
            self.expect(
                quantity(requests.get(resource, limit)) <= quantity(limit),
                f"{name} asks for more {resource} than it may have")
        threads = option(container["args"], "--threads", "0")
        self.expect(
            "cpu" not in limits or int(threads) <= quantity(limits["cpu"]), f"{name}: more threads than processors")
        # What SIGTERM is answered by has to fit into the time that is given.
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        grace = 0 if container["args"][1] == "draft" else float(option(container["args"], "--grace", "20"))
        self.expect(
            pod["terminationGracePeriodSeconds"] >= sleep + grace + 5, f"{name} would be killed while it drains")
        self.expect(
            pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"],
            f"{name} has more rights than it needs")

    def selectors(self) -> None:
        """Every selector finds the pods of one workload, and of no other."""
        pods = {w["metadata"]["name"]: template(w)["metadata"]["labels"] for w in self.of(*WORKLOADS)}
        for document in self.of("Service", "PodDisruptionBudget", "NetworkPolicy"):
            spec = document["spec"]
            kind, name = document["kind"], document["metadata"]["name"]
            selector = spec.get("selector") if kind == "Service" else spec.get("selector", spec.get("podSelector"))
            selector = selector.get("matchLabels", selector)
            found = [pod for pod, labels in pods.items() if matches(selector, labels)]
            self.expect(len(found) == (1 if selector else len(pods)), f"{kind} {name} selects {found}")
            if kind == "NetworkPolicy":
                for rule in spec.get("ingress", []) + spec.get("egress", []):
                    for peer in rule.get("from", []) + rule.get("to", []):
                        other = peer.get("podSelector", {}).get("matchLabels")
                        self.expect(
                            other is None or any(matches(other, labels) for labels in pods.values()),
                            f"NetworkPolicy {name} speaks of pods {other}, which nobody has")
        for workload in self.of("StatefulSet"):
            names = [service["metadata"]["name"] for service in self.of("Service")]
            self.expect(workload["spec"]["serviceName"] in names, f"{workload['spec']['serviceName']} is not a Service")

    def scaling(self) -> None:
        for scaler in self.of("HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]
            found = [w for w in self.of(target["kind"]) if w["metadata"]["name"] == target["name"]]
            self.expect(found, f"nothing to scale: {target}")
            self.expect(all("replicas" not in w["spec"] for w in found), "the autoscaler's number is set by hand, too")

    def names(self) -> None:
        """Members are found by the names of headless Services, at the ports where they listen, through the policies."""
        services = {service["metadata"]["name"]: service["spec"] for service in self.of("Service")}
        policies = {policy["metadata"]["name"]: policy["spec"] for policy in self.of("NetworkPolicy")}
        for workload in self.of(*WORKLOADS):
            for container in containers(workload):
                for argument in container["args"]:
                    flag, _, address = argument.partition("=tcp://")
                    if flag not in ("--target", "--draft"):
                        continue
                    name, port = address.split(":")
                    service = services.get(name, {})
                    self.expect(service.get("clusterIP") == "None", f"{name} is not a headless Service")
                    self.expect(
                        [p["port"] for p in service.get("ports", [])] == [int(port)], f"{name} is not at port {port}")
                    egress = policies[workload["metadata"]["name"]]["egress"]
                    self.expect(
                        any(int(port) in [p["port"] for p in rule["ports"]] for rule in egress),
                        f"{workload['metadata']['name']} may not reach {address}")

    def picking(self) -> None:
        """The contract of llm-d: endpoints are coordinators alone, at a port that serves, by metrics that are named."""
        spec = self.pool["spec"]
        self.expect(
            self.pool["apiVersion"] == "inference.networking.k8s.io/v1" and self.pool["kind"] == "InferencePool",
            "the pool is not an InferencePool of version 1")
        self.expect(
            set(spec) == {"selector", "targetPorts", "endpointPickerRef"} and set(spec["selector"]) == {"matchLabels"}
            and 1 <= len(spec["targetPorts"]) <= 8 and spec["endpointPickerRef"].get("name")
            and spec["endpointPickerRef"].get("failureMode") in ("FailOpen", "FailClose"),
            "the pool has not the shape of an InferencePool")
        engines = {}
        for plugin in self.picker["plugins"]:
            if plugin["type"] == "core-metrics-extractor":
                engines = {engine["name"]: engine for engine in plugin["parameters"]["engineConfigs"]}
                label = plugin["parameters"]["engineLabelKey"]
        types = {plugin["type"] for plugin in self.picker["plugins"]}
        named = {plugin["pluginRef"] for profile in self.picker["schedulingProfiles"] for plugin in profile["plugins"]}
        for source in self.picker["dataLayer"]["sources"]:
            named |= {source["pluginRef"]} | {extractor["pluginRef"] for extractor in source["extractors"]}
        self.expect(named == types, f"the picker lists {types} and uses {named}")
        for workload in self.of(*WORKLOADS):
            labels = template(workload)["metadata"]["labels"]
            picked = matches(spec["selector"]["matchLabels"], labels)
            is_coordinator = containers(workload)[0]["args"][1] == "coordinator"
            self.expect(picked == is_coordinator, f"the pool picks {workload['metadata']['name']}: {picked}")
            self.expect(
                (labels.get(label) in engines) == is_coordinator, f"{workload['metadata']['name']}: {label}")
            if is_coordinator:
                ports = [port["containerPort"] for port in containers(workload)[0]["ports"]]
                self.expect(
                    all(port["number"] in ports for port in spec["targetPorts"]), "the pool's port serves nothing")


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    documents = render(folder)
    pool, picker = (
        yaml.safe_load((folder / "llm-d" / f"{name}.yaml").read_text()) for name in ("inference-pool", "endpoint-picker"))
    sys.exit("\n".join(differences(folder, documents) + Checker(documents, pool, picker).all()) or 0)


main()
