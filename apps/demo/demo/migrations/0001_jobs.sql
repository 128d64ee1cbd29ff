-- The row is the truth about a job; what travels through the queue is only its id.
CREATE TABLE jobs (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('image', 'text')),
    state         text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'processing', 'done', 'failed')),
    queue         text NOT NULL,
    filename      text,
    excerpt       text,
    content_type  text NOT NULL,
    size_bytes    integer NOT NULL CHECK (size_bytes >= 0),
    source_key    text NOT NULL,
    error         text,
    attempts      integer NOT NULL DEFAULT 0,
    worker        text,
    lease_until   timestamptz,
    request_id    text,
    traceparent   text,
    revision      bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    dispatched_at timestamptz,
    started_at    timestamptz,
    finished_at   timestamptz,
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);
CREATE INDEX jobs_changed ON jobs (updated_at);
CREATE INDEX jobs_unfinished ON jobs (queue, created_at) WHERE state IN ('queued', 'processing');

-- Only a change that a reader can see makes a new revision: leases and dispatches do not.
CREATE FUNCTION jobs_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TRIGGER jobs_touch BEFORE UPDATE OF state, error ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_touch();
