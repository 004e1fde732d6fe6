import type { ReceiptRow } from "../core/requests";
import { significant } from "./format";

/** One step of a derivation with its numbers in place of its symbols. */
export interface WorkedStep {
  symbol: string;
  /** "layers * kv_heads" */
  expression: string;
  /** "32 × 8" */
  numbers: string;
  value: string;
  unit: string;
}

const kSymbol = /[a-z_]\w*/gi;
const kSigns: readonly (readonly [RegExp, string])[] = [
  [/ \* /g, " \u00d7 "],
  [/ - /g, " \u2212 "],
];

/** Whole numbers in full, others with enough digits to follow the sum. */
const numberOf = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15
    ? value.toLocaleString("en", { maximumFractionDigits: 0 })
    : significant(value, 7);

/** The derived lines of a receipt, with the reader's numbers where the symbols are. Functions keep their names. */
export function worked(rows: readonly ReceiptRow[]): WorkedStep[] {
  const values = new Map(rows.map((row) => [row.symbol, row.value]));
  return rows
    .filter((row) => row.expression !== "")
    .map((row) => {
      const signed = (text: string) => kSigns.reduce((so, [sign, shown]) => so.replace(sign, shown), text);
      const put = row.expression.replace(kSymbol, (symbol) => {
        const value = values.get(symbol);
        return value === undefined ? symbol : numberOf(value);
      });
      return {
        symbol: row.symbol,
        expression: signed(row.expression),
        numbers: signed(put),
        value: numberOf(row.value),
        unit: row.unit,
      };
    });
}
