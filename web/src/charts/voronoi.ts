// The part of a box that is nearer to one of some points than to any other.

export type Point = readonly [x: number, y: number];
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** The corners of the cell of point `own`: the box, cut along the middle between it and every other point. */
export function cellOf(points: readonly Point[], own: number, [left, top, right, bottom]: Box): Point[] {
  let corners: Point[] = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
  const here = points[own]!;
  points.forEach((other, i) => {
    if (i !== own && corners.length > 0) corners = nearerHalf(corners, here, other);
  });
  return corners;
}

/** The part of a polygon that is at least as near to `here` as to `other`; all of it where the two are one point. */
function nearerHalf(corners: readonly Point[], here: Point, other: Point): Point[] {
  const [dx, dy] = [other[0] - here[0], other[1] - here[1]];
  if (dx === 0 && dy === 0) return [...corners];
  const middle = [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2] as const;
  const beyond = ([x, y]: Point) => (x - middle[0]) * dx + (y - middle[1]) * dy;
  const kept: Point[] = [];
  corners.forEach((corner, i) => {
    const next = corners[(i + 1) % corners.length]!;
    const [a, b] = [beyond(corner), beyond(next)];
    if (a <= 0) kept.push(corner);
    if (a < 0 !== b < 0 && a !== b) {
      const share = a / (a - b);
      kept.push([corner[0] + share * (next[0] - corner[0]), corner[1] + share * (next[1] - corner[1])]);
    }
  });
  return kept;
}
