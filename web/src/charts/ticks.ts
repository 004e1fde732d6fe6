// Which ticks an axis shows, and how they are written.
import type { AxisScale } from "./axis";
import { textWidth } from "./text";

const kBetween = 10;

/** As many ticks as asked for, or as many fewer as it takes for their numbers to keep apart. */
export function roomy(scale: AxisScale, count: number, format: (value: number) => string): number[] {
  const apart = (ticks: readonly number[]): boolean =>
    ticks.every(
      (tick, i) =>
        i === 0 ||
        Math.abs(scale(tick) - scale(ticks[i - 1]!)) >=
          (textWidth(format(tick)) + textWidth(format(ticks[i - 1]!))) / 2 + kBetween,
    );
  if (count < 1) return [];
  for (let fewer = count; fewer >= 2; fewer -= 1) {
    const ticks = scale.ticks(fewer);
    if (apart(ticks)) return ticks;
  }
  const ticks = scale.ticks(2);
  for (let stride = 2; stride < ticks.length; stride += 1) {
    const some = ticks.filter((_, i) => i % stride === 0);
    if (apart(some)) return some;
  }
  return ticks.slice(0, 1);
}

/** The format, unless it writes two ticks alike: then with the decimals that the distance of the ticks needs. */
export function plainly(
  ticks: readonly number[],
  format: (value: number) => string,
): (value: number) => string {
  if (ticks.length < 2 || new Set(ticks.map(format)).size === ticks.length) return format;
  const step = Math.min(...ticks.slice(1).map((tick, i) => Math.abs(tick - ticks[i]!)));
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return (value) => value.toFixed(digits).replace("-", "\u2212");
}
