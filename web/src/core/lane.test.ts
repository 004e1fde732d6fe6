import { expect, test, vi } from "vitest";
import { Lane, type Work } from "./lane";

/** Work of `length` steps that writes down each step it takes. */
function work(name: string, length: number, log: string[]): Work<number> & { drop: boolean } {
  let taken = 0;
  return {
    drop: false,
    async step(size) {
      await Promise.resolve();
      taken = Math.min(length, taken + size);
      log.push(name);
      return { answer: taken, done: taken === length, milliseconds: 80 };
    },
    most: () => 1,
    dropped() {
      return this.drop;
    },
    progressed: vi.fn(),
    finished: vi.fn(),
    failed: vi.fn(),
  };
}
const rest = () => new Promise((done) => setTimeout(done, 5));

test("work is done in its order, one piece after the other", async () => {
  const log: string[] = [];
  const lane = new Lane();
  lane.add([work("a", 2, log), work("b", 1, log)]);
  await rest();
  expect(log).toEqual(["a", "a", "b"]);
});

test("newer work goes first, and what it pushed aside goes on after it", async () => {
  const log: string[] = [];
  const lane = new Lane();
  const first = work("old", 3, log);
  lane.add([first, work("later", 1, log)]);
  await Promise.resolve();
  lane.add([work("new", 2, log)]);
  await rest();
  expect(log.slice(1)).toEqual(["new", "new", "old", "old", "later"]);
  expect(first.finished).toHaveBeenCalledWith(3);
});

test("dropped work is neither gone on with nor reported", async () => {
  const log: string[] = [];
  const lane = new Lane();
  const dropped = work("a", 5, log);
  lane.add([dropped, work("b", 1, log)]);
  await Promise.resolve();
  dropped.drop = true;
  await rest();
  expect(log).toEqual(["a", "b"]);
  expect(dropped.finished).not.toHaveBeenCalled();
});

test("a failure ends one piece, not the others", async () => {
  const log: string[] = [];
  const lane = new Lane();
  const bad = { ...work("bad", 1, log), step: () => Promise.reject(new Error("no")) };
  lane.add([bad, work("b", 1, log)]);
  await rest();
  expect(bad.failed).toHaveBeenCalledOnce();
  expect(log).toEqual(["b"]);
});
