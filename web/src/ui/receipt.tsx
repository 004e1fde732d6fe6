import type { ReceiptRow } from "../core/requests";
import { DataTable } from "./data-table";
import { significant } from "./format";

/** How a number came about, line by line; the last line is the answer. */
export function Receipt({ rows, caption }: { rows: readonly ReceiptRow[]; caption: string }) {
  return (
    <DataTable
      caption={caption}
      columns={["symbol", "value", "unit", "follows from", "source"]}
      rows={rows.map((row) => [row.symbol, significant(row.value, 8), row.unit, row.expression, row.source])}
      words={[3, 4]}
    />
  );
}
