import { useState } from "preact/hooks";
import { useUniqueId } from "./unique-id";

export interface FileInputProps {
  label: string;
  /** Endings, as the browser's own dialog filters by them: ".npy,.gguf". */
  accept: string;
  take: (file: File) => void;
}

/** A place to drop a file on, which is also the button that asks for one. */
export function FileInput({ label, accept, take }: FileInputProps) {
  const [over, setOver] = useState(false);
  const id = useUniqueId();
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
      <input id={id} type="file" accept={accept} onChange={(event) => first(event.currentTarget.files)} />
    </div>
  );
}
