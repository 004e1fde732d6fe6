// A question that a button asks, not a figure's settings: one answer, or one refusal.
import { cannot, core } from "./ask";
import type { CoreError, Request, ResponseTo, SentArray } from "./requests";

/** What the core answered, and how long it took to. */
export type Timed<T> = T & { milliseconds: number };

let questions = 0;

/** Fails with the core's message. */
export function once<R extends Request>(request: R, arrays: SentArray[] = []): Promise<Timed<ResponseTo<R>>> {
  questions += 1;
  return new Promise((resolve, reject) => {
    const reason = cannot.peek();
    if (reason) return reject(new Error(reason));
    core.ask(`once ${questions}`, request, arrays, {
      answered: (json, named, milliseconds) =>
        resolve({ ...(json as object), arrays: named, milliseconds } as Timed<ResponseTo<R>>),
      refused: (error: CoreError) => reject(new Error(error.message)),
      progressed: () => {},
    });
  });
}
