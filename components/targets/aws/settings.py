"""What a stack may say about AWS itself, `strata:aws`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from components.core.settings import StackSettings, Switch
from components.model.alerts import Severity
from components.model.text import matching

Region = Annotated[
    str,
    matching(
        r"^[a-z]{2,4}(-[a-z]+)?-((north|south)(east|west)?|east|west|central)-\d$",
        "the name of an AWS region, such as 'eu-central-1' or 'us-east-1'",
    ),
]
Domain = Annotated[
    str,
    matching(
        r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a domain in lower case, such as 'shop.example.com'",
    ),
]
Email = Annotated[str, matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an e-mail address")]
InstanceType = Annotated[str, matching(r"^[a-z][a-z0-9-]*\.[a-z0-9]+$", "an EC2 instance type, such as 't4g.medium'")]
Certificate = Annotated[
    str, matching(r"^arn:aws[a-z-]*:acm:", "the ARN of a certificate in ACM, which begins with 'arn:aws:acm:'")
]
Url = Annotated[str, matching(r"^https?://", "a URL that begins with 'http://' or 'https://'")]
Nat = Literal["none", "one", "per-zone"]
Capacity = Literal["fargate", "ec2"]
HostNetwork = Literal["awsvpc", "bridge"]
BRIDGE, BRIDGE_NETWORK = "172.17.0.1", "172.17.0.0/16"
"""A host as its own containers see it, and their addresses: Docker's bridge, unless the network has these."""


class Hosts(BaseModel):
    """The EC2 instances that services and Tasks run on where `capacity` is `ec2`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: InstanceType | None = Field(
        default=None, description="their size: t4g.medium; by default the cheapest that holds the system"
    )
    network: HostNetwork | None = Field(
        default=None,
        description="awsvpc: an address and a security group for each task; bridge: one host for everything, whose "
        "address and security group all share",
    )
    min: Annotated[int, Field(ge=0, le=100)] = Field(default=1, description="hosts that always run; bridge has one")
    max: Annotated[int, Field(ge=1, le=100)] = Field(default=4, description="hosts at most; bridge has one")
    spot: Switch = Field(default=False, description="Spot instances: cheaper, may be taken with 2 minutes' notice")
    disk: Annotated[int, Field(ge=30, le=1000)] = Field(default=30, description="GiB of a host's disk")
    trunking: Switch = Field(
        default=False, description="the account has ECS's awsvpcTrunking on: more tasks on a host that is no t3 or t4g"
    )


class Parts(BaseModel):
    """Optional parts of a stack, each on by default; a test stack switches off what an emulator lacks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    autoscaling: Switch = Field(default=True, description="replicas follow load; off: the minimum runs")
    flow_logs: Switch = Field(default=True, description="who talks to whom in the network, in CloudWatch")
    alarms: Switch = Field(default=True, description="CloudWatch alarms, and the topic that they notify")
    composite_alarm: Switch = Field(default=True, description="one alarm that says whether any other one is on")
    dashboard: Switch = Field(default=True, description="a CloudWatch dashboard of the system")
    backup: Switch = Field(default=True, description="AWS Backup: a vault, and a plan for each backup class")
    backup_selection: Switch = Field(default=True, description="what the plans back up; off: nothing")
    firewall: Switch = Field(default=True, description="WAF before the gateway: managed rules and its rate limit")
    firewall_logs: Switch = Field(default=True, description="what the firewall let through and blocked, in CloudWatch")
    host_refresh: Switch = Field(default=True, description="hosts are replaced when their template changes")
    budget: Switch = Field(default=True, description="the cost budget, where strata:aws.budget is given")

    def off(self) -> list[str]:
        """The names of the parts that are switched off."""
        return [name for name in type(self).model_fields if not getattr(self, name)]


class AwsSettings(BaseModel):
    """`strata:aws`. Whatever is left out comes from the profile or is not wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    OVERRIDABLE: ClassVar[tuple[str, ...]] = ("endpoint", "registry", "parts")
    """What a stack that extends another may have of its own."""

    region: Region = Field(description="where everything runs: eu-central-1")
    domain: Domain | None = Field(default=None, description="the name that the gateway answers under: shop.example.com")
    zone: Domain | None = Field(default=None, description="the Route 53 zone that holds the domain: example.com")
    certificate: Certificate | None = Field(
        default=None, description="ARN of a certificate of your own, instead of a zone"
    )
    owner: str = Field(default="unowned", description="tag `owner`: who answers for it")
    cost_centre: str = Field(default="none", description="tag `cost-centre`: who pays for it")
    notify: Email | None = Field(default=None, description="e-mail address that alarms and the budget notify")
    budget: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="USD a month; notify hears of 80 % spent and of 100 % expected"
    )
    cidr: str = Field(default="10.0.0.0/16", description="the network's addresses, /16 to /22")
    zones: Annotated[int, Field(ge=2, le=3)] | None = Field(default=None, description="availability zones, 2 or 3")
    nat: Nat | None = Field(default=None, description="how private services reach the internet: none, one, per-zone")
    endpoints: Switch | None = Field(
        default=None,
        description="without NAT: AWS's own services by interface endpoints; off: services get public addresses, "
        "closed from outside",
    )
    architecture: Literal["x86_64", "arm64"] = Field(default="x86_64", description="of the machines and the images")
    capacity: Capacity | None = Field(
        default=None, description="what services and Tasks run on unless they say otherwise: fargate, or ec2"
    )
    hosts: Hosts = Field(default_factory=Hosts, description="the EC2 instances, where something runs on ec2")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] | None = Field(
        default=None, description="days that logs are kept"
    )
    registry: str | None = Field(default=None, description="push images to this registry instead of the account's ECR")
    endpoint: Url | None = Field(default=None, description="where an emulated AWS answers; tests and rehearsals alone")
    parts: Parts = Field(default_factory=Parts, description="optional parts, each on or off")

    def notes(self) -> list[str]:
        """What somebody who checks the stack should know and is no problem."""
        off, found = self.parts.off(), list[str]()
        if off:
            found.append(f"optional parts that are off: {', '.join(off)}")
        if self.parts.alarms and self.notify is None:
            found.append("alarms notify nobody yet; set strata:aws.notify to an e-mail address")
        return found


SETTINGS = AwsSettings


@dataclass(frozen=True)
class Profile:
    """Sizes and redundancy that a stack has where its settings say nothing else.

    What costs by its number can be had with less: `firewall` is WAF, `insights` ECS's Container Insights, `composite`
    the alarm over all others, `backup_key` a key of the backups' own, `one_secret` one Secrets Manager secret for all
    that are declared. `variants` says by their kinds which services are realized in another way.
    """

    zones: int
    nat: Nat
    endpoints: bool
    log_days: int
    multi_az: bool
    database: str
    broker: str
    broker_mode: Literal["SINGLE_INSTANCE", "CLUSTER_MULTI_AZ"]
    cache_nodes: int
    backup_days: int
    spot: bool
    critical_days: int
    severities: tuple[Severity, ...]
    capacity: Capacity
    host_network: HostNetwork
    firewall: bool = True
    insights: bool = True
    composite: bool = True
    backup_key: bool = True
    one_secret: bool = False
    variants: Mapping[str, str] = field(default_factory=dict[str, str])


PROFILES: dict[str, Profile] = {
    "frugal": Profile(
        zones=2, nat="none", endpoints=False, log_days=7, multi_az=False, database="db.t4g.micro",
        broker="mq.m7g.medium", broker_mode="SINGLE_INSTANCE", cache_nodes=1, backup_days=7, spot=True,
        critical_days=7, severities=("page",), capacity="ec2", host_network="bridge",
        firewall=False, insights=False, composite=False, backup_key=False, one_secret=True,
        variants={"Gateway": "container", "Redis": "container", "RabbitMQ": "container"},
    ),
    "standard": Profile(
        zones=2, nat="one", endpoints=False, log_days=30, multi_az=False, database="db.t4g.small",
        broker="mq.m7g.medium", broker_mode="SINGLE_INSTANCE", cache_nodes=1, backup_days=7, spot=False,
        critical_days=35, severities=("page", "warn"), capacity="fargate", host_network="awsvpc",
    ),
    "resilient": Profile(
        zones=3, nat="per-zone", endpoints=False, log_days=90, multi_az=True, database="db.m7g.large",
        broker="mq.m7g.large", broker_mode="CLUSTER_MULTI_AZ", cache_nodes=2, backup_days=30, spot=False,
        critical_days=35, severities=("page", "warn"), capacity="fargate", host_network="awsvpc",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """A stack's AWS settings with everything decided: what it says, else what its profile says."""

    own: AwsSettings
    profile: Profile
    protection: bool
    zones: int
    nat: Nat
    endpoints: bool
    log_days: int
    capacity: Capacity
    host_network: HostNetwork

    @classmethod
    def of(cls, settings: StackSettings) -> Chosen:
        """Raises TypeError when the settings are another target's."""
        own, profile = settings.own, PROFILES[settings.profile]
        if not isinstance(own, AwsSettings):
            raise TypeError("the stack's settings have no strata:aws")
        capacity = own.capacity or profile.capacity
        network = own.hosts.network or profile.host_network
        return cls(
            own, profile, settings.protection, own.zones or profile.zones, own.nat or profile.nat,
            profile.endpoints if own.endpoints is None else own.endpoints, own.log_days or profile.log_days,
            capacity, network if capacity == "ec2" else "awsvpc",
        )  # fmt: skip

    def where(self) -> dict[str, Any]:
        """How calls of our own reach the same AWS as the provider."""
        return {"region": self.own.region, "endpoint": self.own.endpoint or ""}

    @property
    def public(self) -> bool:
        """Whether services run in the public subnets: nothing else would let them reach AWS."""
        return self.nat == "none" and not self.endpoints

    @property
    def bridge(self) -> bool:
        """Whether one host holds everything, and its address and security group are everyone's."""
        return self.host_network == "bridge"


def variants(profile: str) -> Mapping[str, str]:
    """How the services of a kind are realized in a profile where neither the description nor the settings say."""
    return PROFILES[profile].variants
