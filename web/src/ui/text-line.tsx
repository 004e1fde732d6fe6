import type { Field } from "../state/view-state";
import { useNotes } from "./notes";
import { useUniqueId } from "./unique-id";

/** A line of text; it counts once the reader leaves it or presses Enter. */
export function TextLine({ field, name }: { field: Field<string>; name: string }) {
  const id = useUniqueId();
  const notes = useNotes([field.key]);
  return (
    <div class="control">
      <label class="control-name" for={id}>
        {name}
      </label>
      <input
        id={id}
        class="select"
        disabled={notes.idle}
        {...notes.marks}
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={field.value}
        onChange={(event) => field.set(event.currentTarget.value)}
      />
      {notes.below}
    </div>
  );
}
