import type { Compared } from "../../core/requests";
import { methodName } from "../shared/settings-text";

/** The name of one result for people: "GPTQ, 4 bits", "NF4". */
export function nameOf(one: Compared): string {
  const name = one.is_format ? methodName(one.method) : one.title;
  return one.bits === null ? name : `${name}, ${one.bits} bits`;
}

/** Whether a method rounds the inputs as well, so that its output error is not of the weights alone. */
export const roundsInputs = (one: Compared): boolean => one.activation_bits < 16;

/** Which results are drawn: with more bits the error is so small that it would only stretch the axis. */
export const shown = (results: readonly Compared[], mostBits: number): Compared[] =>
  results.filter((one) => one.bits_per_weight <= mostBits);
