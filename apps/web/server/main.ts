import { randomUUID } from "node:crypto";
import Fastify from "fastify";
import { addMetrics } from "./metrics.ts";
import { addLivePage, addPage } from "./page.ts";
import { addProxy } from "./proxy.ts";
import { loadSettings } from "./settings.ts";

const settings = loadSettings();

const app = Fastify({
  logger: {
    level: settings.logLevel,
    base: { service: settings.serviceName },
    messageKey: "event",
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  },
  requestIdHeader: "x-request-id",
  genReqId: () => randomUUID().replaceAll("-", ""),
  trustProxy: true,
  // Event streams never end by themselves and must not hold up the stop.
  forceCloseConnections: true,
});

addMetrics(app);
app.get("/health", { logLevel: "warn" }, async (_request, reply) => reply.type("text/plain").send("ok\n"));
await addProxy(app, settings.apiUrl);
await (settings.development ? addLivePage(app) : addPage(app));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    app.log.info("stopping");
    void app.close().finally(() => process.exit(0));
  });
}

await app.listen({ host: "0.0.0.0", port: settings.port });
