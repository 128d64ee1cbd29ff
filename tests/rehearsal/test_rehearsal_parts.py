"""The parts of a rehearsal that need neither Docker nor an emulator."""

from __future__ import annotations

import ast
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from components.core.settings_files import read_stack
from rehearsal import proofs
from rehearsal.critical_path import Spans
from rehearsal.lacking import VARIANTS, parts
from rehearsal.ministack.query import structure, xml
from rehearsal.ministack.scaling import Scaling
from rehearsal.ministack.shapes import KEYS, Checked, environment, health, learn, matches
from rehearsal.place import CannotRehearse, failures
from rehearsal.proofs import STEPS, document, proof
from rehearsal.rehearse import Rehearsal
from rehearsal.show import NotProven, Steps
from rehearsal.stack import follow, waits
from rehearsal.traffic import Traffic
from strata.cli.project import Project
from tests.integration.harness import ROOT

AWS = "http://172.20.0.2:4566"


def test_the_document_says_what_the_tables_say() -> None:
    """If it fails: python -m rehearsal.proofs > docs/rehearsal.md"""
    assert (ROOT / "docs" / "rehearsal.md").read_text() == document()


def test_every_step_of_the_table_is_a_step_of_the_harness_and_the_other_way_round() -> None:
    tree = ast.parse((ROOT / "rehearsal" / "rehearse.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "run"]
    calls += [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "run"]
    named = {str(one.args[0].value) for one in calls if one.args and isinstance(one.args[0], ast.Constant)}
    assert named - {"init"} == STEPS.keys()


def test_a_step_without_a_proof_is_not_run() -> None:
    with pytest.raises(KeyError):
        Steps().run("something else", lambda: "")
    assert proof("api killed") == STEPS["api killed"]


def test_after_a_failure_only_what_runs_in_any_case_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> str:
        raise NotProven("no answer")

    steps = Steps()
    assert not steps.run("pulumi up", wrong)
    assert not steps.run("second preview", lambda: "no change")
    assert steps.run("nothing left", lambda: "nothing", always=True)
    assert not steps.good
    assert [(one.name, one.good, one.said) for one in steps.done] == [
        ("pulumi up", False, "NotProven: no answer"), ("nothing left", True, "nothing"),
    ]  # fmt: skip
    assert "[rehearse] pulumi up ... FAILED" in capsys.readouterr().out


def test_the_stack_file_leaves_out_what_the_emulator_lacks() -> None:
    own = read_stack(ROOT, "rehearsal")
    assert own["aws"]["parts"] == parts("ministack")
    assert own["services"] == {"cache": {"tls": "off"}, "jobs": {"variant": "container"}}


def test_what_stays_open_is_in_the_document() -> None:
    assert all(f"| {what} |" in document() for what in proofs.OPEN)


def test_what_the_emulator_could_not_start_is_read_from_its_log() -> None:
    said = "ElastiCache: Docker failed for redis: 404 Client Error: no such image: valkey/valkey:8.0-alpine"
    log = f"""\
2026-11-25 09:12:00,101 INFO [elasticache] ElastiCache: started redis container cache at 172.20.0.5:6379
2026-11-25 09:12:02,101 WARNING [elasticache] {said}
2026-11-25 09:12:03,000 WARNING [ecs] slow: [x] a task
"""
    assert failures(log) == [said]


def test_polar_runs_its_redis_as_a_container_there() -> None:
    own = read_stack(ROOT / "systems" / "polar", "rehearsal")
    assert own["services"] == {"redis": {"variant": "container"}}
    assert any(one.what.startswith("Redis as Valkey") and one.emulator == "ministack" for one in VARIANTS)


def test_s3_is_the_emulator_and_nothing_else_is() -> None:
    found = environment(
        {
            "AWS_ENDPOINT_URL": AWS, "S3_ENDPOINT_URL": "https://s3.eu-central-1.amazonaws.com:443",
            "S3_FORCE_PATH_STYLE": "false", "OTHER": "https://example.com", "ORDERS_FORCE_PATH_STYLE": "false",
        }
    )  # fmt: skip
    assert found == {
        **KEYS, "AWS_ENDPOINT_URL": AWS, "S3_ENDPOINT_URL": AWS, "S3_FORCE_PATH_STYLE": "true",
        "OTHER": "https://example.com", "ORDERS_FORCE_PATH_STYLE": "false",
    }  # fmt: skip


def test_a_health_check_in_dockers_words() -> None:
    found = health({"command": ["CMD", "true"], "interval": 5, "timeout": 2, "retries": 3, "startPeriod": 30})
    assert found == {
        "test": ["CMD", "true"], "interval": 5 * 10**9, "timeout": 2 * 10**9, "retries": 3, "start_period": 30 * 10**9,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "codes", "good"),
    [(200, "200", True), (201, "200", False), (204, "200,204", True), (399, "200-399", True), (400, "200-399", False)],
)
def test_a_matcher(status: int, codes: str, good: bool) -> None:
    assert matches(status, codes) is good


def states(answers: str, healthy: int = 2, unhealthy: int = 3, interval: int = 4) -> list[str]:
    """What a target is after each answer: `+` a good one, `-` a bad one."""
    known, found = Checked(), list[str]()
    for answer in answers:
        learn(known, answer == "+", healthy, unhealthy, interval)
        found.append(known.state)
    return found


def test_a_target_is_healthy_after_its_first_good_answer_and_later_after_several() -> None:
    assert states("--+") == ["initial", "initial", "healthy"]
    assert states("+--+") == ["healthy"] * 4
    assert states("+---++") == ["healthy", "healthy", "healthy", "unhealthy", "unhealthy", "healthy"]


def test_a_new_target_has_as_long_as_its_checks_take() -> None:
    assert states("-" * 12) == ["initial"] * 11 + ["unhealthy"]


def test_what_is_left_out_is_in_the_table_with_its_reason() -> None:
    steps = Steps()
    steps.leave_out(["a new version rolled out"], "shop has no gateway")
    table = steps.table("Rehearsal")
    assert [[*column.cells] for column in table.columns] == [
        ["a new version rolled out"], ["left out"], [""], ["shop has no gateway"],
    ]  # fmt: skip
    with pytest.raises(KeyError):
        steps.leave_out(["something else"], "why")


def test_events_are_followed_as_they_are_written(tmp_path: Path) -> None:
    log, spans, ended = tmp_path / "events", Spans(), threading.Event()
    follower = threading.Thread(target=follow, args=(log, spans, ended))
    follower.start()
    lines = [
        json.dumps({name: {"metadata": {"urn": "a", "op": "create"}}}) + "\n"
        for name in ("resourcePreEvent", "resOutputsEvent")
    ]
    with log.open("w") as stream:
        for part in (lines[0], lines[1][:9], lines[1][9:]):
            stream.write(part)
            stream.flush()
            time.sleep(0.2)
    ended.set()
    follower.join()
    assert 0.2 <= spans.durations()["a"] < 10


def test_long_waits_are_shown() -> None:
    text = (
        " +  aws:rds:Instance db-instance created (83s)\n +  aws:ec2:Vpc vpc created (3s)\n"
        " +  pulumi:pulumi:Stack starter-rehearsal created (140s)\n"
    )
    assert waits(text) == ["db-instance 83 s"]


def test_lost_requests_are_told_apart() -> None:
    door: Any = None
    traffic = Traffic(door, "/")
    traffic.lost.update({'503 {"message": "1 targets are registered, none is healthy"}': 2, "500 Internal": 3})
    assert (traffic.by_emulator(), traffic.by_application()) == (2, 3)


LONELY = """
from strata import *
system = System("lonely", app=[Service("api", image=Build("apps/demo"), port=8000)])
"""
AT = {"endpoint": "http://127.0.0.1:4599", "registry": "127.0.0.1:5599"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (AT, r"lonely has not the services web, worker, which"),
        ({"endpoint": AT["endpoint"]}, r"strata:aws\.registry is not set: .* 127\.0\.0\.1"),
        (
            {**AT, "endpoint": "http://10.0.0.7:4566"},
            r"strata:aws\.endpoint is http://10\.0\.0\.7:4566: .* 127\.0\.0\.1",
        ),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_before_anything_is_started(
    given: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lonely_system.py").write_text(LONELY)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: lonely\nruntime: python\n")
    base = {"strata:system": "lonely_system", "strata:target": "aws", "strata:aws": {"region": "eu-central-1"}}
    (tmp_path / "Pulumi.prod.yaml").write_text(json.dumps({"config": base}))
    own = {"strata:extends": "prod", "strata:aws": given}
    (tmp_path / "Pulumi.rehearsal.yaml").write_text(json.dumps({"config": own}))
    with pytest.raises(CannotRehearse, match=expected):
        Rehearsal(Project(tmp_path, "rehearsal")).run()


def test_the_query_protocol_there_and_back() -> None:
    asked = {
        "AlarmName": ["a & b"], "Dimensions.member.2.Name": "second", "Dimensions.member.1.Name": "first",
        "Metrics.member.1.Id": "m", "Metrics.member.1.MetricStat.Metric.Namespace": "AWS/ECS",
    }  # fmt: skip
    found = structure(asked)
    assert found == {
        "AlarmName": "a & b", "Dimensions": [{"Name": "first"}, {"Name": "second"}],
        "Metrics": [{"Id": "m", "MetricStat": {"Metric": {"Namespace": "AWS/ECS"}}}],
    }  # fmt: skip
    assert xml({"N": found["AlarmName"], "D": found["Dimensions"], "On": True, "No": None}) == (
        "<N>a &amp; b</N><D><member><Name>first</Name></member><member><Name>second</Name></member></D><On>true</On>"
    )


def test_scaling_keeps_what_it_is_asked_for() -> None:
    scaling = Scaling("eu-central-1")
    where = {"ServiceNamespace": "ecs", "ResourceId": "service/a/b", "ScalableDimension": "ecs:service:DesiredCount"}
    policy = {**where, "PolicyName": "queue", "PolicyType": "TargetTrackingScaling"}
    assert scaling.answer("PutScalingPolicy", policy)[0] == 400, "AWS wants a target first"
    arn = scaling.answer("RegisterScalableTarget", {**where, "MinCapacity": 1, "Tags": {"a": "b"}})[1]
    assert scaling.answer("RegisterScalableTarget", {**where, "MinCapacity": 2, "MaxCapacity": 9})[1] == arn
    [target] = scaling.answer("DescribeScalableTargets", {"ResourceIds": ["service/a/b"]})[1]["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 9)
    assert scaling.answer("DescribeScalableTargets", {"ResourceIds": ["service/a/c"]})[1]["ScalableTargets"] == []
    assert scaling.answer("ListTagsForResource", {"ResourceARN": target["ScalableTargetARN"]})[1] == {
        "Tags": {"a": "b"}
    }
    assert scaling.answer("PutScalingPolicy", policy)[0] == 200
    assert len(scaling.answer("DescribeScalingPolicies", {"PolicyNames": ["queue"]})[1]["ScalingPolicies"]) == 1
    scaling.answer("DeleteScalingPolicy", policy)
    assert scaling.answer("DescribeScalingPolicies", {})[1]["ScalingPolicies"] == []
    assert scaling.answer("DeregisterScalableTarget", where)[0] == 200
    assert scaling.answer("DeregisterScalableTarget", where)[0] == 400
    assert scaling.answer("PutScheduledAction", where)[0] == 400
