"""The Kubernetes manifests: the overlays apply, every object fits the published schemas, and nothing is left open."""

import contextlib
import io
import shutil
import subprocess
import unittest

import kubernetes_validate
import yaml
from kustomization import resolve
from server import TOP
from settings import unknown

FOLDER = TOP / "deploy" / "kubernetes"
OVERLAYS = ("overlays/province", "overlays/trial", "migrate")
VERSIONS = ("1.30", "1.37")
# Objects of operators that the cluster may have; their schemas are not published with Kubernetes.
FOREIGN = {"ServiceMonitor"}


def pods(objects):
    """The pod templates, each with its object's name."""
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in objects if one["kind"] in ("Deployment", "Job")}


def one(objects, kind, name="doudi"):
    [found] = [found for found in objects if (found["kind"], found["metadata"]["name"]) == (kind, name)]
    return found


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resolved = {name: resolve(FOLDER / name) for name in OVERLAYS}

    def test_every_object_fits_the_schema_of_old_and_new_clusters(self):
        for name, objects in self.resolved.items():
            for found in objects:
                if found["kind"] in FOREIGN:
                    print(f"NOT CHECKED: {name} {found['kind']}, its schema belongs to an operator")
                    continue
                for version in VERSIONS:
                    with self.subTest(overlay=name, kind=found["kind"], version=version):
                        kubernetes_validate.validate(found, version, strict=True)

    def test_a_misspelt_field_would_be_found(self):
        spoilt = yaml.safe_load(yaml.safe_dump(one(self.resolved["overlays/province"], "Deployment")))
        spoilt["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFileSystem"] = True
        with self.assertRaises(kubernetes_validate.ValidationError), contextlib.redirect_stdout(io.StringIO()):
            kubernetes_validate.validate(spoilt, VERSIONS[0], strict=True)

    def test_kubectl_resolves_the_same_where_there_is_one(self):
        if not shutil.which("kubectl"):
            print("NOT CHECKED: no kubectl here to resolve the overlays a second time")
            return
        for name, objects in self.resolved.items():
            shown = subprocess.run(["kubectl", "kustomize", FOLDER / name], check=True, capture_output=True, text=True)
            theirs = list(yaml.safe_load_all(shown.stdout))
            key = lambda found: (found["kind"], found["metadata"]["name"])
            self.assertEqual(sorted(theirs, key=key), sorted(objects, key=key), name)

    def test_the_overlays_really_change_the_base(self):
        province, trial = (self.resolved[name] for name in OVERLAYS[:2])
        self.assertEqual((one(province, "Deployment")["spec"]["replicas"], one(trial, "Deployment")["spec"]["replicas"]), (3, 1))
        environment = {item["name"]: item["value"] for item in pods(province)["doudi"]["containers"][0]["env"]}
        self.assertEqual(environment["DOUDI_DOMAIN"], "doudi.minzheng.example")
        self.assertIn("DOUDI_OTLP_ENDPOINT", environment)
        self.assertEqual({found["metadata"]["namespace"] for found in trial if found["kind"] != "Namespace"}, {"doudi-trial"})

    def test_no_pod_is_root_or_can_write_to_its_image_or_gain_rights(self):
        for objects in self.resolved.values():
            for name, pod in pods(objects).items():
                self.assertTrue(pod["securityContext"]["runAsNonRoot"], name)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, name)
                self.assertFalse(pod["automountServiceAccountToken"], name)
                for container in pod["containers"]:
                    security = container["securityContext"]
                    self.assertEqual(security["capabilities"], {"drop": ["ALL"]}, name)
                    self.assertTrue(security["readOnlyRootFilesystem"], name)
                    self.assertFalse(security["allowPrivilegeEscalation"], name)
                    self.assertIn("memory", container["resources"]["limits"], name)

    def test_secrets_are_files_that_others_cannot_read(self):
        for objects in self.resolved.values():
            for name, pod in pods(objects).items():
                for container in pod["containers"]:
                    self.assertNotIn("envFrom", container, name)
                    for item in container["env"]:
                        self.assertEqual(set(item), {"name", "value"}, "no variable comes from a secret")
                        self.assertNotRegex(item["value"], r"://[^@/]*:[^@/]*@", "no password in a URL")
                for volume in pod["volumes"]:
                    if "secret" in volume:
                        self.assertEqual(volume["secret"]["defaultMode"], 0o440, volume["name"])

    def test_a_rolling_upgrade_and_a_drained_node_leave_two_servers(self):
        province = self.resolved["overlays/province"]
        deployment = one(province, "Deployment")["spec"]
        self.assertEqual(deployment["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})
        self.assertEqual((deployment["replicas"], one(province, "PodDisruptionBudget")["spec"]["minAvailable"]), (3, 2))
        labels = deployment["template"]["metadata"]["labels"]
        for selector in (deployment["selector"], one(province, "PodDisruptionBudget")["spec"]["selector"]):
            self.assertEqual(selector["matchLabels"], labels)
        self.assertEqual(one(province, "Service")["spec"]["selector"], labels)

    def test_probes_ask_the_operations_port_and_never_the_one_with_certificates(self):
        for name in OVERLAYS[:2]:
            [container] = pods(self.resolved[name])["doudi"]["containers"]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            environment = {item["name"]: item["value"] for item in container["env"]}
            self.assertEqual(environment["DOUDI_OPERATIONS_LISTEN"], f"0.0.0.0:{ports['operations']}")
            self.assertEqual(environment["DOUDI_LISTEN"], f"0.0.0.0:{ports['grpc']}")
            asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
            self.assertEqual({kind: probe["port"] for kind, probe in asked.items()}, dict.fromkeys(asked, "operations"))
            self.assertEqual([probe["path"] for probe in asked.values()], ["/startupz", "/readyz", "/livez"])

    def test_all_traffic_is_refused_that_no_policy_names(self):
        for name in OVERLAYS[:2]:
            spec = one(self.resolved[name], "NetworkPolicy", "nothing")["spec"]
            self.assertEqual(spec, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
            for rule in one(self.resolved[name], "NetworkPolicy")["spec"]["ingress"]:
                self.assertTrue(rule["from"] and rule["ports"], "a rule without a source lets everybody in")

    def test_every_volume_is_mounted_and_every_file_lies_in_one(self):
        for objects in self.resolved.values():
            for pod in pods(objects).values():
                [container] = pod["containers"]
                mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
                self.assertEqual(set(mounts), {volume["name"] for volume in pod["volumes"]})
                for item in container["env"]:
                    if item["value"].startswith(("/run", "/var")):
                        self.assertTrue(any(item["value"].startswith(path) for path in mounts.values()), item)

    def test_the_table_of_callers_is_the_example(self):
        table = one(self.resolved["overlays/province"], "ConfigMap")["data"]["principals.toml"]
        self.assertEqual(table, (TOP / "deploy" / "principals.toml").read_text(encoding="utf-8"))

    def test_the_binary_knows_every_setting(self):
        for objects in self.resolved.values():
            for pod in pods(objects).values():
                self.assertEqual(unknown(item["name"] for item in pod["containers"][0]["env"]), [])


if __name__ == "__main__":
    unittest.main()
