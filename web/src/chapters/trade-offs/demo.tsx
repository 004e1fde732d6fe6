import { Bars } from "../../charts/bars";
import { fixed } from "../../core/fixed";
import { viewState } from "../../state/view-state";
import { Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { significant } from "../../ui/format";
import {
  headOf,
  type PublishedColumn,
  type PublishedTable,
  published,
  Source,
  tableOf,
} from "../shared/published";

export { MeasuredHere } from "./measured";
export { SpeedHere } from "./speed";

const kShown = ["squeezellm-1", "llama-cpp-quantize", "llama-cpp-scoreboard", "awq-4", "quarot-1", "kivi-3"];
const kTables = kShown.map((id) => [id, tableOf(id).title] as const);

const view = viewState("trade-offs", { table: "llama-cpp-quantize", column: "writing" });
const result = fixed({ tables: published });

const tableNow = (): PublishedTable =>
  published.find((t) => t.id === view.value.table) ?? tableOf(kShown[0]!);
const columnNow = (table: PublishedTable): PublishedColumn =>
  table.columns.find((column) => column.key === view.value.column) ?? table.columns[0]!;

export function PublishedChart() {
  const table = tableNow();
  const column = columnNow(table);
  return (
    <Figure
      title="What others have measured, one table at a time"
      lead={<Source table={table} />}
      result={result}
      view={view}
      controls={
        <>
          <Select field={view.field("table")} name="Table" options={kTables} />
          <Select
            field={{ ...view.field("column"), value: column.key }}
            name="Column"
            options={table.columns.map((c) => [c.key, headOf(c)] as const)}
          />
        </>
      }
      sentence={() => (
        <>
          {column.better === "lower"
            ? "Lower is better. "
            : column.better === "higher"
              ? "Higher is better. "
              : ""}
          {column.baseline === undefined ? null : (
            <>
              The line is 16 bits: <b class="is-good">{significant(column.baseline, 6)}</b>.{" "}
            </>
          )}
          Another table may have another line for the same model, so bars of two tables say nothing about each
          other.
        </>
      )}
      table={() => ({
        caption: `${table.title}: ${table.paper}, ${table.table}`,
        columns: ["method", "setting", ...table.columns.map(headOf)],
        naming: 2,
        rows: table.rows.map((row) => [
          row.name,
          row.setting ?? "",
          ...table.columns.map((c) => significant(row[c.key] as number, 7)),
        ]),
      })}
    >
      {() => (
        <Bars
          label={`${headOf(column)} of ${table.model}, as published.`}
          unit={headOf(column)}
          format={(value) => significant(value, 3)}
          legend={[{ kind: "quantized", name: "as published", mark: "bar" }]}
          {...(column.baseline === undefined
            ? {}
            : { limit: { value: column.baseline, text: `16 bits: ${significant(column.baseline, 4)}` } })}
          rows={table.rows.map((row) => ({
            name: row.setting ? `${row.name}, ${row.setting}` : row.name,
            bars: [
              {
                kind: "quantized" as const,
                value: row[column.key] as number,
                text: significant(row[column.key] as number, 5),
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}
