-- One row for each finished job; a job that is processed twice overwrites its own result.
CREATE TABLE results (
    job_id        uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    data          jsonb NOT NULL,
    thumbnail_key text,
    created_at    timestamptz NOT NULL DEFAULT now()
);
