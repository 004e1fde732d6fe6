// Training in the tab: a step a request, so that it can be watched, stopped and gone on with, and other figures are
// answered in between. Two runs may go side by side, as the core keeps two.
import { type ReadonlySignal, signal } from "@preact/signals";
import { core } from "./ask";
import type { HeldModel } from "./client";
import { answerTo } from "./evaluate";
import { bytesArray, type ModelFiles, modelFiles, modelHere } from "./model";
import type {
  Arrays,
  CoreError,
  EvalRequest,
  EvalResponse,
  Evaluated,
  NamedArray,
  TrainRequest,
  TrainResponse,
} from "./requests";

/** A run: what is asked, and the texts it learns from and is measured with. */
export interface Run {
  name: string;
  request: TrainRequest;
  text: Uint8Array;
  heldOut: Uint8Array;
}
export interface Curve {
  name: string;
  /** Bits a byte of the text held apart, after so many steps. */
  measured: readonly { step: number; bits: number }[];
  step: number;
  done: boolean;
  learnable: number;
  tokensPerSecond: number;
  bitsPerWeight?: number;
  bytes?: number;
  /** The trained weights, once done: a safetensors file in 16 bits. */
  model?: Uint8Array;
}
/** "waiting": pressed before the model was here. */
export type TrainingState = "idle" | "waiting" | "running" | "stopped" | "done";

const kMeasureEvery = 5;
let active: Training | undefined;

const begun = (run: Run): Curve => ({
  name: run.name,
  measured: [],
  step: 0,
  done: false,
  learnable: 0,
  tokensPerSecond: 0,
});

/** What an answer adds to a curve. A run that the core no longer had begins again. */
export function extended(curve: Curve, answer: TrainResponse, model?: Uint8Array): Curve {
  const measured = answer.new_steps[0] === 1 ? [] : curve.measured;
  const bits = answer.held_out_bits_per_byte;
  return {
    ...curve,
    measured: bits === undefined ? measured : [...measured, { step: answer.step, bits }],
    step: answer.step,
    done: answer.done,
    learnable: answer.learnable,
    tokensPerSecond: answer.tokens_per_second || curve.tokensPerSecond,
    ...(answer.bits_per_weight === undefined ? {} : { bitsPerWeight: answer.bits_per_weight }),
    ...(answer.bytes === undefined ? {} : { bytes: answer.bytes }),
    ...(model ? { model } : {}),
  };
}

export class Training {
  private readonly state_ = signal<TrainingState>("idle");
  private readonly curves_ = signal<readonly Curve[]>([]);
  private readonly error_ = signal<CoreError | undefined>(undefined);
  private key = "";
  private turn = 0;

  get state(): ReadonlySignal<TrainingState> {
    return this.state_;
  }
  get curves(): ReadonlySignal<readonly Curve[]> {
    return this.curves_;
  }
  get error(): ReadonlySignal<CoreError | undefined> {
    return this.error_;
  }

  stop(): void {
    const state = this.state_.peek();
    if (state !== "running" && state !== "waiting") return;
    this.turn += 1;
    this.state_.value = state === "running" ? "stopped" : "idle";
  }

  /** Forgets the curves: what they belong to has changed. */
  clear(): void {
    this.stop();
    this.key = "";
    this.state_.value = "idle";
    this.curves_.value = [];
  }

  /** Begins the runs, or goes on with them where they were stopped. Where the model is not here yet, once it is. */
  async start(runsWith: (files: ModelFiles) => readonly Run[]): Promise<void> {
    if (active !== this) active?.stop();
    active = this;
    this.turn += 1;
    const turn = this.turn;
    this.error_.value = undefined;
    try {
      if (!modelFiles.peek()) this.state_.value = "waiting";
      const files = modelFiles.peek() ?? (await modelHere());
      if (turn !== this.turn) return;
      await this.carryOut(runsWith(files), turn);
    } catch (error) {
      if (turn !== this.turn) return;
      this.error_.value = error as CoreError;
      this.state_.value = this.curves_.peek().length > 0 ? "stopped" : "idle";
    }
  }

  private async carryOut(runs: readonly Run[], turn: number): Promise<void> {
    const key = JSON.stringify(runs.map((run) => run.request));
    if (key !== this.key) this.curves_.value = runs.map(begun);
    this.key = key;
    this.state_.value = "running";
    while (this.curves_.peek().some((curve) => !curve.done))
      for (const [i, run] of runs.entries()) {
        const curve = this.curves_.peek()[i]!;
        if (curve.done) continue;
        const added = await stepOf(run, curve.step + 1);
        // What was under way when the reader stopped has been taken, and belongs to its curve where that still stands.
        const now = key === this.key ? this.curves_.peek()[i] : undefined;
        if (now && !now.done) this.curves_.value = this.curves_.peek().with(i, added(now));
        if (turn !== this.turn) return;
      }
    this.state_.value = "done";
  }
}

/** Takes one step; what comes back adds it to the run's curve. */
async function stepOf(run: Run, step: number): Promise<(curve: Curve) => Curve> {
  const measures = step === 1 || step % kMeasureEvery === 0 || step === run.request.steps;
  const { answer } = await answerTo(
    "training",
    { ...run.request, step_limit: 1, ...(measures ? { validate_stride: 1 } : {}) },
    [bytesArray("text", run.text), bytesArray("held_out", run.heldOut)],
  );
  return (curve) => extended(curve, answer, answer.arrays.model?.data as Uint8Array | undefined);
}

/** Evaluates a trained model on a text. */
export function measureTrained(
  key: string,
  model: Uint8Array,
  request: EvalRequest,
  text: Uint8Array,
): Promise<EvalResponse & Evaluated & { arrays: Arrays }> {
  const files = modelFiles.peek();
  return new Promise((answered, refused) => {
    if (!files) return refused({ code: "missing", message: "the model is not here" } satisfies CoreError);
    const held: HeldModel = { key, arrays: [bytesArray("model", model), bytesArray("config", files.config)] };
    const arrays: NamedArray[] = [bytesArray("text", text), bytesArray("calibration", files.calibration)];
    core.ask(
      `trained ${key} ${JSON.stringify(request)}`,
      request,
      arrays,
      {
        answered: (json, named) => answered({ ...(json as EvalResponse & Evaluated), arrays: named }),
        refused,
        progressed: () => {},
      },
      held,
    );
  });
}
