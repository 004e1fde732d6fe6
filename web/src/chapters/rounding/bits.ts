/** A code as it lies in memory: two's complement where it is negative. With one bit, minus is 0 and plus is 1. */
export function bitsOf(code: number, bits: number): string {
  if (bits === 1) return code > 0 ? "1" : "0";
  const unsigned = code < 0 ? code + 2 ** bits : code;
  return unsigned.toString(2).padStart(bits, "0");
}
