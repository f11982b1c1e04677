"""Resolves a kustomization as `kubectl kustomize` does, as far as ours go; a field that is not known here is refused."""

import copy

import yaml

_KNOWN = {"apiVersion", "kind", "resources", "namespace", "patches", "configMapGenerator", "generatorOptions"}
_CLUSTER_WIDE = {"Namespace"}


def resolve(folder):
    """Every object of the kustomization, its patches applied."""
    told = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    unknown = set(told) - _KNOWN
    if unknown:
        raise ValueError(f"{folder}: {sorted(unknown)} is not understood here")
    objects = []
    for resource in told["resources"]:
        path = folder / resource
        objects += resolve(path.resolve()) if path.is_dir() else list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    for made in told.get("configMapGenerator", []):
        if told.get("generatorOptions") != {"disableNameSuffixHash": True}:
            raise ValueError(f"{folder}: a hashed name is not made here")
        data = {name: (folder / name).read_text(encoding="utf-8") for name in made["files"]}
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data})
    for patch in told.get("patches", []):
        text = patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text(encoding="utf-8")
        found = [one for one in objects
                 if (one["kind"], one["metadata"]["name"]) == (patch["target"]["kind"], patch["target"]["name"])]
        if len(found) != 1:
            raise ValueError(f"{folder}: the target {patch['target']} names {len(found)} objects")
        for operation in yaml.safe_load(text):
            _apply(found[0], operation)
    for one in objects:
        if "namespace" in told and one["kind"] not in _CLUSTER_WIDE:
            one["metadata"]["namespace"] = told["namespace"]
    return objects


def _apply(target, operation):
    """One operation of RFC 6902."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    for part in way:
        target = target[int(part)] if isinstance(target, list) else target[part]
    value = copy.deepcopy(operation.get("value"))
    key = int(last) if isinstance(target, list) and last != "-" else last
    match operation["op"]:
        case "add" if isinstance(target, list):
            target.insert(len(target) if last == "-" else key, value)
        case "add":
            target[key] = value
        case "replace":
            # What is replaced has to be there.
            target[key]
            target[key] = value
        case "remove":
            del target[key]
        case "test":
            if target[key] != value:
                raise ValueError(f"{operation['path']} is {target[key]!r}, not {value!r}")
        case other:
            raise ValueError(f"{other} is no operation of RFC 6902 that is understood here")
