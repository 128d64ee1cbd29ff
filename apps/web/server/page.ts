import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serve the built page; its assets carry their content in their names and may be kept for ever. */
export async function addPage(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: `${ROOT}dist`,
    cacheControl: false,
    setHeaders(reply, path) {
      const lasting = path.includes("/assets/");
      reply.header("cache-control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
      reply.header("x-content-type-options", "nosniff");
      reply.header("referrer-policy", "same-origin");
      reply.header("content-security-policy", POLICY);
    },
  });
}

/** Serve the page from its sources, each change of which shows in the browser at once. */
export async function addLivePage(app: FastifyInstance): Promise<void> {
  const [{ createServer }, { default: middie }] = await Promise.all([import("vite"), import("@fastify/middie")]);
  const vite = await createServer({
    root: ROOT,
    // Read directly: the other loaders write beside the sources, which may be mounted from somebody else's folder.
    configLoader: "native",
    appType: "spa",
    server: { middlewareMode: true, hmr: { server: app.server }, allowedHosts: true },
  });
  await app.register(middie);
  app.addHook("onClose", async () => vite.close());
  app.use((request, response, next) => {
    if (/^\/(api|health|metrics)(\/|\?|$)/.test(request.url ?? "")) next();
    else vite.middlewares(request, response, next);
  });
}
