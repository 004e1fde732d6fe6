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
  /** As the chart draws it: a ring, a dot, a square, a diamond, a line with or without marks on it, a bar, a border. */
  mark:
    | "circle"
    | "dot"
    | "square"
    | "diamond"
    | "line"
    | "line-dot"
    | "line-square"
    | "bar"
    | "open-bar"
    | "tick"
    | "border";
}
