"""A small system whose data services, gateway and watchers are containers of ours, by the settings of its stack."""

from strata import Gateway, Grafana, Http, Monitoring, Postgres, Prometheus, RabbitMQ, Redis, Secret, Service, System

db = Postgres("db", version="16", extensions=["pg_trgm"])
cache = Redis("cache", password=Secret("cache-password"))
jobs = RabbitMQ("jobs", queues=["mail"])
web = Service("web", image="nginx:alpine", port=80, needs=[db, cache, jobs], health=Http("/"), metrics="/metrics")
prometheus = Prometheus()
system = System("contained", data=[db, cache, jobs], app=[web], gateway=Gateway(routes={"/": web}),
                monitoring=Monitoring(prometheus=prometheus, grafana=Grafana(prometheus=prometheus)))  # fmt: skip
