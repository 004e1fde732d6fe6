// The page draws what the core answers. It draws no lots and holds no results of its own.
import { expect, test } from "vitest";
import { kParts } from "./chapters/list";

const sources = import.meta.glob("./**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
}) as Record<string, string>;
const own = Object.entries(sources).filter(([path]) => !path.includes(".test."));

test("nothing is random", () => {
  const random = ["Math", "random"].join(".");
  expect(own.filter(([, text]) => text.includes(random)).map(([path]) => path)).toEqual([]);
  expect(own.filter(([, text]) => text.includes("getRandomValues")).map(([path]) => path)).toEqual([]);
});

/** Settings and facts that need many digits, and why they are no results. */
const kLongNumbers: Record<string, string> = {
  "57344": "the largest number of FP8 E5M2",
  "65504": "the largest number of FP16",
};

/** Numbers of four digits and more that are no power of two, no arXiv id and no round number: so a result would look. */
function longNumbers(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, "").replace(/\b\d{4}\.\d{5}\b/g, "");
  const numbers = code.match(/(?<![\w.#-])\d[\d_]*(?:\.\d+)?(?![\w.]|\.\d)/g) ?? [];
  return numbers.filter((number) => {
    const digits = number.replace(/_/g, "");
    const value = Number(digits);
    const significant = digits.replace(".", "").replace(/^0+|0+$/g, "").length;
    const isPower = Number.isInteger(Math.log2(value));
    return significant >= 4 && !isPower && !(digits in kLongNumbers) && !(value >= 1900 && value < 2100);
  });
}

test("no result stands in the code as a number", () => {
  expect(longNumbers("const mse = 0.01624; // 0.1234\nconst n = [1024, 60_000, 12_345]")).toEqual([
    "0.01624",
    "12_345",
  ]);
  const found = own
    .filter(([path]) => path.startsWith("./chapters/"))
    .flatMap(([path, text]) => longNumbers(text).map((number) => `${path}: ${number}`));
  expect(found).toEqual([]);
});

test("nothing is fetched but the core and the model", () => {
  const fetching = own
    .filter(([, text]) => /\bfetch\(|XMLHttpRequest|WebSocket|EventSource/.test(text))
    .map(([path]) => path);
  expect(fetching).toEqual(["./core/model.ts", "./core/worker.ts"]);
});

test("every chapter of the list is a folder with a text, and every folder is in the list", () => {
  const listed = ["opening", ...kParts.flatMap((part) => part.chapters.map((chapter) => chapter.id))].sort();
  const folders = Object.keys(sources)
    .map((path) => path.match(/^\.\/chapters\/([^/]+)\/text\.tsx$/)?.[1])
    .filter((id) => id !== undefined)
    .sort();
  expect(folders).toEqual(listed);
});
