"""Builds one image: context, build, the check of the true version, labels."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from offline.images import artefacts, debian, recipes, substitutions
from offline.images.docker import BUILT, ORIGIN, Docker
from offline.images.recipes import FOLDER, Plan
from offline.steps import Step, StepFailed, step


class Builder:
    """Builds plans; layers that are there already are reused by Docker."""

    def __init__(self, docker: Docker) -> None:
        self._docker = docker

    def build(self, plan: Plan) -> None:
        """Build the image of a plan and give it its name and labels. A failure ends in SystemExit by its step."""
        suite = plan.release.suite
        base = debian.base(self._docker, suite)
        programs = [artefacts.go_program(name) for name in plan.recipe.modules]
        name = str(plan.reference)
        with step(f"build {name}", "from packages") as running, tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            arguments = {**plan.arguments, "BASE": base}
            self._fill(running, context, plan, programs, arguments)
            made = self._docker.build(running, context, arguments)
            version = self._true_version(plan, made)
            try:
                entry = recipes.substitution(plan.reference, plan.recipe, version)
            except ValueError as unnamed:
                raise StepFailed(str(unnamed)) from unnamed
            labels = {
                ORIGIN: BUILT,
                "strata.asked": name,
                "strata.version": version,
                "strata.contents": f"{debian.SUITES[suite]} {plan.release.package} {version}",
            }
            (context / "Dockerfile").write_text(f"FROM {made}\n")
            self._docker.build(running, context, {}, tag=name, labels=labels)
        if entry:
            print(substitutions.line(name, plan.recipe.product, version, entry.reason), flush=True)

    def _fill(self, running: Step, context: Path, plan: Plan, programs: list[Path], arguments: dict[str, str]) -> None:
        shutil.copytree(plan.recipe.folder, context, dirs_exist_ok=True)
        shutil.copytree(FOLDER / "shared", context, dirs_exist_ok=True)
        for program in programs:
            shutil.copytree(program, context, dirs_exist_ok=True)
        for file, template in plan.recipe.packages.items():
            shutil.copy(artefacts.npm_package(running, artefacts.npm_name(template, arguments)), context / file)
        for part, template in plan.recipe.sources.items():
            shutil.copytree(artefacts.go_source(artefacts.go_name(template, arguments)), context / part)
        for file in plan.recipe.settings:
            (context / file).write_text(artefacts.settings_file(file))

    def _true_version(self, plan: Plan, image: str) -> str:
        printed = self._docker.printed(image, plan.recipe.version_command)
        found = re.search(plan.recipe.version_pattern, printed)
        if found is None:
            raise StepFailed(f"{plan.reference}: no version in what the image says: {printed.strip()!r}")
        return found[0]
