// Which texts and files travel beside a request to the language model. The page sends their bytes; on the command line
// they are flags with a path.

export const kTextPaths = {
  calibration: "data/calibration.txt",
  evaluation: "data/evaluation.txt",
  adapter: "data/adapter.txt",
} as const;
export type TextName = keyof typeof kTextPaths;

const kModelPath = "data/reference/model.safetensors";
/** Share at the end of a training text that is kept apart to measure with, as on the command line. */
const kHeldOutShare = 0.1;

/** The arrays that an operation reads, and which text each is. */
const kTexts: Record<string, Record<string, TextName>> = {
  model: {},
  eval: { calibration: "calibration", text: "evaluation" },
  generate: { calibration: "calibration" },
  train: { calibration: "calibration", text: "adapter" },
};

const opOf = (request: object): string => (request as { op?: string }).op ?? "";

/** Whether the request is about the language model or a layer of it. */
export const needsModel = (request: object): boolean =>
  opOf(request) in kTexts || Boolean((request as { layer?: string }).layer);

/** The texts that go with the request, by the name of the array. */
export function textsOf(request: object): Record<string, TextName> {
  if (!needsModel(request)) return {};
  return kTexts[opOf(request)] ?? { calibration: "calibration" };
}

/** A training text without its end, and its end. */
export function heldApart(text: Uint8Array): { text: Uint8Array; heldOut: Uint8Array } {
  const end = Math.trunc(text.length * (1 - kHeldOutShare));
  return { text: text.subarray(0, end), heldOut: text.subarray(end) };
}

/** The same as flags of the command line, keyed as a request is. */
export function flagsBeside(request: object): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [array, text] of Object.entries(textsOf(request))) flags[array] = kTextPaths[text];
  if (opOf(request) === "train") Object.assign(flags, { model: kModelPath, out: "trained.safetensors" });
  return flags;
}
