"""What a rehearsal does to a running stack: kills tasks, rolls releases out, and lets one fail."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass

from components.targets.local_daemon import client
from rehearsal import place as places
from rehearsal import releases, work
from rehearsal.door import Door
from rehearsal.place import Place
from rehearsal.show import NotProven
from rehearsal.stack import Failed, Rehearsed
from rehearsal.traffic import RATE, Traffic

PATIENCE = 180.0
INFO = "/api/info"
BROKEN = 'CMD ["sh", "-c", "echo this release cannot start; exit 3"]'


@dataclass
class Trials:
    """The trials of one running stack."""

    stack: Rehearsed
    place: Place
    door: Door

    def kill(self, service: str, path: str) -> str:
        """Kill a service's task; how long until the load balancer answers well again, and a new task runs."""
        before, began = self._kill(service)
        lost = 0
        while True:
            try:
                good = self.door.get(path, patience=5).status < 400
            except (OSError, http.client.HTTPException):
                good = False
            now = {one.id for one in places.tasks(self.place, service)}
            if good and now - before:
                return f"answered after {time.monotonic() - began:.1f} s, {lost} requests in between were not"
            lost += not good
            if time.monotonic() - began > PATIENCE:
                raise NotProven(f"{service} did not come back within {PATIENCE:g} s: {len(now)} tasks run")
            time.sleep(0.1)

    def kill_behind(self, service: str) -> str:
        """Kill a service that no route leads to; how long until a job that is handed in then is done by a new task."""
        before, began = self._kill(service)
        work.done(self.door, work.submit(self.door, fields={"text": work.TEXT}))
        done = time.monotonic() - began
        if not {one.id for one in places.tasks(self.place, service)} - before:
            raise NotProven(f"{service} was killed and no new task of it runs")
        return f"a job handed in at once was done after {done:.1f} s"

    def _kill(self, service: str) -> tuple[set[str], float]:
        """Kill one of a service's tasks; the containers that there were before, and when that was."""
        before = {str(one.id) for one in places.tasks(self.place, service)}
        if not before:
            raise NotProven(f"no task of {service} runs")
        began = time.monotonic()
        client().containers.get(min(before)).kill()
        return before, began

    def image_of(self, service: str) -> str:
        """The image that a service's tasks run, by its tag."""
        found = [
            json.loads(one["outputs"]["containerDefinitions"])
            for one in self.stack.state()
            if one["type"] == releases.DEFINITION and one["urn"].endswith(f"::{service}-task")
        ]
        return next(str(one["image"]) for one in found[0] if one["name"] == service)

    def roll_out(self, service: str, release: str) -> str:
        """Roll a new image version out while requests flow; none may be lost by the application."""
        image = releases.make(self.image_of(service), release, self.place.owner)
        with Traffic(self.door, INFO) as traffic:
            time.sleep(2)
            self.stack.up(f"up-{release}", {releases.SWITCH: json.dumps({service: image})})
            time.sleep(2)
        return self._counted(traffic, service, release)

    def _counted(self, traffic: Traffic, service: str, release: str) -> str:
        runs = {str(one.labels.get(releases.RELEASE)) for one in places.tasks(self.place, service)}
        said = (
            f"{traffic.sent} requests at {RATE:g} a second, {traffic.by_application()} lost by the application, "
            f"{traffic.by_emulator()} by the emulator"
        )
        if runs != {release}:
            raise NotProven(f"{said}; {service} runs {', '.join(sorted(runs)) or 'nothing'}, not {release}")
        if traffic.by_application() or len(traffic.answers) < 2:
            raise NotProven(f"{said}; answers by {len(traffic.answers)} instances; {dict(traffic.lost)}")
        return said

    def roll_back(self, service: str) -> str:
        """A release that cannot start: the update fails and says why, and the old one goes on answering."""
        good = self.image_of(service)
        broken = releases.make(good, "broken", self.place.owner, BROKEN)
        with Traffic(self.door, INFO) as traffic:
            time.sleep(1)
            try:
                self.stack.up("up-broken", {releases.SWITCH: json.dumps({service: broken})})
            except Failed as failed:
                text = failed.text
            else:
                raise NotProven("the update with a release that cannot start succeeded")
            time.sleep(1)
        for expected in ("gave up on the new version", "exit code 3", "this release cannot start"):
            if expected not in text:
                raise NotProven(f"the update failed without saying {expected!r}: {text[-800:]}")
        if traffic.by_application():
            raise NotProven(f"requests were lost: {dict(traffic.lost)}")
        return (
            f"the update failed with the stop reason and the log's last line; {traffic.sent} requests meanwhile, "
            f"{traffic.by_application()} lost by the application, {traffic.by_emulator()} by the emulator"
        )
