import { useState } from "preact/hooks";
import { useNotes } from "./notes";
import type { Fault } from "./problems";
import { useUniqueId } from "./unique-id";

export interface FileInputProps {
  label: string;
  /** Endings, as the browser's own dialog filters by them: ".npy,.gguf". */
  accept: string;
  take: (file: File) => void;
  /** What is wrong with the file, where it is not the core that reads it. */
  wrong?: string | undefined;
}

/** What is wrong with a file may be named after any part of it. */
const isOfFile: Fault = ({ code }) => ["bad_file", "unsupported", "too_large"].includes(code);

/** A place to drop a file on, which is also the button that asks for one. */
export function FileInput({ label, accept, take, wrong }: FileInputProps) {
  const [over, setOver] = useState(false);
  const id = useUniqueId();
  const notes = useNotes(isOfFile, { wrong });
  const first = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) take(file);
  };
  const drag = (inside: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <div
      class="control span drop"
      role="group"
      aria-label={label}
      data-over={over ? "" : undefined}
      onDragEnter={drag(true)}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(event) => {
        drag(false)(event);
        first(event.dataTransfer?.files);
      }}
    >
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept={accept}
        disabled={notes.idle}
        {...notes.marks}
        onChange={(event) => first(event.currentTarget.files)}
      />
      {notes.below}
    </div>
  );
}
