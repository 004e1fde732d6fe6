import { textWidth } from "./text";
import { plainly, roomy } from "./ticks";

export interface AxisScale {
  (value: number): number;
  ticks(count?: number): number[];
  range(): number[];
}

interface AxisProps {
  scale: AxisScale;
  /** What is measured, with its unit. */
  label: string;
  format?: (value: number) => string;
  count?: number;
}

const shortly = (value: number) =>
  value.toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "\u2212");

/** How far a tick's number would reach over the edge of the picture, which lies a little beyond the end of the axis. */
const kBeyondEnd = 8;
const spill = (text: string, toEnd: number): number => Math.max(0, textWidth(text) / 2 - toEnd - kBeyondEnd);

export function XAxis({ scale, label, y, format = shortly, count = 6 }: AxisProps & { y: number }) {
  const [from = 0, to = 0] = scale.range();
  const moved = (text: string, at: number) => spill(text, at) - spill(text, to - at);
  const ticks = roomy(scale, count, format, moved);
  const written = plainly(ticks, format);
  return (
    <g class="axis" transform={`translate(0,${y})`}>
      <path d={`M${from} 0H${to}`} />
      {ticks.map((tick) => {
        const text = written(tick);
        const at = scale(tick);
        return (
          <g key={tick} transform={`translate(${at},0)`}>
            <line y2="6" />
            <text x={moved(text, at)} y="20" text-anchor="middle">
              {text}
            </text>
          </g>
        );
      })}
      <text x={to} y="38" text-anchor="end">
        {label}
      </text>
    </g>
  );
}

/** The left axis; its label stands above it, horizontally. */
export function YAxis({
  scale,
  label,
  x,
  width,
  format = shortly,
  count = 5,
}: AxisProps & { x: number; width: number }) {
  const top = Math.min(...scale.range());
  const ticks = scale.ticks(count);
  const written = plainly(ticks, format);
  return (
    <g class="axis" transform={`translate(${x},0)`}>
      {ticks.map((tick) => (
        <g key={tick} transform={`translate(0,${scale(tick)})`}>
          <line class="grid" x2={width} />
          <text x="-8" dy="0.32em" text-anchor="end">
            {written(tick)}
          </text>
        </g>
      ))}
      <text x={-x} y={top - 14} text-anchor="start">
        {label}
      </text>
    </g>
  );
}
