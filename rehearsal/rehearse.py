"""The rehearsal: a prod stack on an emulated AWS with real containers, from nothing to nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from components.core.extends import overrides
from components.core.load import load_system
from components.core.resolve import resolve
from components.core.settings_files import stack_settings
from components.model.image import Build
from components.model.rabbitmq import RabbitMQ
from components.model.service import Service
from components.targets.aws.api import api
from rehearsal import place as places
from rehearsal import work
from rehearsal.clock import Clock
from rehearsal.door import Door
from rehearsal.place import CannotRehearse, Place
from rehearsal.show import NotProven, Steps
from rehearsal.stack import Rehearsed, waits
from rehearsal.trials import INFO, Trials
from strata.cli.project import Project
from strata.cli.stack import settings_of

NEEDED = frozenset({"api", "worker", "web"})
"""The services that the work and the trials speak of."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
ROLL_OUTS = (
    "a new version rolled out", "make rollback, and forward again", "a version that cannot start",
    "a text after the roll-back",
)  # fmt: skip


@dataclass
class Rehearsal:
    """One rehearsal of a project's stack; `short` leaves the roll-outs out."""

    project: Project
    short: bool = False
    steps: Steps = field(default_factory=Steps)

    def run(self) -> bool:
        """Everything; whether all of it was seen as it should be. Nothing is left in any case."""
        settings = settings_of(self.project)
        own = settings.own
        self.region = str(own.region)
        for one in overrides(stack_settings(self.project.folder, self.project.stack)):
            self.steps.console.print(f"[rehearse] otherwise than {settings.extends}: {one}", markup=False)
        self.system = resolve(load_system(settings.system), settings)
        _only_here("endpoint", own.endpoint)
        _only_here("registry", own.registry)
        missing = sorted(NEEDED - {one.name for one in self.system.services()})
        if missing:
            lacks = f"has not the services {', '.join(missing)}"
            raise CannotRehearse(f"{self.project.name} {lacks}, which the rehearsal's work goes through")
        self.module, self.build = settings.system, self._build("api")
        self.stack = Rehearsed.of(self.project)
        places.end(self.project.owner)
        try:
            started = self.steps.run("emulated AWS", lambda: self._begin(own.region, own.endpoint, own.registry))
            if started and self.steps.run("pulumi up", self._up):
                self._try()
            self.steps.run("pulumi destroy", self._destroy, always=started)
        finally:
            places.end(self.project.owner)
        self.steps.run("nothing left", self._nothing, always=True)
        return self.steps.good

    def _begin(self, region: str, endpoint: str, registry: str) -> str:
        self.place: Place = places.begin(self.project.owner, region, endpoint, registry)
        self.stack.run("init", "stack", "init")
        return f"MiniStack at {endpoint}, a registry at {registry}"

    def _up(self) -> str:
        text, took = self.stack.timed_up("up")
        if silent := places.not_started(self.place):
            raise NotProven(f"the emulator has no server behind it: {'; '.join(silent)}")
        self.door = self._door("api")
        held = [one for one in self.stack.state() if one["type"].startswith("aws:")]
        long = ", ".join(waits(text))
        return f"{len(held)} AWS resources in {took}" + (f"; the provider's own waits: {long}" if long else "")

    def _door(self, name: str) -> Door:
        """The way to a service from outside: through the load balancer, without one to its name in Cloud Map."""
        if self.system.gateway is not None:
            return Door(self.place.endpoint, str(self.stack.outputs()["url"]))
        [web, *_] = places.tasks(self.place, "web")
        inside = urlsplit(places.environment(web)["API_URL"])
        host = f"{name}.{str(inside.hostname).partition('.')[2]}"
        [port] = [one.port for one in self.system.services() if isinstance(one, Service) and one.name == name]
        return Door(f"http://{places.relay(self.place, host, int(port or 80))}", f"http://{host}")

    def _try(self) -> None:
        trials = Trials(self.stack, self.place, self.door)

        def run(name: str, act: Callable[[], str]) -> None:
            self.steps.run(name, act, always=True)

        run("a text handed in", lambda: work.text(self.door))
        run("a picture handed in", lambda: work.image(self.door))
        run("bindings: database, cache, queue, object storage", self._bindings)
        run("service to service by its name", self._inside)
        run("scaling as described", self._scaling)
        run("second preview", lambda: self._same("preview"))
        run("api killed", lambda: trials.kill("api", INFO))
        web = self.door if self.system.gateway else self._door("web")
        run("web killed", lambda: trials.kill("web", "/", web))
        run("worker killed", lambda: trials.kill_behind("worker"))
        if not self.short:
            if broker := self._broker():
                run("broker killed", lambda: trials.kill_behind(broker))
            clock = Clock(self.stack, self.place, self.module, "api")
            run("a schedule by the clock", clock.run)
            if self.system.gateway is None:
                why = f"{self.project.name} has no gateway, whose load balancer keeps requests while tasks change"
                self.steps.leave_out(ROLL_OUTS, why)
                return
            build, first = self.build, trials.image_of("api")
            run("a new version rolled out", lambda: trials.roll_out("api", build))
            run("make rollback, and forward again", lambda: trials.go_back("api", first))
            run("a version that cannot start", lambda: trials.roll_back("api", build))
            run("a text after the roll-back", lambda: work.text(self.door))

    def _build(self, name: str) -> Build:
        """What a service's image is built from."""
        found = next(one for one in self.system.services() if one.name == name)
        if not isinstance(found, Service) or not isinstance(found.image, Build):
            raise CannotRehearse(f"{name} is not built from source, so there is no new version of it to roll out")
        return found.image

    def _broker(self) -> str | None:
        """The name of the system's RabbitMQ; None where another service holds its queues."""
        return next((one.name for one in self.system.data if isinstance(one, RabbitMQ)), None)

    def _bindings(self) -> str:
        found = work.backed(self.door)
        if found["missing"] or not (found["database"] and found["cache"] and found["queue"] and found["storage"]):
            raise NotProven(f"the API is backed by {found}")
        told = work.heard(self.door)
        return f"Postgres {found['database']}, {found['queue']}, bucket {found['storage']}; {found['cache']} {told}"

    def _inside(self) -> str:
        """The page's own server asks the API by its name in Cloud Map; asked from inside the network."""
        [web, *_] = places.tasks(self.place, "web") or [None]
        if web is None:
            raise NotProven("no task of web runs")
        address = web.attrs["NetworkSettings"]["Networks"][self.place.network]["IPAddress"]
        answer = places.ask_inside(self.place, f"http://{address}:3000{INFO}")
        return f"web asks {places.environment(web)['API_URL']}: answered by {json.loads(answer)['instance']}"

    def _scaling(self) -> str:
        """What the API holds, against the description: bounds, and the value of each reason."""
        held = api("application-autoscaling", {"region": self.region, "endpoint": self.place.endpoint})
        said = list[str]()
        for service in self.system.services():
            if not isinstance(service, Service) or service.scale is None:
                continue
            scale, where = service.scale, f"service/{self.project.owner.replace('/', '-')}/{service.name}"
            wanted = sorted(
                float(one)
                for one in (scale.cpu, scale.memory, scale.requests and scale.requests * 60, scale.length)
                if one
            )
            targets = held.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[where])["ScalableTargets"]
            policies = held.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=where)["ScalingPolicies"]
            bounds = [(one["MinCapacity"], one["MaxCapacity"]) for one in targets]
            values = sorted(one["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for one in policies)
            if bounds != [(scale.min, scale.max)] or values != wanted:
                raise NotProven(f"{service.name}: bounds {bounds}, values {values}; described {scale}")
            said.append(f"{service.name} {scale.min} to {scale.max} by {', '.join(f'{one:g}' for one in values)}")
        return "; ".join(said) or "no service scales"

    def _same(self, name: str) -> str:
        changed = self.stack.changes(name)
        if changed:
            raise NotProven(f"it would change {', '.join(changed)}")
        return "no change"

    def _destroy(self) -> str:
        self.stack.destroy()
        left = self.stack.state()
        own = {"pulumi:pulumi:Stack"}
        more = [one["urn"].rsplit("::", 1)[-1] for one in left if one["type"] not in own]
        if more:
            raise NotProven(f"the state still holds {', '.join(more)}")
        # ECS remembers stopped tasks for an hour; the emulator keeps their containers.
        behind = [one for one in places.running_of(self.project.owner) if one.startswith("ministack-")]
        if behind:
            raise NotProven(f"containers still run: {', '.join(behind)}")
        return "every resource and every container behind one"

    def _nothing(self) -> str:
        found = places.left(self.project.owner)
        if any(found.values()):
            raise NotProven(f"Docker still has {found}")
        return "no container, volume, network or release with the label of the rehearsal"


def _only_here(field: str, address: str | None) -> None:
    """Refuse a stack that would reach anything but this machine."""
    host = urlsplit(f"//{(address or '').rpartition('//')[2]}").hostname
    if host not in LOOPBACK:
        said = f"is {address}" if address else "is not set"
        raise CannotRehearse(
            f"strata:aws.{field} {said}: a rehearsal runs on this machine alone; give 127.0.0.1 and a port"
        )
