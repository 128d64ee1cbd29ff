import { defineConfig } from "vite";

export default defineConfig({
  build: { outDir: "dist", target: "es2022" },
  // Outside the sources: those may be mounted read-only.
  cacheDir: "/tmp/vite",
});
