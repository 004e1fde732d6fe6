import type { Compared } from "../../core/requests";

/** Whether a method rounds the inputs as well, so that its output error is not of the weights alone. */
export const roundsInputs = (one: Compared): boolean => one.activation_bits < 16;

/** Which results are drawn: with more bits the error is so small that it would only stretch the axis. */
export const shown = (results: readonly Compared[], mostBits: number): Compared[] =>
  results.filter((one) => one.bits_per_weight <= mostBits);
