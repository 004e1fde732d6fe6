import { useEffect, useState } from "preact/hooks";
import { useUniqueId } from "../../ui/unique-id";

/** Shows only the words that match; the list itself stands in the page. */
export function Search() {
  const id = useUniqueId();
  const [sought, setSought] = useState("");
  const [shown, setShown] = useState<number | undefined>(undefined);
  useEffect(() => {
    const entries = [...document.querySelectorAll<HTMLElement>("#glossary-list > div")];
    const words = sought.toLowerCase().trim();
    for (const entry of entries) entry.hidden = !(entry.textContent ?? "").toLowerCase().includes(words);
    setShown(entries.filter((entry) => !entry.hidden).length);
  }, [sought]);
  return (
    <div class="search needs-script">
      <label for={id}>Find a word</label>
      <input
        id={id}
        type="search"
        class="select"
        value={sought}
        onInput={(event) => setSought(event.currentTarget.value)}
      />
      <p class="hint" role="status">
        {sought === "" || shown === undefined ? "" : shown === 1 ? "1 word" : `${shown} words`}
      </p>
    </div>
  );
}
