import type { Field } from "../state/view-state";
import { Problem } from "./problems";
import { useUniqueId } from "./unique-id";

/** A place to paste text into. */
export function TextArea({ field, name, hint }: { field: Field<string>; name: string; hint?: string }) {
  const id = useUniqueId();
  return (
    <div class="control span">
      <label class="control-name" for={id}>
        {name}
      </label>
      <textarea
        id={id}
        class="text-area"
        rows={6}
        spellcheck={false}
        autocomplete="off"
        value={field.value}
        onInput={(event) => field.set(event.currentTarget.value)}
      />
      {hint ? <p class="hint">{hint}</p> : null}
      <Problem field={field.key} />
    </div>
  );
}
