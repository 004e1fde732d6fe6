import type { ComponentChildren } from "preact";

export interface ProseTableProps {
  /** What the table is about, for those who do not see it. */
  label: string;
  heads: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}

/** A table of words that belongs to the text. On a narrow screen each row becomes a short list under its first cell. */
export function ProseTable({ label, heads, rows }: ProseTableProps) {
  return (
    <section class="scroll-box is-whole wide" tabIndex={0} aria-label={label}>
      <table class="data-table is-prose">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, r) => (
            <tr key={r}>
              <th scope="row">{cells[0]}</th>
              {cells.slice(1).map((cell, i) => (
                <td key={i} data-head={heads[i + 1]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
