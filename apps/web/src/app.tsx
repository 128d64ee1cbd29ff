import { Composer } from "./composer.tsx";
import { JobList } from "./job-list.tsx";
import { StatusBar } from "./status-bar.tsx";
import { useBacking, useJobs } from "./store.ts";

export function App() {
  const { jobs, live, problem, retry, submit } = useJobs();
  const { info, readiness } = useBacking(live);
  return (
    <>
      <header class="masthead">
        <p class="brand">
          <Mark /> Strata <span>demo</span>
        </p>
        <StatusBar info={info} readiness={readiness} live={live} />
      </header>
      {problem !== null && (
        <div class="banner" role="alert" data-testid="banner">
          <p>
            <strong>{problem}</strong> The page keeps trying; what you have submitted is safe.
          </p>
          <button type="button" class="quiet" onClick={retry}>
            Try now
          </button>
        </div>
      )}
      <main>
        <section class="desk" aria-labelledby="desk-title">
          <h1 id="desk-title">Hand in a picture or a text.</h1>
          <p class="lead">Pictures come back as thumbnails, texts as numbers. Every step shows on this page as it happens.</p>
          <Composer info={info} onSubmit={submit} />
        </section>
        <JobList jobs={jobs} unreachable={problem !== null} />
      </main>
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M12 3 3 7.2l9 4.2 9-4.2z" fill="currentColor" />
      <path d="m3 12 9 4.2 9-4.2M3 16.8l9 4.2 9-4.2" fill="none" stroke="currentColor" stroke-width="1.8" />
    </svg>
  );
}
