"""strata check and strata schema, as a person runs them."""

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from strata.cli import COMMANDS, app

ROOT = Path(__file__).resolve().parents[2]

SYSTEM = """from strata import *
token = Secret("token", source="config")
db = Postgres("db", version="16", publish=[5432])
api = Service("api", image="me/api:1", port=80, needs=[db], secrets={"API_TOKEN": token}, environment={"MODE": "x"},
              publish=[Publish(8000, 80, bind="0.0.0.0")])
job = Task("job", image="me/api:1", needs=[db], secrets_as="files")
system = System("shop", [db], app=[api, job])
"""
DEV = "config:\n  strata:system: {module}\n  strata:secrets: {{token: {{secure: AAA}}}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A project with one right stack, its module's name the test's own because modules stay imported."""
    module = f"shop_{zlib.crc32(request.node.name.encode())}"
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nmain: infra\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(DEV.format(module=module))
    (tmp_path / f"{module}.py").write_text(SYSTEM)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def text(result: Result) -> str:
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


EXPECTED = """shop dev OK on docker, version VERSION
  data
    db   Postgres  16; host port 5432; volume db-data (critical)
  app
    api  Service   me/api:1; port 80; host port 0.0.0.0:8000 to 80; needs db
    job  Task      me/api:1; needs db

  environment keys (* secret)
    api  db           DATABASE_URL* DATABASE_HOST DATABASE_PORT DATABASE_USER DATABASE_PASSWORD*
                      DATABASE_NAME
         environment  MODE
         secrets      API_TOKEN*
    job  db           DATABASE_URL_FILE* DATABASE_HOST DATABASE_PORT DATABASE_USER
                      DATABASE_PASSWORD_FILE* DATABASE_NAME

  secrets
    db-password (generated)
    token (settings)"""


def test_a_right_stack(project: Path) -> None:
    result = run("check")
    data = json.loads(run("check", "--json").stdout)
    assert text(result) == EXPECTED.replace("VERSION", data["stacks"]["dev"]["version"])
    assert result.exit_code == 0


def test_a_folder_below_the_project_will_do(project: Path) -> None:
    (project / "docs").mkdir()
    assert run("check", "--project", str(project / "docs")).exit_code == 0


@pytest.mark.parametrize("width", ["40", "60", "200"])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut(
    project: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = text(run("check"))
    assert max(map(len, shown.splitlines())) <= int(width)
    assert "…" not in shown
    assert "\x1b" not in shown


def test_problems_of_all_stacks_come_together_and_end_with_1(project: Path) -> None:
    module = next(project.glob("shop_*.py")).stem
    (project / "Pulumi.prod.yaml").write_text(
        f"config:\n  strata:system: {module}\n  strata:services: {{apj: {{}}, db: {{memory: '1'}}}}\n"
    )
    (project / "Pulumi.test.yaml").write_text(f"config:\n  strata:system: {module}\n")
    result = run("check")
    shown = " ".join(text(result).split())
    assert result.exit_code == 1
    assert "shop dev OK on docker" in shown
    assert "shop prod 2 problems" in shown
    assert "settings: strata:services.apj: the system has no such service; did you mean 'api'?" in shown
    assert "db (Postgres): memory: given '1'; allowed is a number with a unit B, KB, MB or GB, such as '512MB'" in shown
    assert "shop test 1 problem" in shown
    assert (
        "token (Secret): source: this stack has no value for it; "
        "set one: pulumi config set --secret --path strata:secrets.token VALUE"
    ) in shown
    assert shown.endswith("prod and test: not right yet. The other stacks are OK.")


def test_the_same_problem_in_several_stacks_is_told_once(project: Path) -> None:
    for name in ("prod", "test"):
        (project / f"Pulumi.{name}.yaml").write_text("config:\n  strata:system: nothing\n")
    assert text(run("check")).count("there is no such module") == 1
    assert "shop prod and test 1 problem" in text(run("check"))


def test_stacks_that_come_to_the_same_are_shown_once(project: Path) -> None:
    (project / "Pulumi.prod.yaml").write_text((project / "Pulumi.dev.yaml").read_text())
    shown = text(run("check"))
    assert "the same as dev" in shown
    assert shown.count("me/api:1; needs db") == 1


def test_a_wrong_description_says_where(project: Path) -> None:
    module = next(project.glob("shop_*.py"))
    module.write_text('from strata import *\n\ndb = Postgres("db", memroy="1GB")\n')
    result = run("check")
    assert text(result).splitlines()[:3] == [
        "shop dev 1 problem",
        "  - db (Postgres): memroy: there is no such field; did you mean 'memory'?",
        f'    {module.name}:3: db = Postgres("db", memroy="1GB")',
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("def f(x):\n    return x.nothing\nf(1)\n", "AttributeError: 'int' object has no attribute 'nothing'", 2),
        ("import strata\nstrata.Nothing\n", "AttributeError: module 'strata' has no attribute 'Nothing'", 2),
        ("a = (\n", "SyntaxError: '(' was never closed", 1),
        ("import nothing_here\n", "ModuleNotFoundError: No module named 'nothing_here'", 1),
    ],
)
def test_any_other_mistake_is_shown_with_its_line_and_no_traceback(
    project: Path, code: str, message: str, line: int
) -> None:
    module = next(project.glob("shop_*.py"))
    module.write_text(code)
    result = run("check")
    shown = " ".join(text(result).split())
    assert f"{module.stem}: {message} " in shown
    assert f"{module.name}:{line}: {code.splitlines()[line - 1].strip()}" in shown
    assert "Traceback" not in shown
    assert result.exit_code == 1


def test_json(project: Path) -> None:
    data = json.loads(run("check", "--json").stdout)
    assert data["project"] == "shop"
    found = data["stacks"]["dev"]
    assert (found["ok"], found["target"], found["problems"]) == (True, "docker", [])
    assert found["description"]["system"] == "shop"
    assert found["environment"]["api"][-1] == {"name": "API_TOKEN", "source": "secrets", "secret": True, "file": False}
    assert found["secrets"] == {"db-password": "generated", "token": "settings"}
    (project / "Pulumi.dev.yaml").write_text("config:\n  strata:taget: x\n  strata:system: a\n")
    result = run("check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["stacks"]["dev"]["problems"] == [
        {"where": "settings", "field": "strata:taget", "text": "there is no such setting; did you mean 'target'?"}
    ]


def test_a_right_stack_may_still_have_something_to_say(project: Path) -> None:
    module = next(project.glob("shop_*.py")).stem
    system = "from strata import *\nsystem = System('shop', [Postgres('db')])\n"
    (project / f"{module}.py").write_text(system)
    (project / "Pulumi.dev.yaml").write_text(
        f"config:\n  strata:system: {module}\n  strata:target: aws\n"
        "  strata:aws: {region: eu-central-1, notify: ops@example.com, parts: {budget: off, dashboard: off}}\n"
    )
    said = "optional parts that are off: dashboard, budget"
    assert text(run("check")).endswith(f"notes\n    {said}")
    assert json.loads(run("check", "--json").stdout)["stacks"]["dev"]["notes"] == [said]


def test_images(project: Path) -> None:
    result = run("check", "--images")
    assert result.stdout.splitlines() == ["postgres:16", "me/api:1"]
    (project / "Pulumi.dev.yaml").write_text("config:\n  strata:taget: x\n  strata:system: a\n")
    result = run("check", "--images", "--stack", "dev")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "strata:taget" in result.stderr


def test_the_clones_own_settings_count(project: Path) -> None:
    (project / "Pulumi.dev.local.yaml").write_text("config:\n  strata:services: {db: {version: '15'}}\n")
    assert run("check", "--images").stdout.splitlines()[0] == "postgres:15"


def test_a_stack_that_is_not_there(project: Path) -> None:
    result = run("check", "--stack", "dve")
    assert result.exit_code == 1
    assert "given 'dve'; there is no Pulumi.dve.yaml; did you mean 'dev'?" in result.stderr


def test_the_schema_is_that_of_the_projects_system(project: Path) -> None:
    schema = json.loads(run("schema").stdout)
    services = schema["properties"]["config"]["properties"]["strata:services"]
    assert list(services["properties"]) == ["db", "api", "job"]
    assert json.loads(run("schema", "--outputs").stdout)["title"] == "Outputs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_says_what_it_does(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Usage: strata {name}" in result.stdout.replace("root", "strata")


def test_an_unknown_command_is_told_the_nearest() -> None:
    assert "'check'" in run("chekc").output


def test_a_check_imports_neither_pulumi_nor_docker_nor_what_other_commands_need(project: Path) -> None:
    code = (
        "import sys; from strata.cli import app; app(['check'], standalone_mode=False); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'pulumi', 'pulumi_docker', 'docker', 'grpc'}), "
        "'strata.cli.lifecycle' in sys.modules, 'strata.cli.schema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env={"PYTHONPATH": f"{project}:{ROOT}"},
                          check=False, capture_output=True, text=True)  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["[] False False"], done.stderr


def test_a_schedule_says_when_it_runs(project: Path) -> None:
    module = next(project.glob("shop_*.py"))
    module.write_text(SYSTEM.replace("Task(", "Schedule(").replace('"job",', '"job", cron="30 2 * * MON-FRI",'))
    found = text(run("check"))
    assert "job  Schedule  me/api:1; at 30 2 * * MON-FRI UTC, overlap forbid; needs db" in found
