// A matrix as a picture: one cell for each number, a stronger colour for larger, with a cursor that reads it.
import { effect } from "@preact/signals";
import { max, min } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { useEffect, useRef } from "preact/hooks";
import { themeTurn } from "../state/theme";
import { scientific } from "../ui/format";
import { useUniqueId } from "../ui/unique-id";
import type { Kind } from "./kinds";
import { Stage } from "./stage";
import { textWidth } from "./text";

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
  /** Equal steps of colour are equal factors, from the least value that is not zero. */
  multiplies?: boolean;
  rowName: string;
  columnName: string;
  /** What each row and each column is called, where there are few. */
  rowTicks?: readonly string[];
  columnTicks?: readonly string[];
  height?: number;
}

const kNameLeft = 26;
const kNameTop = 22;
const kTickHeight = 18;
const kTickGap = 6;
const kLegend = 30;
const kRampGap = 7;
/** What the least value above zero takes of the colour where colours multiply: it must not look like none. */
const kLeastShare = 0.06;
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
    rowTicks,
    columnTicks,
    height = 300,
  } = props;
  // The ticks stand apart from the cells and as far from the name.
  const left =
    kNameLeft + (rowTicks ? Math.max(...rowTicks.map((tick) => textWidth(tick))) + 2 * kTickGap : 0);
  const top = kNameTop + (columnTicks ? kTickHeight : 0);
  const sizes = Array.from(values, Math.abs);
  const highest = props.highest ?? (max(sizes) || 1);
  const lowest = props.multiplies ? (min(sizes.filter((size) => size > 0)) ?? highest) : 0;
  const [start, end] = lowest > 0 ? alike(lowest, highest, format) : ["0", format(highest)];
  const rampLeft = textWidth(start) + kRampGap;
  /** Under the cells' left edge, and further left where the words on its right need it. */
  const rampAt = (width: number) =>
    Math.max(0, Math.min(left, width - rampLeft - rampWidth(width) - kRampGap - textWidth(`${end} ${unit}`)));
  const drawn = height - top - kLegend;
  const ramp = useUniqueId();
  return (
    <Stage
      label={label}
      height={height}
      count={rows * columns}
      rowLength={columns}
      describe={(i) => describe(Math.floor(i / columns), i % columns)}
      locate={(px, py, width) => {
        const column = Math.floor(((px - left) / (width - left)) * columns);
        const row = Math.floor(((py - top) / drawn) * rows);
        if (row < 0 || row >= rows || column < 0 || column >= columns) return undefined;
        return row * columns + column;
      }}
    >
      {(width, cursor) => (
        <>
          <Cells
            {...props}
            left={left}
            top={top}
            highest={highest}
            lowest={lowest}
            width={width - left}
            drawn={drawn}
          />
          <svg width={width} height={height} class="heat-over" aria-hidden="true">
            <text class="soft" x={left} y="12">
              {columnName} {"\u2192"}
            </text>
            <text class="soft" transform={`translate(14,${top}) rotate(90)`}>
              {rowName} {"\u2192"}
            </text>
            <g transform={`translate(${left},${top})`}>
              <Groups {...props} width={width - left} drawn={drawn} />
              <ColumnMarks {...props} width={width - left} drawn={drawn} />
              <Ticks {...props} width={width - left} drawn={drawn} />
              {cursor === undefined ? null : (
                <rect
                  x={((cursor % columns) / columns) * (width - left)}
                  y={(Math.floor(cursor / columns) / rows) * drawn}
                  width={Math.max(3, (width - left) / columns)}
                  height={Math.max(3, drawn / rows)}
                  fill="none"
                  stroke="var(--ink)"
                  stroke-width="2"
                />
              )}
            </g>
            <g transform={`translate(${rampAt(width)},${height - 14})`}>
              <defs>
                <linearGradient id={ramp}>
                  <stop offset="0" stop-color="var(--wash)" />
                  <stop offset="1" stop-color={`var(--${kind})`} />
                </linearGradient>
              </defs>
              <text class="soft" y="10">
                {start}
              </text>
              <rect
                x={rampLeft}
                width={rampWidth(width)}
                height="11"
                fill={`url(#${ramp})`}
                stroke="var(--edge)"
                stroke-width="0.5"
              />
              <text class="soft" x={rampLeft + rampWidth(width) + kRampGap} y="10">
                {end} {unit}
              </text>
            </g>
          </svg>
        </>
      )}
    </Stage>
  );
}

/** Both ends of the ramp in one notation: powers of ten where either needs them. */
function alike(low: number, high: number, format: (value: number) => string): readonly [string, string] {
  const texts = [format(low), format(high)] as const;
  const powers = texts.map((text) => text.includes("\u00d710"));
  return powers[0] === powers[1] ? texts : [scientific(low, 2), scientific(high, 2)];
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

/** The names of the columns above the cells, where they fit, and those of the rows before them. */
function Ticks({ rows, columns, rowTicks = [], columnTicks = [], width, drawn }: Drawn) {
  const room = width / columns - kTickGap;
  const fit = columnTicks.every((tick) => textWidth(tick) <= room);
  return (
    <g class="axis">
      {(fit ? columnTicks : []).map((tick, c) => (
        <text key={tick} x={((c + 0.5) / columns) * width} y={-kTickGap} text-anchor="middle">
          {tick}
        </text>
      ))}
      {rowTicks.map((tick, r) => (
        <text key={tick} x={-kTickGap} y={((r + 0.5) / rows) * drawn + 4} text-anchor="end">
          {tick}
        </text>
      ))}
    </g>
  );
}

/** The colour of a custom property as red, green, blue. */
function colourOf(canvas: HTMLCanvasElement, property: string): [number, number, number] {
  canvas.style.color = `var(${property})`;
  const parts = getComputedStyle(canvas).color.match(/[\d.]+/g) ?? [];
  return [Number(parts[0] ?? 0), Number(parts[1] ?? 0), Number(parts[2] ?? 0)];
}

/** How much of the full colour a value takes. */
function shareOf(lowest: number, highest: number): (size: number) => number {
  if (lowest === 0) return scaleLinear().domain([0, highest]).clamp(true);
  const share = scaleLog().domain([lowest, highest]).range([kLeastShare, 1]).clamp(true);
  return (size) => (size > 0 ? share(size) : 0);
}

type Coloured = Drawn & { lowest: number };

/** A pixel for each cell. */
function paint(canvas: HTMLCanvasElement, props: Coloured): void {
  const { rows, columns, values, kind, highest = 1, lowest } = props;
  const context = canvas.getContext("2d");
  if (!context) return;
  const from = colourOf(canvas, "--wash");
  const to = colourOf(canvas, `--${kind}`);
  canvas.width = columns;
  canvas.height = rows;
  const image = context.createImageData(columns, rows);
  const shares = shareOf(lowest, highest);
  for (let i = 0; i < rows * columns; i += 1) {
    const share = shares(Math.abs(values[i]!));
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = from[c]! + (to[c]! - from[c]!) * share;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function Cells(props: Coloured & { left: number; top: number }) {
  const { rows, columns, values, kind, highest, lowest, width, drawn, left, top } = props;
  const ref = useRef<HTMLCanvasElement>(null);
  // An effect of the signals themselves, since it runs at once: a drawing of the component would come after the print.
  useEffect(
    () =>
      effect(() => {
        void themeTurn.value;
        if (ref.current) paint(ref.current, props);
      }),
    [values, kind, highest, lowest, rows, columns],
  );
  return (
    <canvas
      ref={ref}
      class="heat"
      style={{
        left: `${left}px`,
        top: `${top}px`,
        width: `${width}px`,
        height: `${drawn}px`,
        // With less than a pixel for a cell, the nearest cell alone would leave columns out; the mean does not.
        imageRendering: width < columns || drawn < rows ? "auto" : "pixelated",
      }}
    />
  );
}
