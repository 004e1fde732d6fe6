import { expect, test } from "vitest";
import { bytes, count, significant } from "./format";

test("numbers keep four significant digits", () => {
  expect(significant(0.016238)).toBe("0.01624");
  expect(significant(1234567)).toBe("1,235,000");
  expect(significant(-0.5)).toBe("\u22120.5");
  expect(significant(0)).toBe("0");
});

test("very small and very large numbers are written with a power of ten", () => {
  expect(significant(3.14159e-9)).toBe("3.142\u00d710\u2060\u207b\u2079");
  expect(significant(1e38)).toBe("1\u00d710\u2060\u00b3\u2078");
});

test("infinity and nothing have signs of their own", () => {
  expect(significant(Number.POSITIVE_INFINITY)).toBe("\u221e");
  expect(significant(Number.NaN)).toBe("\u2013");
});

test("bytes are in binary units", () => {
  expect(bytes(1024 ** 3)).toBe("1\u00a0GiB");
  expect(bytes(13_476_831_232)).toBe("12.6\u00a0GiB");
  expect(bytes(12)).toBe("12\u00a0bytes");
});

test("parameters are counted in billions", () => {
  expect(count(6_738_415_616)).toBe("6.74\u00a0billion");
});
