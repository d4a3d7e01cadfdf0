"""Write the software bill of materials (CycloneDX 1.6, JSON) of a lock file.

    python .ci/sbom.py requirements.lock dist/sbom.json [stijl/package-lock.json]

The packages and versions are those of the lock, and those of the lock of npm whose CSS is in the style of the pages.
Their licences are what the packages say themselves, where this Python has them installed. The same locks on
the same installation give the same file: it has no time and no random number.
"""

import json
import re
import sys
import tomllib
import uuid
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ ;\\]+)(?: ; (.*?))? *\\?$", re.MULTILINE)
CLASSIFIER = "License :: OSI Approved :: "
NAME_AT_MOST = 100  # characters; a longer one is the text of a licence


def component(name: str, version: str, marker: str) -> dict[str, Any]:
    """A package of the lock; with a marker when only some installations have it."""
    purl = f"pkg:pypi/{name}@{version}"
    entry: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if found := licences(name):
        entry["licenses"] = found
    if marker:
        entry["properties"] = [{"name": "regiesysteem:marker", "value": marker}]
    return entry


def licences(name: str) -> list[dict[str, Any]]:
    """The licence of an installed package: an SPDX expression, or else the name that its maker gave it."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return []
    if expression := told.get("License-Expression"):
        return [{"expression": expression}]
    names = {line.removeprefix(CLASSIFIER) for line in told.get_all("Classifier", []) if line.startswith(CLASSIFIER)}
    free = (told.get("License") or "").strip()
    if not names and free and "\n" not in free and len(free) <= NAME_AT_MOST:
        names = {free}
    return [{"license": {"name": one}} for one in sorted(names)]


def style_component(place: str, package: dict[str, Any]) -> dict[str, Any]:
    """A package of npm, whose licence is in the lock."""
    name, version = place.removeprefix("node_modules/"), package["version"]
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    licence = [{"expression": package["license"]}]
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": licence}


def bill(lock: str, project: dict[str, Any], style: dict[str, Any]) -> dict[str, Any]:
    """The bill of a product, with all packages of its lock, and those of its style that are not for its build alone."""
    components = [component(*found) for found in PACKAGE.findall(lock)]
    components += [style_component(place, one) for place, one in style.items() if place and not one.get("dev")]
    product = {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    contents = {"metadata": {"component": product}, "components": sorted(components, key=lambda one: one["bom-ref"])}
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(contents, sort_keys=True))
    begin = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return begin | contents


def main(lock: str, to: str, style_lock: str = "") -> None:
    """Read the locks and write the bill."""
    style = json.loads(Path(style_lock).read_text())["packages"] if style_lock else {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    target = Path(to)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(Path(lock).read_text(), project, style), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
