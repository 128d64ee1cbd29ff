"""What emulators lack: parts that a stack in front of them leaves out, which are therefore proven by unit tests alone.

`python -m rehearsal.lacking` prints docs/unproven.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.drift import TABLE


@dataclass(frozen=True)
class Lacking:
    """A part (`strata:aws.parts`) or a variant that an emulator cannot make, and why."""

    emulator: str
    what: str
    reason: str


PARTS: tuple[Lacking, ...] = (
    Lacking("moto", "autoscaling", "a target is made, but its tags cannot be read, which the provider does next"),
    Lacking("moto", "backup_selection", "the action is not implemented"),
    Lacking("moto", "host_refresh", "the action fails"),
    Lacking("moto", "composite_alarm", "the action is not implemented"),
    Lacking("moto", "budget", "the action fails"),
    Lacking("ministack", "firewall_logs", "the action fails"),
)
"""Parts that are switched off."""
VARIANTS: tuple[Lacking, ...] = (
    Lacking(
        "moto",
        "Redis (ElastiCache)",
        "parameter and replication groups fail; the variant container runs instead",
    ),
    Lacking(
        "ministack",
        "RabbitMQ (Amazon MQ)",
        "no broker stands behind it; the variant container runs instead",
    ),
    Lacking(
        "ministack",
        "Redis as Valkey (ElastiCache), where `valkey/valkey` cannot be pulled",
        "it gives the address of nothing; the variant container runs instead in Polar, whose Redis names no version",
    ),
)
"""Kinds that are realized in another way."""
NEWER = (
    "Whatever only a provider newer than Terraform's 5.100.0 knows: where the tests run with that one, through the "
    "bridge of offline/engine, such arguments are errors, so nothing here uses any."
)


def parts(emulator: str) -> dict[str, str]:
    """The setting `strata:aws.parts` of a stack in front of an emulator."""
    return {one.what: "off" for one in PARTS if one.emulator == emulator}


def document() -> str:
    """docs/unproven.md."""
    lines = [
        "# What the emulated rounds do not prove", "",
        "What a rehearsal (MiniStack) proves beside this is in rehearsal.md. "
        "Made by `python -m rehearsal.lacking` from the tables that the tests use; a test compares them.", "",
        "## Left out", "", "| emulator | what | why |", "|---|---|---|",
        *(f"| {one.emulator} | `{one.what}` | {one.reason} |" for one in (*PARTS, *VARIANTS)),
        "", "`make scan` plans these by the real provider's schema, and unit tests assert their exact inputs.", "",
        "## Not compared after a refresh", "", "| emulator | type | fields | why |", "|---|---|---|---|",
        *(f"| {row.emulator} | {row.type} | {', '.join(row.fields)} | {row.reason} |" for row in TABLE),
        "", "## Beyond every emulator", "",
        f"- {NEWER}",
        "- moto is a control plane: no container runs, no request is answered; what becomes steady or ends is played, "
        "and so is the address of a gateway that is a container.",
        "- Images are pushed to a registry on loopback; the repositories are made, signing in to ECR is a unit test.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    print(document(), end="")
