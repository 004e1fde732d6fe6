import { expect, test, vi } from "vitest";
import type { Listener } from "./client";

let asked = 0;
/** A core that evaluates at the second step of whatever it is asked. */
vi.mock("./ask", () => ({
  beside: () => ({ arrays: [] }),
  cannot: { peek: () => undefined },
  core: {
    ask: (_channel: string, _request: object, _arrays: unknown[], listener: Listener) => {
      asked += 1;
      const done = asked >= 2;
      const progress = { matrices: 2, matrices_done: asked, windows: 0, windows_done: 0 };
      setTimeout(() => listener.answered({ done, progress }, {}, 80));
    },
  },
}));

test("what two figures ask at once is evaluated once, and is one result of the visit", async () => {
  const { evaluateInTurn, visit } = await import("./evaluate");
  const finished = vi.fn();
  const listener = { dropped: () => false, progressed: () => {}, finished, refused: () => {} };
  evaluateInTurn({ op: "eval", method: "none" }, listener);
  evaluateInTurn({ op: "eval", method: "none" }, listener);
  await vi.waitFor(() => expect(finished).toHaveBeenCalledTimes(2));
  expect(asked).toBe(2);
  expect(visit.value).toHaveLength(1);
});
