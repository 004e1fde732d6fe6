import { expect, test } from "vitest";
import { cellOf, type Point } from "./voronoi";

const area = (corners: readonly Point[]): number =>
  Math.abs(
    corners.reduce((sum, [x, y], i) => {
      const [nx, ny] = corners[(i + 1) % corners.length]!;
      return sum + x * ny - nx * y;
    }, 0),
  ) / 2;

test("two points share a box along the middle between them", () => {
  const points: Point[] = [
    [1, 2],
    [3, 2],
  ];
  expect(area(cellOf(points, 0, [0, 0, 10, 4]))).toBeCloseTo(8);
  expect(area(cellOf(points, 1, [0, 0, 10, 4]))).toBeCloseTo(32);
});

test("the cells of many points fill the box and do not overlap", () => {
  const points: Point[] = Array.from({ length: 40 }, (_, i) => [(i * 37) % 101, (i * 61) % 97]);
  const sum = points.reduce((total, _, i) => total + area(cellOf(points, i, [-10, -10, 110, 110])), 0);
  expect(sum).toBeCloseTo(120 * 120, 6);
});

test("points that coincide do not cut each other away", () => {
  const points: Point[] = [
    [1, 1],
    [1, 1],
  ];
  expect(area(cellOf(points, 0, [0, 0, 2, 2]))).toBe(4);
});
