/** A result: what it costs and how good it is; less is better in both. */
export interface Result {
  cost: number;
  loss: number;
}

/** Those that no other result beats in one and equals or beats in the other, by rising cost. */
export function front<R extends Result>(results: readonly R[]): R[] {
  const sorted = [...results].sort((a, b) => a.cost - b.cost || a.loss - b.loss);
  const best: R[] = [];
  for (const one of sorted) if (best.length === 0 || one.loss < best.at(-1)!.loss) best.push(one);
  return best;
}
