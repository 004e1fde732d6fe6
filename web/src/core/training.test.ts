import { beforeEach, expect, test, vi } from "vitest";
import { type ModelFiles, modelFiles, modelStatus } from "./model";
import type { TrainResponse } from "./requests";
import { type Curve, extended, Training } from "./training";

/** Answers that the test gives when it likes. */
const open: ((answer: TrainResponse) => void)[] = [];
vi.mock("./evaluate", () => ({
  answerTo: () =>
    new Promise((answered) => open.push((answer) => answered({ answer: { ...answer, arrays: {} } }))),
}));

const kFiles = {} as ModelFiles;
const none = new Uint8Array();
const runs = [
  {
    name: "a",
    request: { op: "train" as const, learning: "weights" as const, steps: 2 },
    text: none,
    heldOut: none,
  },
];
beforeEach(() => {
  open.length = 0;
  modelFiles.value = kFiles;
});

const curve: Curve = {
  name: "a",
  measured: [{ step: 5, bits: 2.5 }],
  step: 5,
  done: false,
  learnable: 10,
  tokensPerSecond: 100,
};
const answer = (step: number, more: Partial<TrainResponse> = {}): TrainResponse => ({
  step,
  steps: 20,
  done: false,
  new_steps: [step],
  new_bits_per_byte: [2],
  learnable: 10,
  tokens_per_second: 50,
  ...more,
});

test("a step that was measured adds a point", () => {
  expect(extended(curve, answer(6)).measured).toHaveLength(1);
  expect(extended(curve, answer(10, { held_out_bits_per_byte: 2.25 })).measured).toEqual([
    { step: 5, bits: 2.5 },
    { step: 10, bits: 2.25 },
  ]);
});

test("a run that the core began again begins its curve again", () => {
  expect(extended(curve, answer(1, { held_out_bits_per_byte: 3 })).measured).toEqual([{ step: 1, bits: 3 }]);
});

test("a step that was under way when the reader stopped stays in its curve, and is not taken again", async () => {
  const training = new Training();
  const told = async (more: TrainResponse) => {
    open.shift()!(more);
    await new Promise((go) => setTimeout(go, 0));
  };
  const shown = () => training.curves.value.map(({ step, done, measured }) => [step, done, measured.length]);

  void training.start(() => runs);
  await told(answer(1, { held_out_bits_per_byte: 3 }));
  training.stop();
  void training.start(() => runs);
  await told(answer(2, { held_out_bits_per_byte: 2, done: true }));
  expect(shown()).toEqual([[2, true, 2]]);
  // The core has finished the run and begins it again for whoever asks once more.
  await told(answer(1, { held_out_bits_per_byte: 3 }));
  expect(shown()).toEqual([[2, true, 2]]);
  expect(training.state.value).toBe("done");

  // Of a run that was forgotten meanwhile nothing is kept.
  const other = new Training();
  void other.start(() => runs);
  other.clear();
  await told(answer(1));
  expect(other.curves.value).toEqual([]);
  expect(other.state.value).toBe("idle");
});

test("training that is asked for before the model is here begins when it comes, unless it was stopped", async () => {
  const comes = async () => {
    modelStatus.value = { state: "ready" };
    modelFiles.value = kFiles;
    await new Promise((go) => setTimeout(go, 0));
  };
  modelFiles.value = undefined;
  modelStatus.value = { state: "loading", share: 0.5 };
  const [training, stopped] = [new Training(), new Training()];
  void stopped.start(() => runs);
  expect(stopped.state.value).toBe("waiting");
  stopped.stop();
  expect(stopped.state.value).toBe("idle");
  void training.start((files) => (files === kFiles ? runs : []));
  expect(training.state.value).toBe("waiting");
  await comes();
  expect(training.state.value).toBe("running");
  expect(stopped.state.value).toBe("idle");
  expect(open).toHaveLength(1);
});

test("training says why the model does not come", async () => {
  modelFiles.value = undefined;
  modelStatus.value = { state: "loading", share: 0.5 };
  const training = new Training();
  const started = training.start(() => runs);
  modelStatus.value = { state: "failed", message: "404 Not Found" };
  await started;
  expect(training.state.value).toBe("idle");
  expect(training.error.value?.message).toContain("404 Not Found");
});
