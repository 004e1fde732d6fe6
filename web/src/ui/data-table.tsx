export interface TableData {
  caption: string;
  /** Heads; a head with a unit says it: "size (GiB)". */
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** Columns of words, which may wrap. */
  words?: readonly number[];
  /** How many of the first columns name a row, together; 0 where the rows are a list and have no names. */
  naming?: number;
}

/** The numbers behind a picture, in their own scrolling box. */
export function DataTable({ caption, columns, rows, words = [], naming = 1 }: TableData) {
  const classOf = (i: number) => (words.includes(i) ? "words" : undefined);
  return (
    // A group and no region: figures alike have tables of one caption, and each region is a landmark of its own.
    <div class="scroll-box" role="group" tabIndex={0} aria-label={caption}>
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
              {row.map((cell, i) =>
                i < naming && cell !== "" ? (
                  <th key={i} scope="row" class={classOf(i)}>
                    {cell}
                  </th>
                ) : (
                  <td key={i} class={classOf(i)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
