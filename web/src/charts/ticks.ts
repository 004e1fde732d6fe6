// Which ticks an axis shows, and how they are written.
import { ticks as evenTicks } from "d3-array";
import { significant, tenTo } from "../ui/format";
import type { AxisScale } from "./axis";
import { textWidth } from "./text";

const kBetween = 10;
/** To a number that was moved towards its neighbour: rather near it than half of the ticks gone. */
const kBetweenMoved = 5;
const kFewest = 3;
const kMostPowers = 8;
/** From coarse to fine: what a power of ten is multiplied by on a logarithmic axis. */
const kLogSteps = [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]] as const;

/** Round numbers for a logarithmic axis: powers of ten where it has several, steps between them where it has not. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  for (const steps of kLogSteps) {
    const inside = powers
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((tick) => tick >= low && tick <= high);
    const stride = Math.ceil(inside.length / kMostPowers);
    if (inside.length >= kFewest) return inside.filter((_, i) => i % stride === 0);
  }
  return evenTicks(low, high, kFewest);
}

/**
 * As many ticks as asked for, or as many fewer as it takes for their numbers to keep apart; `moved` says how far from its
 * tick a number stands.
 */
export function roomy(
  scale: AxisScale,
  count: number,
  format: (value: number) => string,
  moved: (text: string, at: number) => number = () => 0,
): number[] {
  const place = (tick: number) => {
    const text = format(tick);
    const by = moved(text, scale(tick));
    return { at: scale(tick) + by, half: textWidth(text) / 2, between: by === 0 ? kBetween : kBetweenMoved };
  };
  const apart = (ticks: readonly number[]): boolean =>
    ticks.map(place).every(({ at, half, between }, i, all) => {
      const before = all[i - 1];
      return !before || Math.abs(at - before.at) >= half + before.half + Math.min(between, before.between);
    });
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

const kTimesTen = "\u00d710";
const isPower = (size: number): boolean => Math.abs(Math.log10(size) - Math.round(Math.log10(size))) < 1e-9;

/** All ticks as powers of ten, or as so many times one power: never some of them in decimals. */
function inTens(ticks: readonly number[]): (value: number) => string {
  const sizes = ticks.map(Math.abs).filter((size) => size > 0);
  if (ticks.length > 1 && ticks.every((tick) => tick > 0 && isPower(tick)))
    return (value) => (value === 1 ? "1" : tenTo(Math.round(Math.log10(value))));
  const power = Math.floor(Math.log10(Math.max(...sizes)) + 1e-9);
  return (value) => (value === 0 ? "0" : `${significant(value / 10 ** power, 3)}\u00d7${tenTo(power)}`);
}

/**
 * The format, unless it writes some ticks in decimals and others as powers of ten, or two ticks alike: then with the
 * decimals that the distance of the ticks needs.
 */
export function plainly(
  ticks: readonly number[],
  format: (value: number) => string,
): (value: number) => string {
  const texts = ticks.map(format);
  if (texts.some((text) => text.includes(kTimesTen))) return inTens(ticks);
  if (ticks.length < 2 || new Set(texts).size === ticks.length) return format;
  const step = Math.min(...ticks.slice(1).map((tick, i) => Math.abs(tick - ticks[i]!)));
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return (value) => value.toFixed(digits).replace("-", "\u2212");
}
