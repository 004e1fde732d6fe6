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
