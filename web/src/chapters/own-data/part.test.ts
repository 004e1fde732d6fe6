import { expect, test } from "vitest";
import type { FileTensor } from "../../core/requests";
import { argumentOf, firstShown, layerOf, partOf, rowsWithin, type Sliced, valuesIn } from "./part";

const matrix: FileTensor = {
  name: "w",
  type: "q4_0",
  shape: [4096, 1024],
  bytes: 4096 * 576,
  bits_per_weight: 4.5,
  offset: 1000,
};
const row: FileTensor = {
  name: "norm",
  type: "f32",
  shape: [1024],
  bytes: 4096,
  bits_per_weight: 32,
  offset: 64,
};

/** Says which bytes were asked for. */
function recorder(): { file: Sliced; ranges: [number, number][] } {
  const ranges: [number, number][] = [];
  const file: Sliced = {
    name: "m.gguf",
    size: 1e10,
    slice(start, end) {
      ranges.push([start, end]);
      return new Blob([]);
    },
  };
  return { file, ranges };
}

test("a part has at most so many values, and one row at least", () => {
  expect(rowsWithin(matrix, 1 << 19)).toBe(512);
  expect(rowsWithin(matrix, 10)).toBe(1);
  expect(partOf(matrix, 4000, 1 << 19)).toEqual({ first: 3584, end: 4096, whole: false });
  expect(partOf(row, 0, 10)).toEqual({ first: 0, end: 1, whole: true });
  expect(valuesIn(matrix, partOf(matrix, 0, 1 << 19))).toBe(1 << 19);
  expect(valuesIn(row, partOf(row, 0, 10))).toBe(1024);
});

test("only the bytes of the part are read", () => {
  const { file, ranges } = recorder();
  const { source, array } = layerOf(file, matrix, { first: 10, end: 12, whole: false });
  expect(ranges).toEqual([[1000 + 10 * 576, 1000 + 12 * 576]]);
  expect(array.shape).toEqual([2, 576]);
  expect(source).toEqual({ weights_type: "q4_0" });
});

test("one row, Fortran order and big-endian numbers are told to the core", () => {
  const { file, ranges } = recorder();
  expect(layerOf(file, row, { first: 0, end: 1, whole: true }).array.shape).toEqual([1, 4096]);
  const turned: FileTensor = { ...row, shape: [8, 128], fortran_order: true, big_endian: true };
  const { source, array } = layerOf(file, turned, partOf(turned, 0, 16));
  expect(source).toEqual({ weights_type: ">f32", weights_by_columns: true });
  expect(array.shape).toEqual([128, 32]);
  expect(ranges).toEqual([
    [64, 4160],
    [64, 4160],
  ]);
});

test("of a tensor with more axes only a little is read, since it is refused", () => {
  const { file, ranges } = recorder();
  const { array } = layerOf(file, { ...matrix, shape: [4, 1024, 1024] }, { first: 0, end: 1, whole: true });
  expect(array.shape).toEqual([1, 1, 576]);
  expect(ranges.at(-1)).toEqual([1000, 1576]);
});

test("the command names file, tensor and rows", () => {
  const { file } = recorder();
  expect(argumentOf(file, matrix, { first: 0, end: 512, whole: false })).toBe("m.gguf:w[0:512]");
  expect(argumentOf(file, matrix, { first: 0, end: 4096, whole: true })).toBe("m.gguf:w");
  expect(
    argumentOf({ ...file, name: "a.npy" }, { ...row, name: "" }, { first: 0, end: 1, whole: true }),
  ).toBe("a.npy");
});

test("the first matrix of some size is shown first", () => {
  expect(firstShown([row, matrix])).toBe(matrix);
  expect(firstShown([row])).toBe(row);
  expect(firstShown([])).toBeUndefined();
});
