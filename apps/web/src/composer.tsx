import { useEffect, useRef, useState } from "preact/hooks";
import type { Info } from "./api.ts";
import { bytes } from "./format.ts";

const MOST_BYTES = 10 * 1024 * 1024;
const TYPES = "image/jpeg,image/png,image/gif,image/webp,text/plain,.txt,.md";

interface Props {
  info: Info | null;
  onSubmit(content: File | string, queue: string | null): Promise<void>;
}

/** Where jobs are made: by dropping, choosing or pasting files, or by writing. */
export function Composer({ info, onSubmit }: Props) {
  const [files, setFiles] = useState<File[]>([]);
  const [text, setText] = useState("");
  const [queue, setQueue] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const refused = info !== null && !info.accepts_jobs;

  function choose(chosen: Iterable<File>): void {
    const all = [...chosen];
    const large = all.find((file) => file.size > MOST_BYTES);
    setProblem(large ? `${large.name} has ${bytes(large.size)}; the limit is 10 MB.` : null);
    setFiles(all.filter((file) => file.size <= MOST_BYTES));
  }

  useEffect(() => {
    function paste(event: ClipboardEvent): void {
      const pasted = event.clipboardData?.files;
      if (pasted?.length) choose(pasted);
    }
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const contents: (File | string)[] = [...files, ...(text.trim() ? [text] : [])];
    if (contents.length === 0) {
      setProblem("Choose a file or write a text first.");
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      // One after the other, so that what has been taken in is not sent again when a later one fails.
      for (const content of contents) {
        await onSubmit(content, queue);
        if (typeof content === "string") setText("");
        else setFiles((left) => left.filter((file) => file !== content));
      }
      form.current?.reset();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form class="composer" ref={form} onSubmit={(event) => void submit(event)} aria-busy={busy}>
      <DropZone files={files} onChoose={choose} />
      <label class="field">
        <span>Or a text</span>
        <textarea
          data-testid="text-input"
          name="text"
          rows={4}
          placeholder="Write or paste something to be counted"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
          }}
        />
      </label>
      {problem !== null && (
        <p class="problem" role="alert" data-testid="form-error">
          {problem}
        </p>
      )}
      {refused && (
        <p class="problem" role="status">
          Nothing can be handed in here: the {info.missing.join(" and the ")} {info.missing.length > 1 ? "are" : "is"} not
          bound to the API.
        </p>
      )}
      <div class="actions">
        {info !== null && info.queues.length > 1 && <QueueChoice queues={info.queues} onChoose={setQueue} />}
        <button type="submit" class="primary" data-testid="submit" disabled={busy || refused}>
          {busy ? "Handing in…" : "Hand in"}
        </button>
      </div>
    </form>
  );
}

function DropZone({ files, onChoose }: { files: File[]; onChoose(files: Iterable<File>): void }) {
  const [over, setOver] = useState(false);
  return (
    <label
      class={`drop${over ? " over" : ""}${files.length ? " filled" : ""}`}
      data-testid="drop-zone"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) onChoose(event.dataTransfer.files);
      }}
    >
      <input
        class="unseen"
        data-testid="file-input"
        type="file"
        name="file"
        multiple
        accept={TYPES}
        onChange={(event) => onChoose(event.currentTarget.files ?? [])}
      />
      {files.length === 0 ? (
        <>
          <strong>Drop a file here, or choose one</strong>
          <span>JPEG, PNG, GIF, WebP or plain text, up to 10 MB</span>
        </>
      ) : (
        <>
          {files.map((file) => (
            <Chosen key={`${file.name}${file.lastModified}`} file={file} />
          ))}
          <span>Drop or choose to replace</span>
        </>
      )}
    </label>
  );
}

function Chosen({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file.type.startsWith("image/")) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <span class="chosen">
      {url !== null && <img src={url} alt="" />}
      <span>
        <strong>{file.name}</strong>
        <span>{bytes(file.size)}</span>
      </span>
    </span>
  );
}

function QueueChoice({ queues, onChoose }: { queues: string[]; onChoose(queue: string): void }) {
  return (
    <label class="choice">
      <span>Queue</span>
      <select data-testid="queue-select" onChange={(event) => onChoose(event.currentTarget.value)}>
        {queues.map((queue) => (
          <option key={queue}>{queue}</option>
        ))}
      </select>
    </label>
  );
}
