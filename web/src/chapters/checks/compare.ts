// Whether an answer of the core is what the reference wrote. A case passes where every number is as near as its tolerance
// allows; `used` is the largest share of a tolerance that a number took up, above 1 where it is too far.

/** What is expected of an answer: a number of its JSON or an array, with how far each value may be off. */
export interface Expectation {
  what: string;
  /** Path into the JSON ("details.losses"), where it is not an array beside it. */
  field?: string;
  array?: string;
  want: ArrayLike<number>;
  /** A value may be off by relative x |wanted| + absolute. */
  relative: number;
  absolute: number;
  /** Of codes: the share that may differ. They may be stored with or without a sign. */
  share?: number;
  /** Values that the reference left undefined. */
  skip?: readonly (readonly [begin: number, end: number])[];
}

export interface Outcome {
  what: string;
  passed: boolean;
  used: number;
  /** The largest difference of a value, or the share of codes that differ. */
  deviation: number;
  tolerance: string;
}

const toleranceText = (e: Expectation): string => {
  if (e.share !== undefined) return e.share === 0 ? "exact" : `${e.share * 100}\u00a0% of the codes`;
  if (e.relative === 0 && e.absolute === 0) return "exact";
  return [e.relative ? `${e.relative} of the value` : "", e.absolute ? Number(e.absolute.toPrecision(3)) : ""]
    .filter(Boolean)
    .join(" + ");
};

const lowest = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call(
    values,
    (least: unknown, v: unknown) => Math.min(least as number, v as number),
    0,
  ) as number;

/** Codes from 0 on: one side may be signed and the other not. */
function offsets(have: ArrayLike<number>, want: ArrayLike<number>): [number, number] {
  const least: [number, number] = [lowest(have), lowest(want)];
  return least[0] < 0 !== least[1] < 0 ? least : [0, 0];
}

export function compare(have: ArrayLike<number> | undefined, e: Expectation): Outcome {
  const tolerance = toleranceText(e);
  if (!have || have.length !== e.want.length)
    return {
      what: e.what,
      passed: false,
      used: Number.POSITIVE_INFINITY,
      deviation: Number.POSITIVE_INFINITY,
      tolerance,
    };
  const skipped = (i: number) => e.skip?.some(([begin, end]) => i >= begin && i < end) ?? false;
  const [haveFrom, wantFrom] = e.share === undefined ? [0, 0] : offsets(have, e.want);
  let different = 0;
  let used = 0;
  let deviation = 0;
  for (let i = 0; i < have.length; i += 1) {
    if (skipped(i)) continue;
    const off = Math.abs(have[i]! - haveFrom - (e.want[i]! - wantFrom));
    if (off === 0) continue;
    different += 1;
    const allowed = e.relative * Math.abs(e.want[i]!) + e.absolute;
    deviation = Math.max(deviation, off);
    used = Math.max(used, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off / allowed);
  }
  if (e.share !== undefined) {
    deviation = different / have.length;
    used = different === 0 ? 0 : deviation / e.share;
  }
  return { what: e.what, passed: used <= 1, used, deviation, tolerance };
}

/** The number or the list at "details.losses". */
export function fieldOf(answer: object, path: string): ArrayLike<number> | undefined {
  let at: unknown = answer;
  for (const key of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[key];
  if (typeof at === "number") return [at];
  return Array.isArray(at) ? (at as number[]) : undefined;
}
