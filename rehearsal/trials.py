"""What a rehearsal does to a running stack: kills tasks, rolls releases out, and lets one fail."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from components.model.image import Build
from components.targets.local_daemon import client
from rehearsal import place as places
from rehearsal import work
from rehearsal.door import Door
from rehearsal.place import Place
from rehearsal.registry import tags
from rehearsal.show import NotProven
from rehearsal.stack import Failed, Rehearsed
from rehearsal.traffic import RATE, Traffic

PATIENCE = 180.0
LEAVING = 30.0
"""Seconds that a task of before may take to go once the update has ended: the emulator stops it a while after."""
INFO = "/api/info"
DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
BROKEN = 'CMD ["sh", "-c", "echo this release cannot start; exit 3"]'


@dataclass
class Trials:
    """The trials of one running stack."""

    stack: Rehearsed
    place: Place
    door: Door

    def kill(self, service: str, path: str, door: Door | None = None) -> str:
        """Kill a service's task; how long until it answers well again, and a new task runs."""
        before, began = self._kill(service)
        lost = 0
        while True:
            try:
                good = (door or self.door).get(path, patience=5).status < 400
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
            if one["type"] == DEFINITION and one["urn"].endswith(f"::{service}-task")
        ]
        return next(str(one["image"]) for one in found[0] if one["name"] == service)

    def roll_out(self, service: str, build: Build) -> str:
        """Change a service's source and update while requests flow; none may be lost by the application."""
        before = self.image_of(service)
        self.stack.source.version(build, "next")
        said = self._meanwhile(service, lambda: self.stack.up("up-next"))
        if self.image_of(service) == before:
            raise NotProven(f"its source has changed, and {service} runs the image of before, {before}")
        return said

    def go_back(self, service: str, first: str) -> str:
        """`make rollback`, and `RELEASE=latest` after it, while requests flow: nothing is built or pushed, nothing is
        lost, and each time a preview finds nothing to do. `first` is the image of the first release."""
        newest = self.image_of(service)
        back = self._to(service, first, "back")
        forward = self._to(service, newest, "forward", "--release", "latest")
        return f"back: {back}; forward: {forward}; nothing built, nothing pushed, previews without a change"

    def _to(self, service: str, image: str, name: str, *words: str) -> str:
        held = tags(self.place.registry)
        if image.partition("/")[2] not in held:
            raise NotProven(f"the registry has {', '.join(sorted(held)) or 'nothing'}, not {image}")
        said = self._meanwhile(service, lambda: self.stack.rollback(name, *words))
        if (now := self.image_of(service)) != image:
            raise NotProven(f"{said}; {service} is described with {now}, not {image}")
        if more := tags(self.place.registry) - held:
            raise NotProven(f"images were pushed: {', '.join(sorted(more))}")
        if changed := self.stack.changes(f"preview-{name}"):
            raise NotProven(f"a preview after it would change {', '.join(changed)}")
        return said

    def _meanwhile(self, service: str, update: Callable[[], object]) -> str:
        """Update while requests flow, until the last task of before has gone."""
        with Traffic(self.door, INFO) as traffic:
            time.sleep(2)
            update()
            alone = self._alone(service)
            time.sleep(2)
        said = (
            f"{traffic.sent} requests at {RATE:g} a second, {traffic.by_application()} lost by the application, "
            f"{traffic.by_emulator()} by the emulator"
        )
        if alone:
            raise NotProven(f"{said}; {alone}")
        if traffic.by_application() or len(traffic.answers) < 2:
            raise NotProven(f"{said}; answers by {len(traffic.answers)} instances; {dict(traffic.lost)}")
        return said

    def _alone(self, service: str) -> str:
        """Wait until a service's tasks run nothing but the image that is described; else what they run instead."""
        image, until = self.image_of(service), time.monotonic() + LEAVING
        # The emulator runs an image by its digest; the tag is what the description says.
        wanted = {str(client().images.get(image).id)}
        while (runs := {str(one.attrs["Image"]) for one in places.tasks(self.place, service)}) != wanted:
            if time.monotonic() > until:
                return f"{service} runs {', '.join(sorted(runs)) or 'nothing'} after {LEAVING:g} s, not {image} alone"
            time.sleep(0.5)
        return ""

    def roll_back(self, service: str, build: Build) -> str:
        """A version that cannot start: the update fails and says why, and the old one goes on answering."""
        with self.stack.source.broken(build, "broken", BROKEN), Traffic(self.door, INFO) as traffic:
            time.sleep(1)
            try:
                self.stack.up("up-broken")
            except Failed as failed:
                text = failed.text
            else:
                raise NotProven(f"the update of {service} with a version that cannot start succeeded")
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
