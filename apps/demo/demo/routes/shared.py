"""What the routes take from the application."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from demo.feed import Feed
from demo.intake import Intake
from demo.jobs import Jobs
from demo.services import Services
from demo.storage import Storage


def services(request: Request) -> Services:
    """The services of this process."""
    found: Services = request.app.state.services
    return found


Bound = Annotated[Services, Depends(services)]


def _unbound(what: str) -> HTTPException:
    return HTTPException(503, f"This needs the {what}, which is not bound to this service.")


def bound_jobs(bound: Bound) -> Jobs:
    """The jobs, or 503 without a database."""
    if bound.jobs is None:
        raise _unbound("database")
    return bound.jobs


def bound_storage(bound: Bound) -> Storage:
    """The object store, or 503 without one."""
    if bound.storage is None:
        raise _unbound("object store")
    return bound.storage


def bound_feed(bound: Bound) -> Feed:
    """The live changes, or 503 without a database."""
    if bound.feed is None:
        raise _unbound("database")
    return bound.feed


def bound_intake(bound: Bound) -> Intake:
    """What takes jobs in, or 503 naming what it lacks."""
    if bound.intake is None:
        raise _unbound(" and the ".join(bound.missing))
    return bound.intake
