import type { CacheCurve } from "../../core/requests";

/** The contexts of a curve up to what its model was made for, and those beyond, which share the point between. */
export function split(
  curve: CacheCurve,
  contexts: readonly number[],
): { within: number[]; beyond: number[] } {
  const order = contexts.map((_, i) => i).sort((a, b) => contexts[a]! - contexts[b]!);
  const within = order.filter((i) => contexts[i]! <= curve.max_context);
  const beyond = order.filter((i) => contexts[i]! > curve.max_context);
  const last = within.at(-1);
  return { within, beyond: beyond.length > 0 && last !== undefined ? [last, ...beyond] : beyond };
}
