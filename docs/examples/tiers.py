"""Strata's tiers in a Pulumi program of your own: no System, no settings, any mix with other resources."""

import pulumi

from strata import AppTier, DataTier, DockerTarget, Gateway, Http, Postgres, Redis, Service, started

target = DockerTarget()

db = Postgres("db", version="16", database="shop")
cache = Redis("cache", maxmemory="64MB", policy="allkeys-lru")
data = DataTier("data", services=[db, cache], target=target)

api = Service("api", image="nginx:alpine", port=80, needs=[db, cache], health=Http("/"))
worker = Service("worker", image="nginx:alpine", needs=[db, api], after=[started(api)])
door = Gateway(routes={"/": api}, port=8090)
app = AppTier("app", services=[api, worker, door], target=target, bound=[data])

# Whatever your program adds may wait for a service, or be told where it is.
pulumi.export("url", app.bound["gateway"].endpoints[""])
pulumi.export("database", data.bound["db"].facts["host"])
