"""Alarms: what CloudWatch is asked to measure, whom it tells, and what the profile leaves out."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.targets.aws.alarms import any_of, grouped
from strata import Redis, Service, Task
from tests.targets.aws.stage import ACCOUNT, REGION, put, statements
from tests.targets.aws.watched import EVERY, cache, whole

ALARM, COMPOSITE = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:Topic/watch-topic"


def test_an_alarm_on_one_metric() -> None:
    alarm = whole()["db-storage-alarm"]
    assert {key: value for key, value in alarm.inputs.value.items() if key not in ("tags", "alarmDescription")} == {
        "name": "shop-prod-db-storage", "namespace": "AWS/RDS", "metricName": "FreeStorageSpace",
        "dimensions": {"DBInstanceIdentifier": "db-instance-identifier"}, "statistic": "Average", "period": 60,
        "evaluationPeriods": 15, "comparisonOperator": "LessThanThreshold", "threshold": 1024**3,
        "treatMissingData": "missing", "alarmActions": [TOPIC], "okActions": [TOPIC],
    }  # fmt: skip
    assert alarm["alarmDescription"].startswith("page: db is nearly full")


def test_an_alarm_on_a_percentile_and_one_on_an_expression() -> None:
    ran = whole()
    latency, running = ran["api-latency-alarm"], ran["api-running-alarm"]
    assert (latency["extendedStatistic"], latency.get("statistic")) == ("p95", None)
    assert (latency["period"], latency["evaluationPeriods"], latency["evaluateLowSampleCountPercentiles"]) == (
        300, 3, "ignore",
    )  # fmt: skip
    where = {"ClusterName": "shop-prod", "ServiceName": "api"}
    assert running["metricQueries"] == [
        {
            "id": key, "returnData": False,
            "metric": {
                "namespace": "ECS/ContainerInsights", "metricName": name, "dimensions": where, "period": 60,
                "stat": "Average",
            },
        }
        for key, name in (("desired", "DesiredTaskCount"), ("running", "RunningTaskCount"))
    ] + [{"id": "result", "expression": "desired - running", "returnData": True}]  # fmt: skip
    assert (running["evaluationPeriods"], running["treatMissingData"]) == (10, "breaching")
    assert running.get("metricName") is None and running.get("period") is None


def test_dimensions_are_those_of_what_was_made() -> None:
    ran = whole()
    assert ran["cache-memory-alarm"]["dimensions"] == {"CacheClusterId": "cache-cache-id-001"}
    assert ran["jobs.mail-length-alarm"]["dimensions"] == {
        "Broker": ran["jobs-broker"]["brokerName"], "VirtualHost": "/", "Queue": "mail"
    }  # fmt: skip
    assert ran["gateway-unanswered-alarm"]["dimensions"] == {"LoadBalancer": "app/edge/1"}
    errors = ran["api-errors-alarm"]["metricQueries"][0]["metric"]["dimensions"]
    assert errors == {"LoadBalancer": "app/edge/1", "TargetGroup": "targetgroup/api-targets/1"}
    assert ran["db-connections-alarm"]["threshold"] == pytest.approx(168 * 0.8)


def test_two_nodes_of_a_cache_are_both_looked_at() -> None:
    alarm = put(cache, profile="resilient")["cache-memory-alarm"]
    assert [one["metric"]["dimensions"] for one in alarm["metricQueries"][:-1]] == [
        {"CacheClusterId": "cache-cache-id-001"}, {"CacheClusterId": "cache-cache-id-002"}
    ]  # fmt: skip
    assert alarm["metricQueries"][-1]["expression"] == "MAX([node1, node2])"


def test_what_cloudwatch_allows() -> None:
    for alarm in whole().of(ALARM):
        assert len(alarm["name"]) <= 255 and len(alarm["alarmDescription"]) <= 1024
        queries = alarm.get("metricQueries") or []
        assert len([one for one in queries if one["returnData"]]) == (1 if queries else 0)
        ids = [one["id"] for one in queries]
        assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", one) for one in ids) and len(set(ids)) == len(ids)
        used = re.findall(r"\b[a-z]\w*\b", queries[-1]["expression"]) if queries else []
        assert set(used) == set(ids[:-1]), "an expression uses every metric and no other"


def test_the_topic_is_encrypted_and_lets_in_only_what_tells() -> None:
    ran = whole()
    assert (ran["watch-topic"]["name"], ran["watch-topic"]["kmsMasterKeyId"]) == (
        "shop-prod-alerts", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/key"
    )  # fmt: skip
    publish = {"Action": "sns:Publish", "Resource": TOPIC}
    assert statements(ran["watch-topic-policy"]) == [
        {
            **publish, "Sid": "alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        },
        {
            **publish, "Sid": "events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/shop-prod-*"}},
        },
        {
            **publish, "Sid": "tls", "Effect": "Deny", "Principal": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]  # fmt: skip
    (granted,) = [one for one in statements(ran["key"]) if one["Sid"] == "alarms"]
    assert granted["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}
    assert granted["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_somebody_is_told_where_the_stack_says_who() -> None:
    assert "watch-mail" not in whole()
    mail = put(*EVERY, aws={"notify": "ops@example.com"})["watch-mail"]
    assert (mail["protocol"], mail["endpoint"], mail["topic"]) == ("email", "ops@example.com", TOPIC)


def test_one_alarm_for_anything_tells_nobody_a_second_time() -> None:
    ran = whole()
    (composite,) = ran.of(COMPOSITE)
    assert composite["alarmName"] == "shop-prod-anything"
    assert sorted(composite["alarmRule"].split(" OR ")) == sorted(f'ALARM("{one["name"]}")' for one in ran.of(ALARM))
    assert composite.get("alarmActions") is None


def test_more_alarms_than_one_can_name() -> None:
    many = [Service(f"s{number}", image="a:1") for number in range(51)]
    ran = put(*many)
    assert len(ran.of(ALARM)) == 153
    rules = {one["alarmName"]: one["alarmRule"] for one in ran.of(COMPOSITE)}
    assert rules["shop-prod-anything"] == 'ALARM("shop-prod-anything-1") OR ALARM("shop-prod-anything-2")'
    inner = [rules[f"shop-prod-anything-{number}"].split(" OR ") for number in (1, 2)]
    assert [len(one) for one in inner] == [100, 53]
    assert {name for one in inner for name in one} == {f'ALARM("{one["name"]}")' for one in ran.of(ALARM)}


@given(st.lists(st.text("abc-", min_size=1, max_size=255), max_size=150))
def test_groups_of_alarms_fit_their_rules_and_leave_none_out(names: list[str]) -> None:
    groups = grouped(names)
    assert [name for group in groups for name in group] == names
    assert all(len(group) <= 100 and len(any_of(group)) <= 10240 for group in groups)
    assert all(
        len(any_of([*before, after[0]])) > 10240 or len(before) == 100 for before, after in itertools.pairwise(groups)
    )


def test_a_failed_task_is_told_at_once() -> None:
    ran = whole()
    rule, told = ran["migrate-failed-rule"], ran["migrate-failed-event"]
    assert rule["name"] == "shop-prod-migrate-failed"
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
        "detail": {
            "group": [f"family:{ran['migrate-task']['family']}"], "lastStatus": ["STOPPED"],
            "$or": [{"containers": {"exitCode": [{"anything-but": 0}]}}, {"stopCode": ["TaskFailedToStart"]}],
        },
    }  # fmt: skip
    assert (told["arn"], told["rule"]) == (TOPIC, "shop-prod-migrate-failed")
    shaped = told["inputTransformer"]
    used = set(re.findall(r"<(\w+)>", json.loads(shaped["inputTemplate"])))
    assert used == set(shaped["inputPaths"])


def test_rules_that_are_cut_to_what_eventbridge_allows_are_told_apart() -> None:
    tasks = [Task(f"a-name-as-long-as-it-ever-can-be-{end}", image="a:1") for end in ("first", "second")]
    ran = put(*tasks, project="a-project-with-a-long-name")
    names = {one["name"] for one in ran.of("aws:cloudwatch/eventRule:EventRule")}
    assert len(names) == 2 and {len(name) for name in names} == {64}


def test_frugal_pays_for_what_users_notice() -> None:
    ran = put(*EVERY, profile="frugal")
    assert {one["name"].removeprefix("shop-prod-") for one in ran.of(ALARM)} == {
        "db-storage", "db-connections", "jobs-memory", "api-running", "worker-running", "gateway-running",
        "cache-running", "jobs-running", "nightly-not-started",
    }  # fmt: skip
    assert "migrate-failed-rule" not in ran and not [one for one in ran.made if one.type == COMPOSITE]
    assert ran["cluster"]["settings"] == [{"name": "containerInsights", "value": "disabled"}]


def test_parts_that_are_off() -> None:
    without = put(*EVERY, aws={"parts": {"composite_alarm": False}})
    assert without.of(ALARM) and not [one for one in without.made if one.type == COMPOSITE]
    silent = put(*EVERY, aws={"parts": {"alarms": False}, "notify": "ops@example.com"})
    gone = [
        one.name for one in silent.made if "alarm" in one.type.lower() or ":sns/" in one.type or "event" in one.type
    ]
    assert gone == [] and "watch-dashboard" in silent
    assert silent["watch"].outputs is not None and silent["watch"].outputs.value.get("topic") is None


def test_everything_belongs_to_the_watch() -> None:
    ran = whole()
    watch = ran["watch"]
    assert (watch.type, ran.name_of(watch.parent)) == ("strata:aws:Watch", "foundation")
    assert watch.outputs is not None
    assert watch.outputs.value == {"topic": TOPIC, "unmeasured": [
        "db-running", "cache-running", "jobs-running", "gateway-running",
    ]}  # fmt: skip
    below = ran.below("watch")
    assert {one.name for one in below} >= {"watch-topic", "watch-anything", "api-cpu-alarm", "watch-dashboard"}
    assert {one["tags"]["service"] for one in below if one.get("tags")} == {"watch"}
    assert {one["tags"]["tier"] for one in below if one.get("tags")} == {"monitoring"}


def test_data_services_in_containers_are_watched_as_tasks() -> None:
    ran = put(Redis("cache", variant="container", maxmemory="64MB"))
    assert ran["cache-memory-alarm"]["dimensions"] == {"ClusterName": "shop-prod", "ServiceName": "cache"}
    assert "cache-running-alarm" in ran


def test_a_system_of_nothing_that_alerts_has_no_topic() -> None:
    assert not [one for one in put().made if one.type.startswith("aws:sns")]
