import type { AffineResponse } from "../../core/requests";
import type { TableData } from "../../ui/data-table";
import { plain, significant } from "../../ui/format";

/** Every step from a number to its code and back. */
export const stepsTable = (r: AffineResponse, caption: string): TableData => ({
  caption,
  columns: ["number", "divided by the scale", "rounded", "code", "stands for", "error"],
  rows: r.values.map((v) => [
    plain(v.value),
    significant(v.divided, 5),
    plain(v.rounded),
    `${plain(v.code)}${v.clamped ? " (clamped)" : ""}`,
    significant(v.restored, 5),
    significant(v.error, 3),
  ]),
});
