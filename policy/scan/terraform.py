"""Terraform with the real AWS provider: its schema, and plans that only create, without account and network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy.scan import ROOT, ScanError
from policy.scan.environment import cache_folder
from policy.scan.kinds import Json, Kind, kinds_of
from policy.scan.precheck import answered

SOURCE, VERSION = "hashicorp/aws", "5.100.0"
MAP = ROOT / "offline" / "engine" / "providers" / "aws.json"
LAST_LINES = 25
PROVIDER: Mapping[str, Any] = {
    "access_key": "test", "secret_key": "test", "max_retries": 2, "skip_credentials_validation": True,
    "skip_metadata_api_check": True, "skip_region_validation": True, "skip_requesting_account_id": True,
    "s3_use_path_style": True,
}  # fmt: skip
"""Settings with which the provider plans without asking AWS anything but what `precheck` answers."""


@dataclass(frozen=True)
class Terraform:
    """The command, in a folder of the scan's own.

    `provider` is the folder with the provider's binary; with None Terraform gets it as the user's own CLI
    configuration says, from a mirror or its registry.
    """

    work: Path
    provider: Path | None

    def kinds(self) -> dict[str, Kind]:
        """Every type of the token map as the provider has it, by token. Raises ScanError."""
        mapped: dict[str, Json] = json.loads(MAP.read_text())["resources"]
        kept = cache_folder() / "checkov" / f"schema-{self._key(mapped)}.json"
        if not kept.is_file():
            folder = self.folder("schema", {})
            whole = json.loads(self._run(folder, "providers", "schema", "-json"))
            found = next(iter(whole["provider_schemas"].values()))["resource_schemas"]
            unfinished = kept.with_name(f".{kept.name}.{os.getpid()}")
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps({name: found[name] for name in mapped if name in found}))
            unfinished.replace(kept)
        return kinds_of(mapped, json.loads(kept.read_text()))

    def _key(self, mapped: Mapping[str, Any]) -> str:
        binary = sorted(self.provider.glob("terraform-provider-*")) if self.provider else []
        what = [VERSION, sorted(mapped), *((one.name, one.stat().st_size) for one in binary)]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:12]

    def plan(self, name: str, document: Mapping[str, Any], region: str) -> Path:
        """The plan of a document's resources, as JSON in a file. Raises ScanError with what Terraform says."""
        with answered() as place:
            folder = self.folder(name, document, region, {"sfn": place})
            self._run(folder, "plan", "-refresh=false", "-input=false", "-lock=false", "-out=plan.bin")
        path = folder / "plan.json"
        path.write_text(self._run(folder, "show", "-json", "plan.bin"))
        return path

    def folder(
        self, name: str, document: Mapping[str, Any], region: str = "eu-central-1",
        asked: Mapping[str, str] | None = None,
    ) -> Path:  # fmt: skip
        """A folder that holds a document as main.tf.json, beside the provider's block; `asked` are the places of
        AWS's services that the provider is to ask."""
        made = self.work / name
        made.mkdir(mode=0o700, parents=True)
        wanted: Json = {"source": SOURCE} if self.provider else {"source": SOURCE, "version": VERSION}
        whole = {
            "terraform": {"required_providers": {"aws": wanted}},
            "provider": {"aws": {"region": region, **PROVIDER, **({"endpoints": [asked]} if asked else {})}},
            **document,
        }
        (made / "main.tf.json").write_text(json.dumps(whole, indent=1))
        if self.provider is None:
            self._run(made, "init", "-input=false", "-backend=false")
        return made

    def _run(self, folder: Path, *words: str) -> str:
        command = shutil.which("terraform")
        if command is None:
            raise ScanError(
                "there is no `terraform` command on PATH: https://developer.hashicorp.com/terraform/install"
            )
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        environment = {**kept, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        if self.provider is not None:
            # The only source is this folder, so nothing can be downloaded, and what init would do has been done.
            config = folder / "terraform.rc"
            override = f'dev_overrides {{ "{SOURCE}" = {json.dumps(str(self.provider))} }}'
            config.write_text(f"provider_installation {{\n  {override}\n}}\n")
            environment["TF_CLI_CONFIG_FILE"] = str(config)
        words = (words[0], "-no-color", *words[1:]) if words[0] in ("plan", "init") else words
        done = subprocess.run(
            [command, *words], cwd=folder, env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            said = "\n".join(f"    {line}" for line in done.stderr.strip().splitlines()[-LAST_LINES:])
            raise ScanError(f"{folder.name}: `terraform {words[0]}` failed:\n{said}")
        return done.stdout


def _changes(path: Path) -> list[Json]:
    return json.loads(path.read_text()).get("resource_changes") or []


def planned(path: Path) -> list[str]:
    """The addresses that a plan creates."""
    return [str(one["address"]) for one in _changes(path) if one["change"]["actions"] == ["create"]]


def unknown_after(path: Path) -> list[str]:
    """The fields of a plan's resources whose values are known only after it is applied (`aws_vpc.network.arn`)."""
    found: list[str] = []
    for one in _changes(path):
        after: Json = one["change"].get("after_unknown") or {}
        found += [f"{one['address']}.{field}" for field, unknown in after.items() if unknown is True]
    return found
