"""What the pure planners promise, for every network, size and memory."""

from __future__ import annotations

import ipaddress
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.units import memory_bytes
from components.targets.aws import cache_sizes, fargate, subnets
from components.targets.aws.network import zone_of
from components.targets.failure import Failure

prefixes = st.integers(subnets.WIDEST, subnets.NARROWEST)
blocks = st.sampled_from([ipaddress.IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")])


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A private network that a stack may have."""
    block, prefix = draw(blocks), draw(prefixes)
    number = draw(st.integers(0, 2 ** (prefix - block.prefixlen) - 1))
    return f"{block.network_address + number * 2 ** (32 - prefix)}/{prefix}"


zones = st.integers(1, subnets.MOST_ZONES)
REACHES = ["isolated", "private", "public"]


@given(networks(), zones)
def test_subnets_are_parts_of_the_network_that_share_nothing(cidr: str, count: int) -> None:
    network = ipaddress.ip_network(cidr)
    found = [ipaddress.ip_network(one.cidr) for one in subnets.plan(cidr, count)]
    assert all(one.subnet_of(network) for one in found)  # type: ignore[type-var]
    assert not [1 for a in found for b in found if a is not b and a.overlaps(b)]
    # AWS's own limits.
    assert all(16 <= one.prefixlen <= 28 for one in found)


@given(networks(), zones)
def test_every_zone_has_one_subnet_of_each_reach(cidr: str, count: int) -> None:
    found = sorted((one.zone, one.reach) for one in subnets.plan(cidr, count))
    assert found == [(zone, reach) for zone in range(count) for reach in REACHES]


@given(networks(), st.integers(2, subnets.MOST_ZONES))
def test_another_zone_moves_nothing(cidr: str, count: int) -> None:
    assert set(subnets.plan(cidr, count - 1)) < set(subnets.plan(cidr, count))


@given(networks())
def test_private_subnets_are_twice_as_large_as_the_others(cidr: str) -> None:
    sizes = {one.reach: ipaddress.ip_network(one.cidr).num_addresses for one in subnets.plan(cidr, 2)}
    whole = ipaddress.ip_network(cidr).num_addresses
    assert sizes == {"private": whole // 8, "public": whole // 16, "isolated": whole // 16}


def test_the_plan_of_the_default_network() -> None:
    assert [(one.reach, one.zone, one.cidr) for one in subnets.plan("10.0.0.0/16", 2)] == [
        ("public", 0, "10.0.128.0/20"), ("public", 1, "10.0.144.0/20"),
        ("private", 0, "10.0.0.0/19"), ("private", 1, "10.0.32.0/19"),
        ("isolated", 0, "10.0.192.0/20"), ("isolated", 1, "10.0.208.0/20"),
    ]  # fmt: skip


ALLOWED = "allowed is a private network from /16 to /22 such as '10.0.0.0/16'"


@pytest.mark.parametrize(
    "cidr",
    ["8.8.0.0/16", "10.0.0.0/15", "10.0.0.0/23", "fd00::/20", "127.0.0.0/16", "169.254.0.0/16", "198.18.0.0/16"],
)
def test_other_networks_are_refused(cidr: str) -> None:
    assert subnets.wrong_cidr(cidr) == f"given {cidr!r}; {ALLOWED}"
    with pytest.raises(ValueError, match=ALLOWED):
        subnets.plan(cidr, 2)


def test_what_is_no_network_is_told_why() -> None:
    assert subnets.wrong_cidr("10.0.0.1/16") == f"given '10.0.0.1/16'; {ALLOWED} (10.0.0.1/16 has host bits set)"
    text = f"given 'x'; {ALLOWED} ('x' does not appear to be an IPv4 or IPv6 network)"
    assert subnets.wrong_cidr("x") == text
    assert subnets.wrong_cidr("192.168.0.0/22") is None


@pytest.mark.parametrize("count", [0, 5])
def test_a_number_of_zones_that_the_plan_has_no_room_for(count: int) -> None:
    with pytest.raises(ValueError, match=rf"^given {count} zones; allowed are 1 to 4$"):
        subnets.plan("10.0.0.0/16", count)


# From the table of AWS's documentation, written down apart from the planner's own.
TABLE = {
    256: [512, 1024, 2048],
    512: [1024, 2048, 3072, 4096],
    1024: [1024 * gib for gib in range(2, 9)],
    2048: [1024 * gib for gib in range(4, 17)],
    4096: [1024 * gib for gib in range(8, 31)],
    8192: [1024 * gib for gib in range(16, 61, 4)],
    16384: [1024 * gib for gib in range(32, 121, 8)],
}
LEGAL = {(cpu, memory) for cpu, sizes in TABLE.items() for memory in sizes}
cpus = st.none() | st.floats(0.01, 16) | st.sampled_from([cpu / 1024 for cpu in TABLE])
memories = st.none() | st.integers(6, 120 * 1024).map(lambda size: f"{size}MB")


def asked(cpu: float | None, memory: str | None) -> tuple[int, int]:
    """CPU units and MiB, both whole."""
    return math.ceil((cpu or 0) * 1024), math.ceil(memory_bytes(memory) / 1024**2) if memory else 0


def fits(size: tuple[int, int], cpu: float | None, memory: str | None) -> bool:
    units, mib = asked(cpu, memory)
    return size[0] >= units and size[1] >= mib


def test_the_planner_knows_every_size_of_fargate_and_no_other() -> None:
    found = [(one.cpu, one.memory) for one in fargate.legal()]
    assert set(found) == LEGAL and len(found) == len(LEGAL)


@given(cpus, memories)
def test_a_task_gets_the_cheapest_legal_size_that_fits(cpu: float | None, memory: str | None) -> None:
    size = fargate.plan(cpu, memory)
    assert (size.cpu, size.memory) in LEGAL and fits((size.cpu, size.memory), cpu, memory)

    def cost(of: tuple[int, int]) -> float:
        return of[0] / 1024 * 0.04048 + of[1] / 1024 * 0.004445

    assert cost((size.cpu, size.memory)) == pytest.approx(
        min(cost(other) for other in LEGAL if fits(other, cpu, memory))
    )


@given(cpus, memories)
def test_a_size_has_a_note_exactly_when_it_is_not_what_was_asked_for(cpu: float | None, memory: str | None) -> None:
    size = fargate.plan(cpu, memory)
    units, mib = asked(cpu, memory)
    differs = (cpu is not None and size.cpu != units) or (memory is not None and size.memory != mib)
    assert (size.note is not None) == differs


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [
        (None, None, fargate.Size(256, 512)),
        (0.25, "512MB", fargate.Size(256, 512)),
        (1, "2GB", fargate.Size(1024, 2048)),
        (None, "600MB", fargate.Size(
            256, 1024, "memory='600MB' becomes 0.25 cpus and 1024MB, the next size that Fargate has")),
        (0.5, None, fargate.Size(512, 1024)),
        (0.1, "4GB", fargate.Size(
            512, 4096, "cpus=0.1 and memory='4GB' becomes 0.5 cpus and 4096MB, the next size that Fargate has")),
        (3, "9GB", fargate.Size(
            4096, 9216, "cpus=3 and memory='9GB' becomes 4 cpus and 9216MB, the next size that Fargate has")),
    ],
)  # fmt: skip
def test_sizes_and_their_notes(cpu: float | None, memory: str | None, size: fargate.Size) -> None:
    assert fargate.plan(cpu, memory) == size


@pytest.mark.parametrize(
    ("cpu", "memory", "given_text"),
    [
        (17, None, "cpus=17"), (None, "121GB", "memory='121GB'"), (16.5, "1GB", "cpus=16.5 and memory='1GB'"),
    ],
)  # fmt: skip
def test_what_fargate_has_not(cpu: float | None, memory: str | None, given_text: str) -> None:
    with pytest.raises(ValueError) as wrong:
        fargate.plan(cpu, memory)
    text = f"given {given_text}; Fargate has at most 16 cpus with 120GB, and with 8 cpus at most 60GB"
    assert str(wrong.value) == text


@given(st.integers(6, 150_000))
def test_a_cache_gets_the_smallest_node_that_holds_it_with_the_reserve(size: int) -> None:
    name = cache_sizes.plan(f"{size}MB")
    names = list(cache_sizes.NODES)
    asked_bytes = size * 1024**2
    assert cache_sizes.NODES[name] * 0.75 >= asked_bytes
    smaller = names[: names.index(name)]
    assert all(cache_sizes.NODES[other] * 0.75 < asked_bytes for other in smaller)


def test_nodes_are_listed_by_their_memory() -> None:
    sizes = list(cache_sizes.NODES.values())
    assert sizes == sorted(sizes) and cache_sizes.plan(None) == "cache.t4g.micro"


def test_a_cache_that_no_node_holds() -> None:
    text = r"^given maxmemory='200GB'; ElastiCache's largest node here holds 158GB$"
    with pytest.raises(ValueError, match=text):
        cache_sizes.plan("200GB")


def test_a_region_with_fewer_zones_than_the_stack_wants_is_named() -> None:
    names = ["us-west-1a", "us-west-1c"]
    assert [zone_of(names, number) for number in (0, 1)] == names
    with pytest.raises(Failure) as wrong:
        zone_of(names, 2)
    assert str(wrong.value) == (
        "strata:aws.region has 2 zones that are open to this account (us-west-1a, us-west-1c), and the stack wants 3; "
        "set strata:aws.zones to 2 or choose another region"
    )
