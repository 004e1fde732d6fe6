/** What a mark stands for. Each kind has its colour and, for readers who do not see colours apart, its own shape or dash. */
export type Kind = "original" | "quantized" | "error" | "scale" | "outlier" | "good";

export const kDash: Record<Kind, string | undefined> = {
  original: undefined,
  quantized: undefined,
  error: "5 3",
  scale: "8 3 2 3",
  outlier: "2 3",
  good: undefined,
};

export interface LegendItem {
  kind: Kind;
  name: string;
  mark: "circle" | "square" | "line" | "bar" | "open-bar" | "tick";
}
