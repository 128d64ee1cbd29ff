import proxy from "@fastify/http-proxy";
import type { FastifyInstance } from "fastify";

/** Pass /api on to the API, unchanged and unbuffered; answer plainly when it is away. */
export async function addProxy(app: FastifyInstance, apiUrl: string | null): Promise<void> {
  if (apiUrl === null) {
    app.all("/api/*", async (_request, reply) => reply.code(503).send({ detail: "No API is bound to this page." }));
    return;
  }
  // The API logs each request itself, with the same id.
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/api")) route.logLevel = "warn";
  });
  await app.register(proxy, {
    upstream: apiUrl,
    prefix: "/api",
    rewritePrefix: "/api",
    // Event streams are silent for up to 15 s between two signs of life.
    undici: { connections: 256, bodyTimeout: 60_000, headersTimeout: 30_000, connect: { timeout: 3_000 } },
    replyOptions: {
      // `expect` has been met by this server already, and the client library refuses to pass it on.
      rewriteRequestHeaders: (request, { expect: _, ...headers }) => ({ ...headers, "x-request-id": String(request.id) }),
      onError(reply, { error }) {
        reply.log.warn({ err: error }, "the API does not answer");
        void reply.code(502).send({ detail: "The API does not answer. Please try again in a moment." });
      },
    },
  });
}
