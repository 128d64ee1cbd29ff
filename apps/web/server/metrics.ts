import type { FastifyInstance } from "fastify";
import { Counter, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Count and time every request, under the names that the API uses too, and serve them at /metrics. */
export function addMetrics(app: FastifyInstance): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "http_requests_total",
    help: "HTTP requests.",
    labelNames: ["method", "endpoint", "status"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to answer a request.",
    labelNames: ["method", "endpoint"],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  app.addHook("onResponse", async (request, reply) => {
    const endpoint = request.routeOptions.url ?? "unmatched";
    requests.inc({ method: request.method, endpoint, status: reply.statusCode });
    const stream = String(reply.getHeader("content-type") ?? "").startsWith("text/event-stream");
    // A stream lasts as long as its page is open, which says nothing about how fast we answer.
    if (!stream) durations.observe({ method: request.method, endpoint }, reply.elapsedTime / 1000);
  });
  app.get("/metrics", { logLevel: "warn" }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
