import { readFileSync } from "node:fs";

/** What the server reads from its environment. */
export interface Settings {
  /** Address of the API without a trailing slash, or null when none is bound. */
  readonly apiUrl: string | null;
  readonly port: number;
  readonly serviceName: string;
  readonly logLevel: string;
  readonly development: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a key, or of the file that `<key>_FILE` names; an empty value counts as absent. */
export function binding(environment: Environment, key: string): string | undefined {
  const value = environment[key] || undefined;
  const file = environment[`${key}_FILE`] || undefined;
  if (value && file) throw new Error(`${key} and ${key}_FILE are both set; set one of them`);
  return file ? readFileSync(file, "utf8").replace(/[\r\n]+$/, "") : value;
}

export function loadSettings(environment: Environment = process.env): Settings {
  const port = Number(binding(environment, "PORT") ?? 3000);
  if (!Number.isInteger(port)) throw new Error("PORT is not a number");
  return {
    apiUrl: binding(environment, "API_URL")?.replace(/\/+$/, "") ?? null,
    port,
    serviceName: binding(environment, "SERVICE_NAME") ?? "web",
    logLevel: (binding(environment, "LOG_LEVEL") ?? "info").toLowerCase(),
    development: environment["NODE_ENV"] === "development",
  };
}
