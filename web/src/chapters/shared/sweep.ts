// The committed sweep: every method and format over the reference model, measured by `quantlens sweep` on the whole
// evaluation text. A clone may not have it yet; the leaderboard then begins empty.
import type { Interval } from "../../core/requests";

export type SweepSettings = Readonly<Record<string, string | number | boolean>>;

export interface SweepRow {
  settings: SweepSettings;
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
export type Measured = Required<Omit<SweepRow, "error">>;

const files = import.meta.glob<{ rows: SweepRow[] }>("../../../../data/sweep.json", {
  eager: true,
  import: "default",
});

const isMeasured = (row: SweepRow): row is Measured =>
  row.perplexity !== undefined && row.quantized_bits_per_weight !== undefined;
export const sweep: readonly Measured[] = Object.values(files).flatMap((file) =>
  file.rows.filter(isMeasured),
);

/** The first of these rows with all of the settings, the model without planted outliers. */
export const firstWith = (rows: readonly Measured[], wanted: SweepSettings): Measured | undefined =>
  rows.find(
    ({ settings }) =>
      settings.plant_outliers === undefined &&
      Object.entries(wanted).every(([key, value]) => settings[key] === value),
  );
