"""Which calls the drill `api-faults` lets fail."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from drills.fault_plan import FAULTS, READS, Chosen, Plan, choose, made
from rehearsal.aws_calls import Call
from rehearsal.faults import Asked, Delay, Drop, Refuse

CALLS = {"ec2:CreateSubnet": 6, "ec2:CreateVpc": 1, "ec2:DescribeVpcs": 9, "s3:CreateBucket": 2, "s3:PutBucketAcl": 2}


def asked(name: str, invocation: str = "") -> Asked:
    service, _, operation = name.partition(":")
    return Asked(Call(service, operation, "ec2"), invocation)


def test_tries_of_a_call_count_once_and_unknown_ones_not_at_all() -> None:
    log = [asked("ec2:CreateVpc", "a"), asked("ec2:CreateVpc", "a"), asked("ec2:CreateVpc", "b"), asked("s3:?", "c")]
    assert made(log) == Counter({"ec2:CreateVpc": 2})
    assert made([asked("ec2:CreateVpc"), asked("ec2:CreateVpc")]) == Counter({"ec2:CreateVpc": 2})


def test_the_same_seed_chooses_the_same_calls_in_whatever_order_they_came() -> None:
    other = dict(reversed(CALLS.items()))
    drawn = [choose(random.Random(5), calls, [*FAULTS], lasting=1) for calls in (CALLS, other)]
    assert drawn[0] == drawn[1]
    assert len({str(choose(random.Random(seed), CALLS, [*FAULTS])) for seed in range(20)}) > 15


@pytest.mark.parametrize("seed", range(30))
def test_each_fault_gets_a_call_that_was_made(seed: int) -> None:
    found = choose(random.Random(seed), CALLS, [*FAULTS], lasting=2)
    assert [one.fault for one in found] == [*FAULTS]
    assert all(1 <= one.number <= CALLS[one.call] for one in found)
    assert [one.lasting for one in found] == [True, True, False, False, False]
    assert len({one.call for one in found}) == 5


def test_most_calls_that_are_chosen_change_something() -> None:
    found = [choose(random.Random(seed), CALLS, ["500"])[0] for seed in range(400)]
    assert 0.6 < sum(not READS.match(one.call.partition(":")[2]) for one in found) / 400 < 0.9


def test_more_faults_than_calls_choose_some_twice() -> None:
    assert len(choose(random.Random(1), {"ec2:CreateVpc": 1}, ["500", "late"])) == 2


def test_one_call_fails_at_its_first_try_and_the_next_one_is_another_call() -> None:
    plan = Plan([Chosen("ec2:CreateSubnet", 2, "500")])
    answers = [plan(asked("ec2:CreateSubnet", one)) for one in ("a", "b", "c", "b")]
    assert answers == [None, FAULTS["500"], None, None]
    assert plan.by_fault == {"500": 1} and plan.calls == {"ec2:CreateSubnet": 3}


def test_a_lasting_fault_is_of_every_try_of_its_own_call_alone() -> None:
    plan = Plan([Chosen("ec2:CreateSubnet", 1, "dropped", lasting=True)])
    answers = [plan(asked("ec2:CreateSubnet", one)) for one in ("a", "b", "a", "a")]
    assert answers == [Drop(), None, Drop(), Drop()]
    assert str(plan) == "ec2:CreateSubnet no. 1 dropped, every try (3 tries)"


def test_requests_without_an_id_are_calls_of_their_own() -> None:
    plan = Plan([Chosen("ec2:CreateVpc", 2, "500", lasting=True)])
    assert [plan(asked("ec2:CreateVpc")) for _ in range(3)] == [None, FAULTS["500"], None]


def test_the_faults_are_those_that_the_issue_asks_for() -> None:
    """500, throttling, time-outs, and connections that break before and after the work is done."""
    assert [type(one) for one in FAULTS.values()] == [Refuse, Refuse, Drop, Drop, Delay]
    late = FAULTS["late"]
    assert isinstance(late, Delay) and late.seconds > 60 and late.done
