import type { Job } from "./api.ts";

export interface Listener {
  /** Connected (again): what was missed in between has to be read from the list. */
  onOpen(): void;
  onJob(job: Job): void;
  onLost(): void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/**
 * Follow the jobs until the returned function is called. Connects again with a growing pause: the browser's own
 * reconnection gives up for good when a proxy answers with an error, which is just what happens during a restart.
 */
export function follow(listener: Listener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;

  function connect(): void {
    source = new EventSource("/api/events");
    source.addEventListener("hello", () => {
      pause = FIRST_PAUSE;
      listener.onOpen();
    });
    source.addEventListener("job", (event) => listener.onJob(JSON.parse(event.data) as Job));
    source.onerror = () => {
      source?.close();
      listener.onLost();
      timer = setTimeout(connect, pause);
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    };
  }

  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
