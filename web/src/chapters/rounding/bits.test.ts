import { expect, test } from "vitest";
import { bitsOf } from "./bits";

test("a negative code is its two's complement", () => {
  expect(bitsOf(-1, 4)).toBe("1111");
  expect(bitsOf(-7, 4)).toBe("1001");
  expect(bitsOf(7, 4)).toBe("0111");
  expect(bitsOf(-128, 8)).toBe("10000000");
});

test("an unsigned code fills its bits", () => {
  expect(bitsOf(15, 4)).toBe("1111");
  expect(bitsOf(0, 4)).toBe("0000");
  expect(bitsOf(255, 8)).toBe("11111111");
});

test("one bit is a sign", () => {
  expect(bitsOf(-1, 1)).toBe("0");
  expect(bitsOf(1, 1)).toBe("1");
});
