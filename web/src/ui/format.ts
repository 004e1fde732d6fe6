// How numbers are written. Nothing here computes a result; a unit's prefix is part of writing it.

const kMinus = "\u2212";
// A raised minus may stand at the start of a line: the word joiner before it (U+2060) keeps it with its ten.
const kRaised = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const raised = (exponent: number): string =>
  (exponent < 0 ? "\u207b" : "") +
  String(Math.abs(exponent)).replace(/\d/g, (digit) => kRaised[Number(digit)]!);
/** A power of ten: 10⁻⁶. */
export const tenTo = (exponent: number): string => `10\u2060${raised(exponent)}`;
const withMinus = (text: string): string => text.replace(/-/g, kMinus);

/** As so many times a power of ten: 3.1×10⁻⁹. */
export function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${withMinus(String(Number(mantissa)))}\u00d7${tenTo(Number(exponent))}`;
}

/** Up to `digits` significant digits, plain where that reads well: 0.01624, 1,230, 3.1×10⁻⁹. */
export function significant(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : value < 0 ? `${kMinus}\u221e` : "\u2013";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-5 || size >= 1e9) return scientific(value, digits);
  return withMinus(value.toLocaleString("en", { maximumSignificantDigits: digits, useGrouping: true }));
}

/** A fixed number of decimals, for columns that are to line up. */
export const decimals = (value: number, digits: number): string =>
  withMinus(value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));

/** A number as a person typed it: no grouping, no padding. */
export const plain = (value: number): string => withMinus(String(Number(value.toPrecision(7))));

export const whole = (value: number): string =>
  withMinus(value.toLocaleString("en", { maximumFractionDigits: 0 }));

const kBinary = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in binary units, which is what a memory's size is given in. */
export function bytes(value: number, digits = 3): string {
  let unit = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 1024 && unit < kBinary.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? whole(scaled) : significant(scaled, digits)}\u00a0${kBinary[unit]}`;
}

/** Parameters as people say them: 6.74 billion. */
export function count(value: number): string {
  if (value >= 1e9) return `${significant(value / 1e9, 3)}\u00a0billion`;
  if (value >= 1e6) return `${significant(value / 1e6, 3)}\u00a0million`;
  return whole(value);
}
