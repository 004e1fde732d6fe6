/** Moves places apart so that none is nearer than `least` to another, and each stays as near as may be to where it was. */
export function spread(places: readonly number[], least: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  const moved = [...places];
  for (let pass = 0; pass < 50; pass += 1) {
    let still = true;
    for (let k = 1; k < order.length; k += 1) {
      const above = order[k - 1]!;
      const below = order[k]!;
      const missing = least - (moved[below]! - moved[above]!);
      if (missing <= 1e-6) continue;
      moved[above]! -= missing / 2;
      moved[below]! += missing / 2;
      still = false;
    }
    if (still) break;
  }
  return moved;
}
