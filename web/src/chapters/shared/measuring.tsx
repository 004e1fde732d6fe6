// Measures one kernel after the other in the worker; a reader may stop between two.
import { type Signal, signal } from "@preact/signals";
import { type Answer, cannot } from "../../core/ask";
import { once } from "../../core/once";
import type { MeasureRequest, MeasureResponse } from "../../core/requests";

export interface Run {
  state: "idle" | "running" | "stopped" | "done";
  rows: readonly MeasureResponse[];
  message?: string;
}

export interface Measuring {
  asked: readonly MeasureRequest[];
  run: Signal<Run>;
  /** The same, as a figure takes it; `shown` is the request that the figure's receipt shows. */
  measured: Answer<Run>;
  start: () => void;
  stop: () => void;
}

export function measuring(asked: readonly MeasureRequest[], shown: MeasureRequest): Measuring {
  const run = signal<Run>({ state: "idle", rows: [] });
  /** Another run that has begun since makes an older one end. */
  let runs = 0;

  const measureAll = async (mine: number) => {
    for (const request of asked) {
      try {
        const row = await once(request);
        if (mine !== runs || run.peek().state !== "running") return;
        run.value = { state: "running", rows: [...run.peek().rows, row] };
      } catch (error) {
        if (mine !== runs) return;
        const message = error instanceof Error ? error.message : String(error);
        run.value = { ...run.peek(), state: "stopped", message };
        return;
      }
    }
    run.value = { ...run.peek(), state: "done" };
  };

  return {
    asked,
    run,
    measured: {
      value: run,
      error: signal(undefined),
      stale: signal(false),
      progress: signal(undefined),
      request: signal(shown),
    },
    start: () => {
      runs += 1;
      run.value = { state: "running", rows: [] };
      void measureAll(runs);
    },
    stop: () => {
      if (run.peek().state === "running") run.value = { ...run.peek(), state: "stopped" };
    },
  };
}

export function MeasureButtons({ asked, run, start, stop }: Measuring) {
  const running = run.value.state === "running";
  return (
    <div class="control buttons">
      <button
        type="button"
        class="plain-button"
        disabled={running || cannot.value !== undefined}
        onClick={start}
      >
        measure
      </button>
      <button
        type="button"
        class="plain-button"
        disabled={!running || cannot.value !== undefined}
        onClick={stop}
      >
        stop
      </button>
      <span class="hint" role="status">
        {cannot.value ?? (running ? `${run.value.rows.length} of ${asked.length}` : "")}
      </span>
    </div>
  );
}
