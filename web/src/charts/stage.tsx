// What every chart shares: a legend, a picture drawn for its real width, a cursor for pointer and keys, a line that reads
// out what the cursor is on.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { kDash, type LegendItem } from "./kinds";

export interface StageProps {
  /** What the picture shows, for those who do not see it. */
  label: string;
  /** In pixels; where the picture is taller on a narrow screen, for the width that it has. */
  height: number | ((width: number) => number);
  legend?: readonly LegendItem[];
  /** How many things the cursor can be on, and what each says. */
  count: number;
  describe: (index: number) => string;
  /** Which thing is nearest to a point of the picture. */
  locate: (x: number, y: number, width: number) => number | undefined;
  /** How far the up and down keys go; left and right always go one. */
  rowLength?: number;
  /** What stands below, where that depends on the width. */
  below?: (width: number) => ComponentChildren;
  children: (width: number, cursor: number | undefined) => ComponentChildren;
}

const kFirstWidth = 760;
const kLeastWidth = 200;

/** The width that an element really has; a chart draws itself for it rather than shrink. */
function useWidth<E extends HTMLElement>() {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(kFirstWidth);
  // Before the first frame, which would else show the chart at another width than its own.
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    setWidth(Math.max(kLeastWidth, Math.round(element.clientWidth)));
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(kLeastWidth, Math.round(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

export function Stage({
  label,
  height,
  legend,
  count,
  describe,
  locate,
  rowLength = 1,
  below,
  children,
}: StageProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const tall = typeof height === "number" ? height : height(width);
  const at = cursor !== undefined && cursor < count ? cursor : undefined;
  const point = (event: PointerEvent) => {
    const box = ref.current!.getBoundingClientRect();
    setCursor(locate(event.clientX - box.left, event.clientY - box.top, width));
  };
  const moves: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: rowLength,
    ArrowUp: -rowLength,
    Home: -count,
    End: count,
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape") return setCursor(undefined);
    const move = moves[event.key];
    if (move === undefined || count === 0) return undefined;
    event.preventDefault();
    // From where the last key led, which may not be drawn yet.
    return setCursor((now) => {
      const next = now === undefined || now >= count ? 0 : now + move;
      return Math.max(0, Math.min(count - 1, next));
    });
  };
  return (
    <div class="chart">
      {legend ? <Legend items={legend} /> : null}
      <div
        ref={ref}
        class="chart-stage"
        role="group"
        aria-roledescription="chart"
        aria-label={`${label} Arrow keys read its values.`}
        tabIndex={0}
        style={{ height: `${tall}px` }}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setCursor(undefined)}
        onBlur={() => setCursor(undefined)}
        onKeyDown={key}
      >
        {children(width, at)}
      </div>
      <p class="chart-readout" aria-live="polite">
        {at === undefined ? "" : describe(at)}
      </p>
      {below?.(width)}
    </div>
  );
}

function Legend({ items }: { items: readonly LegendItem[] }) {
  return (
    <ul class="legend">
      {items.map((item) => (
        <li key={item.name}>
          <svg width="22" height="14" aria-hidden="true">
            <title>{item.name}</title>
            <Swatch {...item} />
          </svg>
          {item.name}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ kind, mark }: LegendItem) {
  const line = <path d="M0 7H22" class={`line-${kind}`} stroke-dasharray={kDash[kind]} stroke-width="2" />;
  const dot = <circle cx="11" cy="7" r="4.5" class={`fill-${kind}`} />;
  const square = <rect x="7" y="3" width="8" height="8" class={`fill-${kind}`} />;
  switch (mark) {
    case "circle":
      return <circle cx="11" cy="7" r="4.5" class={`line-${kind}`} fill="var(--paper)" stroke-width="2" />;
    case "dot":
      return dot;
    case "square":
      return square;
    case "diamond":
      return <path d="M11 1L17 7L11 13L5 7Z" class={`fill-${kind}`} />;
    case "line-dot":
      return (
        <>
          {line}
          {dot}
        </>
      );
    case "line-square":
      return (
        <>
          {line}
          {square}
        </>
      );
    case "border":
      return <path d="M0 7H22" class={`line-${kind}`} />;
    case "bar":
      return <rect x="0" y="2" width="22" height="10" class={`fill-${kind}`} />;
    case "open-bar":
      return <rect x="1" y="3" width="20" height="8" class={`line-${kind}`} fill="none" stroke-width="1.5" />;
    case "tick":
      return (
        <path d="M0 10.5H22M4 3V10M11 3V10M18 3V10" class={`line-${kind}`} fill="none" stroke-width="1.5" />
      );
    default:
      return line;
  }
}
