/** A range about zero that all but a small share of the values lie in: a picture of it is not stretched by a few. */
export function middle(values: ArrayLike<number>, left = 0.002): [low: number, high: number] {
  const sizes = Float64Array.from(values, Math.abs).sort();
  const reach = sizes[Math.ceil((sizes.length - 1) * (1 - left))] || 1;
  return [-reach, reach];
}
