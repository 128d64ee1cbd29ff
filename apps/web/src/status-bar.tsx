import type { Info, Readiness } from "./api.ts";

interface Part {
  key: string;
  name: string;
  detail: string | null;
}

/** What backs the page: each service with its state, in words for those who do not see the colour. */
export function StatusBar({ info, readiness, live }: { info: Info | null; readiness: Readiness | null; live: boolean }) {
  return (
    <ul class="status" aria-label="Services behind this page" data-testid="status-bar">
      {info !== null &&
        parts(info).map((part) => {
          const state = stateOf(part, readiness);
          return (
            <li key={part.key} class={state.tone} title={state.words} data-service={part.key} data-tone={state.tone}>
              <span class="what">{part.name}</span> {part.detail ?? "none"}
              <span class="unseen"> ({state.words})</span>
            </li>
          );
        })}
      <li class={live ? "good" : "bad"} data-service="live" data-tone={live ? "good" : "bad"}>
        <span class="what">Updates</span> {live ? "live" : "reconnecting"}
      </li>
    </ul>
  );
}

function parts(info: Info): Part[] {
  const known = info.database !== null && info.database !== "unreachable";
  const database = known ? `PostgreSQL ${info.database}` : info.database;
  const queue = info.queue === "rabbitmq" ? "RabbitMQ" : info.queue === "redis" ? "Redis" : null;
  return [
    { key: "database", name: "Database", detail: database },
    { key: "queue", name: "Queue", detail: queue },
    { key: "storage", name: "Files", detail: info.storage },
    { key: "redis", name: "Cache", detail: info.cache === "redis" ? "Redis" : null },
  ];
}

function stateOf(part: Part, readiness: Readiness | null): { tone: "good" | "bad" | "off"; words: string } {
  if (part.detail === null) return { tone: "off", words: "not bound" };
  if (readiness === null) return { tone: "bad", words: "not known, the API does not answer" };
  const check = readiness.checks[part.key] ?? "ok";
  return check === "ok" ? { tone: "good", words: "answers" } : { tone: "bad", words: check };
}
