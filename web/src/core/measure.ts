// What quantization does to the whole language model: each plan is quantized and evaluated a step at a time, so that other
// figures are answered in between, the reader can stop, and a newer wish takes an older one's place at once.
import { batch, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { type Answer, beside } from "./ask";
import { evaluated, evaluateInTurn } from "./evaluate";
import type { CoreError, EvalResponse, ModelPlan, Request } from "./requests";

export interface Planned<T> {
  /** What the caller knows of the plan: a name for people, a colour. */
  about: T;
  plan: ModelPlan;
}
export interface Measured<T> extends Planned<T> {
  /** What there is so far; `done` says whether that is all. */
  found: EvalResponse | undefined;
}
export interface Measurement<T> extends Answer<{ items: Measured<T>[] }> {
  /** Whether the reader wants it measured: from then on it follows the settings. */
  readonly wanted: ReadonlySignal<boolean>;
  /** Whether the reader has ever wanted it: what is drawn from then on stays. */
  readonly begun: ReadonlySignal<boolean>;
  start(): void;
  stop(): void;
}

/** The settings must rest so long before a measurement begins anew. */
const kRestMs = 400;

const requestOf = (plan: ModelPlan) => ({ op: "eval" as const, ...plan });

export function measure<T>(makePlans: () => readonly Planned<T>[]): Measurement<T> {
  const value = signal<{ items: Measured<T>[] } | undefined>(undefined);
  const error = signal<CoreError | undefined>(undefined);
  const stale = signal(false);
  const progress = signal<number | undefined>(undefined);
  const request = signal<Request | undefined>(undefined);
  const wanted = signal(false);
  const begun = signal(false);
  let turn = 0;
  let last = "";
  let resting: ReturnType<typeof setTimeout> | undefined;

  const show = (items: Measured<T>[], running: boolean) =>
    batch(() => {
      value.value = { items };
      stale.value = running;
      progress.value = running ? shareOf(items.map((item) => item.found)) : undefined;
    });

  function run(items: Measured<T>[], own: number): void {
    const at = items.findIndex((item) => !item.found?.done);
    show(items, at >= 0);
    const next = items[at];
    if (!next) return;
    evaluateInTurn(requestOf(next.plan), {
      dropped: () => own !== turn,
      progressed: (found) =>
        show(
          items.map((item, i) => (i === at ? { ...next, found } : item)),
          true,
        ),
      finished: (found) =>
        run(
          items.map((item, i) => (i === at ? { ...next, found } : item)),
          own,
        ),
      refused: (refusal) =>
        batch(() => {
          error.value = refusal;
          stale.value = false;
          progress.value = undefined;
        }),
    });
  }

  effect(() => {
    const plans = makePlans();
    // Read here, so that a model that arrives later starts what waits for it.
    const ready = wanted.value && plans.every(({ plan }) => beside(requestOf(plan), []) !== undefined);
    const key = JSON.stringify([ready, plans]);
    if (key === last) return;
    last = key;
    turn += 1;
    const own = turn;
    untracked(() => {
      clearTimeout(resting);
      const items = plans.map((one) => ({ ...one, found: evaluated(requestOf(one.plan)) }));
      request.value = plans.length > 0 ? requestOf(plans[plans.length - 1]!.plan) : undefined;
      error.value = undefined;
      show(items, ready && items.some((item) => !item.found));
      if (ready) resting = setTimeout(() => run(items, own), kRestMs);
    });
  });

  return {
    value,
    error,
    stale,
    progress,
    request,
    wanted,
    begun,
    start: () =>
      batch(() => {
        begun.value = true;
        wanted.value = true;
      }),
    stop: () => {
      wanted.value = false;
    },
  };
}

/** How much of the work is done, the matrices of a plan counted as half of it. */
export function shareOf(found: readonly (EvalResponse | undefined)[]): number {
  const each = found.map((one) => {
    if (!one) return 0;
    if (one.done) return 1;
    const { matrices_done, matrices, windows_done, windows } = one.progress;
    return (matrices_done / Math.max(1, matrices) + windows_done / Math.max(1, windows)) / 2;
  });
  return each.reduce((sum, share) => sum + share, 0) / Math.max(1, each.length);
}
