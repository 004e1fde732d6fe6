export interface TableData {
  caption: string;
  /** Heads; a head with a unit says it: "size (GiB)". */
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** Columns of words, which may wrap. */
  words?: readonly number[];
}

/** The numbers behind a picture, in their own scrolling box. */
export function DataTable({ caption, columns, rows, words = [] }: TableData) {
  const classOf = (i: number) => (words.includes(i) ? "words" : undefined);
  return (
    <section class="scroll-box" tabIndex={0} aria-label={caption}>
      <table class="data-table">
        <caption>
          <span class="caption-words">{caption}</span>
        </caption>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={column} scope="col" class={classOf(i)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, i) => (
                <td key={i} class={classOf(i)}>
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
