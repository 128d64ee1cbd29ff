import type { ImageResult, Job, JobState, TextResult } from "./api.ts";
import { ago, bytes, count, duration, elapsed, plural } from "./format.ts";
import { useNow } from "./store.ts";

const STATES: Record<JobState, string> = { queued: "Queued", processing: "Processing", done: "Done", failed: "Failed" };

export function JobList({ jobs, unreachable }: { jobs: readonly Job[] | null; unreachable: boolean }) {
  const now = useNow();
  const open = jobs?.filter((job) => job.state === "queued" || job.state === "processing").length ?? 0;
  return (
    <section class="jobs" aria-labelledby="jobs-title">
      <div class="jobs-head">
        <h2 id="jobs-title">Jobs</h2>
        <p role="status">{jobs?.length ? (open ? `${open} in work` : "all finished") : ""}</p>
      </div>
      {jobs === null && !unreachable && <p class="empty">Reading the list…</p>}
      {jobs?.length === 0 && <p class="empty">Nothing yet. What you hand in appears here.</p>}
      <ol>{jobs?.map((job) => <Row key={job.id} job={job} now={now} />)}</ol>
    </section>
  );
}

function Row({ job, now }: { job: Job; now: number }) {
  const name = job.filename ?? (job.kind === "text" ? "Text" : "Picture");
  return (
    <li class="job" data-testid="job-row" data-job-id={job.id} data-state={job.state}>
      <Preview job={job} name={name} />
      <div class="job-body">
        <p class="job-title">
          <a href={job.file_url} target="_blank" rel="noopener">
            {name}
          </a>
          <span class="state">{STATES[job.state]}</span>
        </p>
        {job.kind === "text" && job.excerpt && <p class="excerpt">{job.excerpt}</p>}
        {job.error !== null && <p class="job-error">{job.error}</p>}
        {job.result?.kind === "image" && <ImageFacts result={job.result} size={job.size_bytes} />}
        {job.result?.kind === "text" && <TextFacts result={job.result} />}
        <p class="meta">
          <time dateTime={job.created_at}>{ago(job.created_at, now)}</time>
          <span>{job.queue}</span>
          {job.finished_at !== null && <span>took {elapsed(job.created_at, job.finished_at)}</span>}
          {job.attempts > 1 && <span>attempt {job.attempts}</span>}
        </p>
      </div>
    </li>
  );
}

function Preview({ job, name }: { job: Job; name: string }) {
  if (job.thumbnail_url !== null && job.result?.kind === "image") {
    const { thumbnail_width: width, thumbnail_height: height } = job.result;
    return (
      <a class="preview" href={job.file_url} target="_blank" rel="noopener" tabIndex={-1}>
        <img data-testid="thumbnail" src={job.thumbnail_url} width={width} height={height} alt={`Thumbnail of ${name}`} />
      </a>
    );
  }
  return (
    <span class="preview" aria-hidden="true">
      {job.kind === "text" ? <TextGlyph /> : <PictureGlyph />}
    </span>
  );
}

function ImageFacts({ result, size }: { result: ImageResult; size: number }) {
  return (
    <dl class="facts">
      <Fact name="Picture" value={`${count(result.width)} × ${count(result.height)}`} />
      <Fact name="Thumbnail" value={`${result.thumbnail_width} × ${result.thumbnail_height}`} />
      <Fact name={result.format} value={`${bytes(size)} to ${bytes(result.thumbnail_bytes)}`} />
    </dl>
  );
}

function TextFacts({ result }: { result: TextResult }) {
  return (
    <>
      <dl class="facts" data-testid="text-result">
        <Fact name="Words" value={count(result.words)} />
        <Fact name="Characters" value={count(result.characters)} />
        <Fact name="Lines" value={count(result.lines)} />
        <Fact name="Reading time" value={duration(result.reading_seconds)} />
      </dl>
      <ul class="words" aria-label="Most frequent words">
        {result.top_words.slice(0, 6).map(({ word, count: times }) => (
          <li key={word} title={plural(times, "time")}>
            {word}
            {times > 1 && <b>{times}</b>}
          </li>
        ))}
      </ul>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function TextGlyph() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24">
      <path d="M5 7h14M5 12h14M5 17h8" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  );
}

function PictureGlyph() {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24">
      <path
        d="M4 6h16v12H4zM4 16l5-5 4 4 3-2.5 4 3.5"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linejoin="round"
      />
    </svg>
  );
}
