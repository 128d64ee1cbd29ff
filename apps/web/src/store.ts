import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getInfo, getJobs, getReadiness, submitJob } from "./api.ts";
import type { Info, Job, Readiness } from "./api.ts";
import { follow } from "./live.ts";

const SHOWN = 50;
const INFO_EVERY = 10_000;

/** Put jobs into a list, the newest first; an older state never replaces a newer one of the same job. */
export function merge(current: readonly Job[], incoming: readonly Job[]): Job[] {
  const byId = new Map(current.map((job) => [job.id, job]));
  for (const job of incoming) {
    const known = byId.get(job.id);
    if (!known || known.revision <= job.revision) byId.set(job.id, job);
  }
  return [...byId.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, SHOWN);
}

export interface Jobs {
  /** null until the first answer. */
  readonly jobs: readonly Job[] | null;
  readonly live: boolean;
  /** Why the list cannot be read, in words, or null. */
  readonly problem: string | null;
  retry(): void;
  submit(content: File | string, queue: string | null): Promise<void>;
}

/** The jobs, kept up to date. */
export function useJobs(): Jobs {
  const [jobs, setJobs] = useState<Job[] | null>(null);
  const [live, setLive] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = useCallback((incoming: readonly Job[]) => setJobs((current) => merge(current ?? [], incoming)), []);

  const load = useCallback(async () => {
    try {
      add(await getJobs(SHOWN));
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }, [add]);

  useEffect(() => {
    void load();
    return follow({
      onOpen: () => {
        setLive(true);
        void load();
      },
      onJob: (job) => add([job]),
      onLost: () => {
        setLive(false);
        void load();
      },
    });
  }, [add, load]);

  const submit = async (content: File | string, queue: string | null): Promise<void> => {
    add([await submitJob(content, queue)]);
    setProblem(null);
  };
  return { jobs, live, problem, retry: () => void load(), submit };
}

export interface Backing {
  readonly info: Info | null;
  readonly readiness: Readiness | null;
}

/** Which services back the page, and how they are; asked every few seconds while the page is visible. */
export function useBacking(live: boolean): Backing {
  const [backing, setBacking] = useState<Backing>({ info: null, readiness: null });
  const asking = useRef(false);

  useEffect(() => {
    async function look(): Promise<void> {
      if (asking.current || document.hidden) return;
      asking.current = true;
      try {
        const [info, readiness] = await Promise.all([getInfo(), getReadiness()]);
        setBacking({ info, readiness });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setBacking((known) => ({ info: known.info, readiness: null }));
      } finally {
        asking.current = false;
      }
    }
    void look();
    const timer = setInterval(() => void look(), INFO_EVERY);
    return () => clearInterval(timer);
  }, [live]);
  return backing;
}

/** The present, renewed often enough for "12 s ago". */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
