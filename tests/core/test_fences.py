"""What the parts of the project may know of each other, read from the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.core import catalog

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".venv", "node_modules"}


def sources(*folders: str) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not NOT_OURS & {*path.relative_to(ROOT).parts}
    ]
    assert found, f"nothing under {folders}: the fence would hold nothing"
    return found


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources("components/model"), ids=relative)
def test_the_model_imports_no_pulumi_and_nothing_of_the_project_but_itself(path: Path) -> None:
    for name in imported(tree(path)):
        head = name.split(".")[0]
        assert not head.startswith("pulumi"), name
        assert head not in {"infra", "strata", "systems", "apps", "offline"}, name
        assert head != "components" or name.startswith("components.model"), name


@pytest.mark.parametrize("path", sources("components/core", "components/tiers", "infra"), ids=relative)
def test_core_tiers_and_program_import_no_provider(path: Path) -> None:
    for name in imported(tree(path)):
        assert not name.startswith(("pulumi_", "docker", "boto")), name
        assert not name.startswith("components.targets."), name


CHECKED_WITHOUT_PULUMI = [
    "components/core/check.py", "components/core/describe.py", "components/core/undescribe.py",
    "components/core/schema.py", "components/core/resolve.py", "components/core/settings_files.py",
    "components/core/catalog.py", "components/core/environment.py", "components/targets/docker/checks.py",
    "components/targets/docker/image_names.py", "components/targets/docker/dockerfile.py",
    "components/targets/aws/checks.py", "components/targets/aws/settings.py", "components/targets/aws/options.py",
    "components/targets/aws/notes.py", "components/targets/aws/written.py",
    "components/targets/aws/subnets.py", "components/targets/aws/fargate.py", "components/targets/aws/cache_sizes.py",
    "components/targets/aws/names.py", "components/targets/aws/advice.py",
]  # fmt: skip


@pytest.mark.parametrize("name", CHECKED_WITHOUT_PULUMI)
def test_what_a_check_needs_is_pure(name: str) -> None:
    heads = {found.split(".")[0] for found in imported(tree(ROOT / name))}
    assert not [head for head in heads if head.startswith(("pulumi", "boto"))]


OUTSIDE = [
    path
    for path in sources("components", "infra", "strata", "systems")
    if "components/targets/" not in relative(path) and relative(path) not in {"strata/__init__.py"}
]


@pytest.mark.parametrize("path", OUTSIDE, ids=relative)
def test_nobody_outside_targets_names_one(path: Path) -> None:
    targets = set(catalog.targets()) | {"docker", "aws", "swarm"}
    module = tree(path)
    defaults = {
        id(keyword.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Field"
        for keyword in node.keywords
        if keyword.arg == "default"
    }
    # The one place that says where a stack runs whose settings do not.
    defaults |= {id(node.value) for node in ast.walk(module) if ast.unparse(node).startswith("DEFAULT_TARGET = ")}  # type: ignore[attr-defined]
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and node.value in targets and id(node) not in defaults:
            pytest.fail(f"line {node.lineno} names the target {node.value!r}")
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            assert not any(name == f"{target.title()}Target" for target in targets), f"line {node.lineno}: {name}"
    for name in imported(module):
        assert not name.startswith("components.targets."), name


OURS = (
    "components", "infra", "strata", "systems", "policy", "offline", "rehearsal", "drills", "bench", "apps", "tests",
)  # fmt: skip


@pytest.mark.parametrize("path", sources(*OURS), ids=relative)
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def components_in(path: Path) -> list[ast.ClassDef]:
    bases = ("ComponentResource",)
    return [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith(bases) for base in node.bases)
    ]


def registrations(node: ast.AST) -> list[ast.Call]:
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "register_outputs"
    ]


FILLED_FROM_OUTSIDE = {"Node": "components/tiers/tier.py", "Written": "components/targets/docker/container.py"}
"""Components whose children somebody else makes: that module registers their outputs, once, when it has made them."""


@pytest.mark.parametrize(
    ("path", "component"),
    [(path, found) for path in sources("components") for found in components_in(path)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_every_component_registers_its_outputs_once_and_last(path: Path, component: ast.ClassDef) -> None:
    made = next(node for node in component.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    if component.name in FILLED_FROM_OUTSIDE:
        assert relative(path) == FILLED_FROM_OUTSIDE[component.name]
        variables = {
            assigned.targets[0].id
            for assigned in ast.walk(tree(path))
            if isinstance(assigned, ast.Assign)
            and isinstance(assigned.targets[0], ast.Name)
            and isinstance(assigned.value, ast.Call)
            and ast.unparse(assigned.value.func) == component.name
        }
        outside = [call for call in registrations(tree(path)) if ast.unparse(call.func.value) in variables]
        assert len(outside) == 1
        return
    assert len(registrations(made)) == 1
    assert registrations(made.body[-1]), f"{component.name}: register_outputs is not the last statement"


def test_the_fence_of_components_sees_them() -> None:
    found = {component.name for path in sources("components") for component in components_in(path)}
    assert {"SystemStack", "Tier", "Node", "Foundation"} <= found


def resource_calls(module: ast.Module) -> Iterator[ast.Call]:
    """Calls that make a resource: of a provider's SDK, of Pulumi's own, and of the folder's own resource classes."""
    sdk = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.startswith("pulumi_")
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        head, _, last = name.rpartition(".")
        if (head.split(".")[0] in sdk and last[:1].isupper() and not last.endswith("Args")) or name == "pulumi.Stash":
            yield node


@pytest.mark.parametrize("path", sources("components/targets"), ids=relative)
def test_every_resource_of_a_target_has_options(path: Path) -> None:
    for call in resource_calls(tree(path)):
        assert any(keyword.arg == "opts" for keyword in call.keywords), f"line {call.lineno}: {ast.unparse(call.func)}"


def test_the_fence_of_resources_sees_them() -> None:
    names = {ast.unparse(call.func) for path in sources("components/targets") for call in resource_calls(tree(path))}
    assert {"docker.Container", "docker.Network", "docker.Volume", "docker.RemoteImage", "pulumi.Stash"} <= names


def test_the_project_names_no_machine() -> None:
    for path in sources("components", "infra", "strata", "systems"):
        text = path.read_text()
        for part in ("/work/", "/root/", "/home/"):
            assert part not in text, f"{relative(path)} holds {part}"


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("strata.cli.lifecycle", {"pydantic", "pulumi", "rich"}),
        ("components.targets.docker.ready", {"pydantic", "docker"}),
        ("strata", {"pydantic", "pulumi"}),
    ],
)
def test_what_every_update_loads_is_little(module: str, without: set[str]) -> None:
    """Each of these takes a tenth of a second and more, and an update waits for it."""
    code = f"import sys, {module}; print(*sorted({without!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_every_public_name_is_there() -> None:
    import strata

    assert {name: getattr(strata, name).__module__ for name in strata._PLACES} == strata._PLACES
    assert set(strata.__all__) < set(strata._PLACES)
    with pytest.raises(AttributeError, match="no attribute 'Servise'"):
        strata.Servise  # noqa: B018
