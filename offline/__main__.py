"""What `make` calls before the project's own commands: `python -m offline engine|aws|docker|images|compose`.

The ordinary way comes first everywhere: a pulumi, a Docker or a registry that is there is used, and then nothing here
does anything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from strata.cli.project import Project

HERE = Path(__file__).resolve().parent.parent
VENV = HERE / ".venv"


def engine(plugin: str) -> int:
    """A pulumi command: the user's own, else its installer's, which fetch their plugins; else built from Go modules,
    with the plugin."""
    python = [sys.executable, "-m", "offline.engine"]
    needed = subprocess.run([*python, "needed"], cwd=HERE, check=False).returncode == 0
    if needed:
        return _call([*python, "ensure", "--venv", str(VENV), "--plugin", plugin])
    return _ordinary()


def _call(command: list[str]) -> int:
    return subprocess.run(command, cwd=HERE, check=False).returncode


def _ordinary() -> int:
    from strata.cli.project import PlainError, pulumi

    try:
        pulumi()
    except PlainError:
        from pulumi.automation import PulumiCommand

        print("[set-up] pulumi from its own site, into ~/.pulumi (about 1 min) ...", flush=True)
        PulumiCommand.install(root=str(Path.home() / ".pulumi"))
    return 0


def images(system: str, stack: str, monitoring: bool, for_tests: bool) -> int:
    """The images that a system needs: pulled where a registry serves them, else built.

    `monitoring` adds those of a monitoring that the stack's settings have off; `for_tests` changes no settings.
    """
    from components.core.settings_files import local_file
    from components.model.problems import DescriptionError
    from strata.cli.project import Project, project_folder

    project = Project(project_folder(system), stack)
    try:
        names = _wanted(project, monitoring)
    except DescriptionError as wrong:
        print(f"strata: {wrong}", file=sys.stderr)
        return 1
    if not names:
        return 0
    folder = project.folder
    done = subprocess.run(
        [sys.executable, "-m", "offline.images", "ensure", *names],
        cwd=HERE,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout, end="")
    missing = [line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("unavailable: ")]
    grafana = [name for name in missing if "grafana/grafana" in name]
    if grafana and not for_tests:
        path = local_file(folder, stack)
        _leave_out_grafana(path, grafana[0])
    if grafana:
        missing = [name for name in missing if name not in grafana]
    if missing or (done.returncode and not grafana):
        print(f"[set-up] these images cannot be had here: {', '.join(missing) or 'see above'}", file=sys.stderr)
        return 1
    return _call([sys.executable, "-m", "offline.images", "substitutions", *names])


def _wanted(project: Project, monitoring: bool) -> list[str]:
    from components.core import catalog
    from components.core.load import load_system
    from components.core.resolve import resolve
    from components.core.settings import MonitoringSettings
    from strata.cli.stack import settings_of

    settings = settings_of(project)
    if monitoring:
        chosen = settings.monitors(enabled_by_default=True)
        settings = settings.model_copy(update={"monitoring": MonitoringSettings(enabled=True, grafana=chosen.grafana)})
    return sorted(set(catalog.images(settings.target, resolve(load_system(settings.system), settings))))


def _leave_out_grafana(path: Path, image: str) -> None:
    content: dict[str, Any] = (yaml.safe_load(path.read_text()) if path.is_file() else None) or {}
    config: dict[str, Any] = content.setdefault("config", {})
    monitoring = config.get("strata:monitoring")
    chosen: dict[str, Any] = dict(monitoring) if isinstance(monitoring, dict) else {"enabled": monitoring is not False}  # pyright: ignore[reportUnknownArgumentType]
    config["strata:monitoring"] = {**chosen, "grafana": False}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    print(f"[set-up] {image} cannot be had here; set strata:monitoring.grafana to false in {path.name} (git-ignored)")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m offline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("engine")
    commands.add_parser("aws")
    commands.add_parser("docker")
    commands.add_parser("compose")
    chosen = commands.add_parser("images")
    chosen.add_argument("--system", default="starter")
    chosen.add_argument("--stack", default="dev")
    chosen.add_argument("--monitoring", action="store_true")
    chosen.add_argument("--for-tests", action="store_true")
    args = parser.parse_args()
    if args.command in {"engine", "aws"}:
        return engine("aws" if args.command == "aws" else "docker")
    if args.command == "images":
        return images(args.system, args.stack, args.monitoring, args.for_tests)
    word = "daemon" if args.command == "docker" else "compose"
    return _call([sys.executable, "-m", "offline.images", word])


if __name__ == "__main__":
    sys.exit(main())
