/** What the API tells, and how to ask it. */

export type JobState = "queued" | "processing" | "done" | "failed";

export interface TextResult {
  kind: "text";
  words: number;
  unique_words: number;
  characters: number;
  lines: number;
  reading_seconds: number;
  top_words: { word: string; count: number }[];
}

export interface ImageResult {
  kind: "image";
  format: string;
  width: number;
  height: number;
  thumbnail_width: number;
  thumbnail_height: number;
  thumbnail_bytes: number;
}

export interface Job {
  id: string;
  kind: "image" | "text";
  state: JobState;
  queue: string;
  filename: string | null;
  excerpt: string | null;
  size_bytes: number;
  attempts: number;
  error: string | null;
  result: TextResult | ImageResult | null;
  file_url: string;
  thumbnail_url: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  revision: number;
}

export interface Info {
  service: string;
  version: string;
  instance: string;
  database: string | null;
  cache: "redis" | null;
  queue: "rabbitmq" | "redis" | null;
  queues: string[];
  storage: string | null;
  accepts_jobs: boolean;
  missing: string[];
}

export interface Readiness {
  status: "ready" | "unavailable";
  down: string[];
  checks: Record<string, string>;
}

/** A refusal in words for the person; `offline` when it was no refusal but silence. */
export class ApiError extends Error {
  readonly offline: boolean;

  constructor(message: string, offline: boolean) {
    super(message);
    this.offline = offline;
  }
}

const SILENCE = "The server does not answer.";

async function ask(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(`/api${path}`, { ...init, headers: { accept: "application/json" } });
  } catch {
    throw new ApiError(SILENCE, true);
  }
}

async function read<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const body: unknown = await response.json().catch(() => null);
  const detail = body && typeof body === "object" && "detail" in body ? body.detail : null;
  const message = typeof detail === "string" ? detail : `The server answered with an error (${response.status}).`;
  throw new ApiError(message, response.status === 502 || response.status === 504);
}

export async function getJobs(limit: number): Promise<Job[]> {
  return (await read<{ jobs: Job[] }>(await ask(`/jobs?limit=${limit}`))).jobs;
}

export async function getInfo(): Promise<Info> {
  return read<Info>(await ask("/info"));
}

/** Which services answer; an API that is not ready says so with status 503 and the same body. */
export async function getReadiness(): Promise<Readiness> {
  const response = await ask("/ready");
  return response.status === 503 ? ((await response.json()) as Readiness) : read<Readiness>(response);
}

export async function submitJob(content: File | string, queue: string | null): Promise<Job> {
  const form = new FormData();
  if (typeof content === "string") form.set("text", content);
  else form.set("file", content);
  if (queue) form.set("queue", queue);
  return read<Job>(await ask("/jobs", { method: "POST", body: form }));
}
