import type { Field } from "../state/view-state";
import { useNotes } from "./notes";
import { useUniqueId } from "./unique-id";

/** A place to paste text into. */
export function TextArea({ field, name, hint }: { field: Field<string>; name: string; hint?: string }) {
  const id = useUniqueId();
  const notes = useNotes([field.key], { hint });
  return (
    <div class="control span">
      <label class="control-name" for={id}>
        {name}
      </label>
      <textarea
        id={id}
        class="text-area"
        disabled={notes.idle}
        {...notes.marks}
        rows={6}
        spellcheck={false}
        autocomplete="off"
        value={field.value}
        onInput={(event) => field.set(event.currentTarget.value)}
      />
      {notes.below}
    </div>
  );
}
