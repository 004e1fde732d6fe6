// How well the model predicts, for one or many ways to quantize it. Answers are kept: the same question of another figure,
// or of a slider that came back, is answered at once.
import { batch, effect, signal, untracked } from "@preact/signals";
import { type Answer, beside, cannot, core } from "./ask";
import { Lane, type Work } from "./lane";
import { bytesArray } from "./model";
import type {
  Arrays,
  CoreError,
  EvalRequest,
  EvalResponse,
  Evaluated,
  Request,
  ResponseTo,
} from "./requests";

export type Evaluation = EvalResponse & Evaluated & { arrays: Arrays };
export interface Evaluations {
  /** In the order of the requests; undefined while one is not done, or where it was refused. */
  items: readonly (Evaluation | undefined)[];
  refused: readonly (CoreError | undefined)[];
}

const inBrowser = typeof Worker !== "undefined" && !import.meta.env.SSR;
const lane = new Lane();
const known = new Map<string, Evaluation>();

/** A text to measure on instead of the page's evaluation text; its bytes may be undefined until the model is here. */
export interface OwnText {
  name: string;
  bytes: () => Uint8Array | undefined;
}
const keyOf = (request: EvalRequest, text?: OwnText): string =>
  `${text?.name ?? ""} ${JSON.stringify(request)}`;
/** What has been found since the page was opened: no figure evaluates the same request again. */
export const evaluated = (request: EvalRequest, text?: OwnText): Evaluation | undefined =>
  known.get(keyOf(request, text));

/** Every evaluation of the visit, for the leaderboard: request and answer. */
export const visit = signal<readonly { request: EvalRequest; answer: Evaluation }[]>([]);

/** One request and its answer, as a promise. */
export function answerTo<R extends Request>(
  channel: string,
  request: R,
  own: Parameters<typeof beside>[1] = [],
): Promise<{ answer: ResponseTo<R>; milliseconds: number }> {
  return new Promise((answered, refused) => {
    const load = untracked(() => beside(request, own));
    const reason = cannot.peek() ?? (load ? undefined : "the model is not here");
    if (!load || reason) return refused({ code: "missing", message: reason ?? "" } satisfies CoreError);
    core.ask(
      channel,
      request,
      load.arrays,
      {
        answered: (json, arrays, milliseconds) =>
          answered({ answer: { ...(json as object), arrays } as ResponseTo<R>, milliseconds }),
        refused,
        progressed: () => {},
      },
      load.model,
    );
  });
}

export interface EvaluationListener {
  /** Whether nobody waits for it any more. */
  dropped(): boolean;
  progressed(answer: EvalResponse): void;
  finished(answer: Evaluation): void;
  refused(error: CoreError): void;
}

function workFor(
  request: EvalRequest,
  listener: EvaluationListener,
  text?: OwnText,
): Work<ResponseTo<EvalRequest>> {
  return {
    step: async (size) => {
      // Another figure may have asked the same meanwhile, and have been answered first.
      const before = evaluated(request, text);
      if (before) return { answer: before, done: true, milliseconds: 0 };
      const bytes = untracked(() => text?.bytes());
      const own = bytes ? [bytesArray("text", bytes)] : [];
      const { answer, milliseconds } = await answerTo("evaluation", { ...request, step_limit: size }, own);
      return { answer, done: answer.done, milliseconds };
    },
    // A window takes many times as long as a matrix, so a step ends where the windows begin.
    most: (answer) => {
      if (!answer) return 4;
      const { matrices, matrices_done } = answer.progress;
      return matrices > matrices_done ? matrices - matrices_done : 1;
    },
    dropped: listener.dropped,
    progressed: listener.progressed,
    finished: (answer) => {
      const whole = answer as Evaluation;
      const isNew = !evaluated(request, text);
      known.set(keyOf(request, text), whole);
      // The leaderboard compares what was measured on the same text.
      if (isNew && !text) visit.value = [...visit.value, { request, answer: whole }];
      listener.finished(whole);
    },
    failed: (error) => listener.refused(error as CoreError),
  };
}

/** One evaluation, in turn with all others of the page. */
export function evaluateInTurn(request: EvalRequest, listener: EvaluationListener): void {
  untracked(() => lane.add([workFor(request, listener)]));
}

const shareDone = ({ progress: p }: EvalResponse): number =>
  (p.matrices_done + p.windows_done) / Math.max(1, p.matrices + (p.windows || 4));

/** Evaluates the model in every way that is asked; a row's figures are shown as soon as they are there. A text that the
    reader can change is given by a function, and has another name each time. */
export function evaluateEach(
  makeRequests: () => readonly EvalRequest[],
  own?: OwnText | (() => OwnText),
): Answer<Evaluations> {
  const value = signal<Evaluations | undefined>(undefined);
  const error = signal<CoreError | undefined>(undefined);
  const stale = signal(true);
  const progress = signal<number | undefined>(undefined);
  const request = signal<Request | undefined>(undefined);
  let newest = 0;
  let last = "";
  const start = () => {
    const asked = makeRequests();
    const text = typeof own === "function" ? own() : own;
    const here =
      !inBrowser ||
      (asked.every((one) => beside(one, []) !== undefined) && (!text || text.bytes() !== undefined));
    const key = JSON.stringify([here, text?.name, asked]);
    if (key === last) return;
    last = key;
    newest += 1;
    const turn = newest;
    request.value = asked[0];
    if (!inBrowser || !here || asked.length === 0) return;
    const items = asked.map((one) => evaluated(one, text));
    const refused: (CoreError | undefined)[] = asked.map(() => undefined);
    const open = () => items.filter((item, i) => !item && !refused[i]).length;
    const publish = () =>
      batch(() => {
        if (asked.length > 1 || items[0]) value.value = { items: [...items], refused: [...refused] };
        // One request that is refused is the figure's error; one of many is a remark in its row.
        error.value = asked.length === 1 ? refused[0] : undefined;
        stale.value = open() > 0;
        progress.value = open() > 0 ? 1 - open() / asked.length : undefined;
      });
    publish();
    const works = asked.flatMap((one, i) =>
      items[i]
        ? []
        : [
            workFor(
              one,
              {
                finished: (answer) => {
                  items[i] = answer;
                  publish();
                },
                refused: (problem) => {
                  refused[i] = problem;
                  publish();
                },
                progressed: (answer) => {
                  progress.value = (asked.length - open() + shareDone(answer)) / asked.length;
                },
                dropped: () => turn !== newest,
              },
              text,
            ),
          ],
    );
    untracked(() => lane.add(works));
  };
  if (inBrowser) effect(start);
  else start();
  return { value, error, stale, progress, request };
}
