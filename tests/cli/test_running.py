"""Running an update: Ctrl-C is waited for, and an error whose cause is known is told with what to do."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from strata.cli import running
from strata.cli.project import CommandFailed, Project

Pulumi = Callable[[str], Project]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    """A project, and a program in pulumi's place; `log` in it is where the event log is asked for."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")

    def put(source: str) -> Project:
        program = tmp_path / "pulumi"
        head = "import os, signal, sys, time\nlog = sys.argv[-1]\n"
        program.write_text(f"#!{sys.executable}\n{head}{textwrap.dedent(source)}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return Project(tmp_path, "dev")

    return put


def errors_of(message: str) -> str:
    return f"""
    import json
    said = {{"diagnosticEvent": {{"severity": "error", "message": {message!r}}}}}
    info = {{"diagnosticEvent": {{"severity": "info", "message": "no space left on device"}}}}
    open(log, "w").write(json.dumps(info) + "\\n" + json.dumps(said) + "\\n{{cut")
    sys.exit(255)
    """


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Error response from daemon: write /x: no space left on device", "docker system prune"),
        ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "make setup"),
        ("port is already allocated", ""),
    ],
)
def test_a_known_cause_is_told(pulumi: Pulumi, capfd: pytest.CaptureFixture[str], message: str, told: str) -> None:
    """By what the engine says is an error, whatever else its log holds; the exit code stays pulumi's."""
    project = pulumi(errors_of(message))
    with pytest.raises(CommandFailed) as failed:
        running.run(project, "docker", "up")
    assert (failed.value.code, failed.value.interrupted) == (255, False)
    said = capfd.readouterr()
    assert told in said.out and bool(said.out) == bool(told) and said.err == ""


@pytest.mark.parametrize(("event", "begun"), [("resOpFailedEvent", True), ("resourcePreEvent", False)])
def test_whether_an_update_failed_in_the_middle(pulumi: Pulumi, event: str, begun: bool) -> None:
    """Only then a release to go back to is of any use: a mistake in the description has changed nothing."""
    project = pulumi(f"""
    open(log, "w").write('{{"{event}": {{}}}}')
    sys.exit(255)
    """)
    with pytest.raises(CommandFailed) as failed:
        running.run(project, "docker", "up")
    assert failed.value.begun is begun


def test_what_could_not_be_removed_is_read_by_the_next_update(pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    project, doubted = pulumi("""
    import json
    failed = [("delete", "urn:1"), ("update", "urn:2")]
    open(log, "w").write("\\n".join(
        json.dumps({"resOpFailedEvent": {"metadata": {"op": op, "urn": urn}}}) for op, urn in failed
    ))
    sys.exit(255)
    """), list[tuple[Project, set[str]]]()  # fmt: skip
    monkeypatch.setattr(running.take_up, "doubt", lambda project, urns: doubted.append((project, {*urns})))
    with pytest.raises(CommandFailed):
        running.run(project, "none", "destroy")
    assert doubted == [(project, {"urn:1"})]


def test_a_wrong_passphrase_is_told(
    pulumi: Pulumi, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi refuses before it begins, so there is no log."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    project = pulumi("sys.exit('error: incorrect passphrase')")
    with pytest.raises(CommandFailed):
        running.run(project, "docker", "up")
    said = capfd.readouterr().err
    assert "$PULUMI_CONFIG_PASSPHRASE is not the passphrase that shop/dev was made with" in said
    assert "export PULUMI_CONFIG_PASSPHRASE_FILE=FILE" in said


@pytest.mark.parametrize(("own", "seen"), [({}, "400 1GiB"), ({"GOGC": "50"}, "50 1GiB")])
def test_pulumi_gets_what_suits_the_target(
    pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: dict[str, str], seen: str
) -> None:
    """Where the user has not chosen himself."""
    for key in ("GOGC", "GOMEMLIMIT"):
        monkeypatch.delenv(key, raising=False)
    for key, value in own.items():
        monkeypatch.setenv(key, value)
    told = tmp_path / "told"
    source = f"open({str(told)!r}, 'a').write(' '.join(os.environ.get(key, '-') for key in ('GOGC', 'GOMEMLIMIT')))"
    running.run(pulumi(source), "docker", "up")
    assert told.read_text() == seen
    told.unlink()
    running.run(pulumi(source), "aws", "up")
    assert told.read_text() == f"{own.get('GOGC', '-')} -", "it gains nothing there, and takes 0.6 GB"


def test_ctrl_c_is_waited_for(pulumi: Pulumi, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Pulumi ends what it has begun, which takes longer than the quarter of a second that Python itself would wait."""
    ready, settled = tmp_path / "ready", tmp_path / "settled"
    project = pulumi(f"""
        def ends(*_):
            time.sleep(1)
            open({str(settled)!r}, "w").close()
            sys.exit(255)
        signal.signal(signal.SIGINT, ends)
        open({str(ready)!r}, "w").close()
        time.sleep(60)
    """)

    def press() -> None:
        while not ready.exists():
            time.sleep(0.05)
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for process in [*map(int, children), os.getpid()]:
            os.kill(process, signal.SIGINT)

    # A shell's background job ignores Ctrl-C, and so would these tests when they run in one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(CommandFailed) as failed:
        running.run(project, "none", "up")
    presser.join()
    signal.signal(signal.SIGINT, before)
    assert failed.value.interrupted and settled.exists()
    assert "the same command goes on from here" in capfd.readouterr().err
