// Tables that others have published, with where each was printed. Numbers are compared inside one table only.
import data from "#data/published.json";

export interface PublishedColumn {
  key: string;
  name: string;
  unit: string;
  baseline?: number;
  better?: "lower" | "higher";
}
export interface PublishedRow {
  name: string;
  setting?: string;
  [key: string]: string | number | undefined;
}
export interface PublishedTable {
  id: string;
  paper: string;
  arxiv?: string;
  url?: string;
  table: string;
  model: string;
  title: string;
  setting: string;
  columns: readonly PublishedColumn[];
  rows: readonly PublishedRow[];
  note?: string;
}

export const published = data.tables as unknown as readonly PublishedTable[];

export function tableOf(id: string): PublishedTable {
  const found = published.find((table) => table.id === id);
  if (!found) throw new Error(`data/published.json has no table '${id}'`);
  return found;
}

/** One number of a table, for the text to quote. */
export function valueIn(id: string, row: string, column: string): number {
  const value = tableOf(id).rows.find((r) => r.name === row)?.[column];
  if (typeof value !== "number") throw new Error(`table '${id}' has no number '${column}' in row '${row}'`);
  return value;
}

export const headOf = ({ name, unit }: PublishedColumn): string => (unit ? `${name} (${unit})` : name);

/** Paper, table and setting, with a way to get there. */
export function Source({ table }: { table: PublishedTable }) {
  const address = table.arxiv ? `https://arxiv.org/abs/${table.arxiv}` : table.url;
  return (
    <>
      {address ? <a href={address}>{table.paper}</a> : table.paper}
      {table.arxiv ? ` (arXiv ${table.arxiv})` : ""}, {table.table}. {table.model}; {table.setting}.
      {table.note ? ` ${table.note}` : ""}
    </>
  );
}

/** The whole table as it was printed. */
export function Published({ id }: { id: string }) {
  const table = tableOf(id);
  const settings = table.rows.some((row) => row.setting !== undefined);
  return (
    <div class="published wide">
      <section class="scroll-box is-whole" tabIndex={0} aria-label={table.title}>
        <table class="data-table">
          <caption>
            <span class="caption-words">{table.title}</span>
          </caption>
          <thead>
            <tr>
              <th scope="col">method</th>
              {settings ? <th scope="col">setting</th> : null}
              {table.columns.map((column) => (
                <th scope="col" key={column.key}>
                  {headOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, i) => (
              <tr key={i}>
                <th scope="row">{row.name}</th>
                {settings && (row.setting ? <th scope="row">{row.setting}</th> : <td />)}
                {table.columns.map((column) => (
                  <td key={column.key}>
                    {row[column.key]?.toLocaleString("en", { maximumFractionDigits: 6 })}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="source">
        <Source table={table} />
      </p>
    </div>
  );
}
