// A matrix as a picture: one cell for each number, a stronger colour for larger, with a cursor that reads it.
import { max } from "d3-array";
import { useEffect, useRef } from "preact/hooks";
import { themeTurn } from "../state/theme";
import { useUniqueId } from "../ui/unique-id";
import type { Kind } from "./kinds";
import { Stage } from "./stage";

export interface HeatMapProps {
  label: string;
  rows: number;
  columns: number;
  values: ArrayLike<number>;
  kind: Kind;
  describe: (row: number, column: number) => string;
  format: (value: number) => string;
  /** What a cell's colour measures, with its unit. */
  unit: string;
  /** Lines after every so many columns or rows: what shares one scale. */
  groupColumns?: number;
  groupRows?: number;
  /** Which columns have a bar above them: one entry a column, 0 for none. */
  columnMarks?: ArrayLike<number>;
  /** The value of the full colour; the largest in the picture unless given. */
  highest?: number;
  rowName: string;
  columnName: string;
  height?: number;
}

const kLeft = 26;
const kTop = 22;
const kLegend = 30;
const rampWidth = (width: number) => (width < 480 ? 60 : 110);

export function HeatMap(props: HeatMapProps) {
  const {
    label,
    rows,
    columns,
    values,
    kind,
    describe,
    format,
    unit,
    rowName,
    columnName,
    height = 300,
  } = props;
  const highest = props.highest ?? (max(Array.from(values), Math.abs) || 1);
  const drawn = height - kTop - kLegend;
  const ramp = useUniqueId();
  return (
    <Stage
      label={label}
      height={height}
      count={rows * columns}
      rowLength={columns}
      describe={(i) => describe(Math.floor(i / columns), i % columns)}
      locate={(px, py, width) => {
        const column = Math.floor(((px - kLeft) / (width - kLeft)) * columns);
        const row = Math.floor(((py - kTop) / drawn) * rows);
        if (row < 0 || row >= rows || column < 0 || column >= columns) return undefined;
        return row * columns + column;
      }}
    >
      {(width, cursor) => (
        <>
          <Cells {...props} highest={highest} width={width - kLeft} drawn={drawn} />
          <svg width={width} height={height} class="heat-over" aria-hidden="true">
            <text class="soft" x={kLeft} y="12">
              {columnName} {"\u2192"}
            </text>
            <text class="soft" transform={`translate(14,${kTop}) rotate(90)`}>
              {rowName} {"\u2192"}
            </text>
            <g transform={`translate(${kLeft},${kTop})`}>
              <Groups {...props} width={width - kLeft} drawn={drawn} />
              <ColumnMarks {...props} width={width - kLeft} drawn={drawn} />
              {cursor === undefined ? null : (
                <rect
                  x={((cursor % columns) / columns) * (width - kLeft)}
                  y={(Math.floor(cursor / columns) / rows) * drawn}
                  width={Math.max(3, (width - kLeft) / columns)}
                  height={Math.max(3, drawn / rows)}
                  fill="none"
                  stroke="var(--ink)"
                  stroke-width="2"
                />
              )}
            </g>
            <g transform={`translate(${kLeft},${height - 14})`}>
              <defs>
                <linearGradient id={ramp}>
                  <stop offset="0" stop-color="var(--wash)" />
                  <stop offset="1" stop-color={`var(--${kind})`} />
                </linearGradient>
              </defs>
              <text class="soft" y="10">
                0
              </text>
              <rect
                x="14"
                width={rampWidth(width)}
                height="11"
                fill={`url(#${ramp})`}
                stroke="var(--edge)"
                stroke-width="0.5"
              />
              <text class="soft" x={rampWidth(width) + 22} y="10">
                {format(highest)} {unit}
              </text>
            </g>
          </svg>
        </>
      )}
    </Stage>
  );
}

type Drawn = HeatMapProps & { width: number; drawn: number };

function Groups({ rows, columns, groupColumns, groupRows, width, drawn }: Drawn) {
  const paths: string[] = [];
  if (groupColumns)
    for (let c = groupColumns; c < columns; c += groupColumns)
      paths.push(`M${(c / columns) * width} 0V${drawn}`);
  if (groupRows)
    for (let r = groupRows; r < rows; r += groupRows) paths.push(`M0 ${(r / rows) * drawn}H${width}`);
  return (
    <>
      <path d={paths.join("")} class="line-scale" stroke-width="1" opacity="0.8" />
      <rect width={width} height={drawn} fill="none" class="line-scale" stroke-width="1" />
    </>
  );
}

function ColumnMarks({ columns, columnMarks, width }: Drawn) {
  if (!columnMarks) return null;
  const step = width / columns;
  const bars = Array.from(columnMarks, (marked, c) => (marked ? `M${c * step + 1} -4h${step - 2}` : ""));
  return <path d={bars.join("")} class="line-quantized" stroke-width="4" fill="none" />;
}

/** The colour of a custom property as red, green, blue. */
function colourOf(canvas: HTMLCanvasElement, property: string): [number, number, number] {
  canvas.style.color = `var(${property})`;
  const parts = getComputedStyle(canvas).color.match(/[\d.]+/g) ?? [];
  return [Number(parts[0] ?? 0), Number(parts[1] ?? 0), Number(parts[2] ?? 0)];
}

function Cells({ rows, columns, values, kind, highest = 1, width, drawn }: Drawn) {
  const ref = useRef<HTMLCanvasElement>(null);
  const turn = themeTurn.value;
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const from = colourOf(canvas, "--wash");
    const to = colourOf(canvas, `--${kind}`);
    canvas.width = columns;
    canvas.height = rows;
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i += 1) {
      const share = Math.min(1, Math.abs(values[i]!) / highest);
      for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = from[c]! + (to[c]! - from[c]!) * share;
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [values, kind, highest, rows, columns, turn]);
  return (
    <canvas
      ref={ref}
      class="heat"
      style={{
        left: `${kLeft}px`,
        top: `${kTop}px`,
        width: `${width}px`,
        height: `${drawn}px`,
        // With less than a pixel for a cell, the nearest cell alone would leave columns out; the mean does not.
        imageRendering: width < columns || drawn < rows ? "auto" : "pixelated",
      }}
    />
  );
}
