import { useState } from "preact/hooks";
import type { FileTensor } from "../../core/requests";
import { bytes, significant } from "../../ui/format";
import { useUniqueId } from "../../ui/unique-id";

/** A model has hundreds of tensors; the filter finds the others. */
const kMostShown = 200;
/** So many are found at a glance, without a filter. */
const kFew = 8;

export interface TensorListProps {
  tensors: readonly FileTensor[];
  chosen: FileTensor | undefined;
  choose: (name: string) => void;
  shapeText: (shape: readonly number[]) => string;
}

export function TensorList({ tensors, chosen, choose, shapeText }: TensorListProps) {
  const [filter, setFilter] = useState("");
  const id = useUniqueId();
  const many = tensors.length > kFew;
  // What was typed for another file's tensors says nothing where there is no box that shows it.
  const found = many ? tensors.filter((tensor) => tensor.name.includes(filter)) : tensors;
  const shown = found.slice(0, kMostShown);
  return (
    <div class="tensor-list">
      {many ? (
        <div class="control">
          <label class="control-name" for={id}>
            Names with
          </label>
          <input
            id={id}
            type="search"
            class="cell"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </div>
      ) : null}
      <section class="scroll-box" tabIndex={0} aria-label="Tensors of the file">
        <table class="data-table">
          <thead>
            <tr>
              <th scope="col">tensor</th>
              <th scope="col">type</th>
              <th scope="col">shape</th>
              <th scope="col">bits a weight</th>
              <th scope="col">size</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((tensor) => (
              <tr key={tensor.name} class={tensor.name === chosen?.name ? "is-answer" : undefined}>
                <th scope="row">
                  <button
                    type="button"
                    class="plain-button"
                    aria-pressed={tensor.name === chosen?.name}
                    onClick={() => choose(tensor.name)}
                  >
                    {tensor.name || "the array"}
                  </button>
                </th>
                <td>{tensor.type}</td>
                <td>{shapeText(tensor.shape)}</td>
                <td>{significant(tensor.bits_per_weight, 5)}</td>
                <td>{bytes(tensor.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="hint" role="status">
        {found.length === 0
          ? "No tensor has such a name."
          : found.length > shown.length
            ? `${shown.length} of ${found.length} are listed; the filter finds the others.`
            : ""}
      </p>
    </div>
  );
}
