// The committed sweep: every method and format over the reference model, measured by `quantlens sweep` on the whole
// evaluation text. A clone may not have it yet; the leaderboard then begins empty.
import type { Interval } from "../../core/requests";

export interface SweepRow {
  settings: Record<string, string | number | boolean>;
  error?: string;
  quantized_bits_per_weight?: number;
  bits_per_weight?: number;
  bytes?: number;
  bits_per_byte?: number;
  bits_per_byte_increase?: number;
  bits_per_byte_increase_ci95?: Interval;
  perplexity?: number;
  kl_divergence?: number;
  top1_agreement?: number;
}
type Measured = Required<Omit<SweepRow, "error">>;

const files = import.meta.glob<{ rows: SweepRow[] }>("../../../../data/sweep.json", {
  eager: true,
  import: "default",
});

const isMeasured = (row: SweepRow): row is Measured =>
  row.perplexity !== undefined && row.quantized_bits_per_weight !== undefined;
export const sweep: readonly Measured[] = Object.values(files).flatMap((file) =>
  file.rows.filter(isMeasured),
);

/** The settings in words: "gptq, bits 4, group size 128". */
export const settingsText = (settings: object): string =>
  Object.entries(settings)
    .filter(([key]) => !["op", "seed", "windows", "step_limit"].includes(key))
    .map(([key, value]) =>
      key === "method"
        ? String(value)
        : value === true
          ? key.replaceAll("_", " ")
          : `${key.replaceAll("_", " ")} ${value}`,
    )
    .join(", ");
