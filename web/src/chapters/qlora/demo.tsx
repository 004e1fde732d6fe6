// Adapters on a frozen base: in 16 bits and in NF4 (QLoRA), and on integers with a merge at the end (LoRA-Q).
import { heldApart } from "../../core/companions";
import { type Evaluations, evaluateEach, type OwnText } from "../../core/evaluate";
import { type ModelFiles, modelFiles } from "../../core/model";
import type { EvalRequest, TrainRequest } from "../../core/requests";
import { type Run, Training } from "../../core/training";
import { Switch } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import {
  type Beside,
  besideCurves,
  clearsWith,
  FewBits,
  type Line,
  lastOf,
  StepsSlider,
  TrainButton,
  TrainChart,
  trainedBy,
  trainTable,
} from "../shared/train-figure";
import { kRanks, view } from "./settings";

export { Memory } from "./memory";

const kGroup = 64;
const kLoftqIterations = 5;

const kCommon = {
  batch: 1,
  sequence: 256,
  parts: 1,
  optimizer: "adamw",
  learning_rate: 3e-3,
  warmup: 5,
  weight_decay: 0,
} as const;
const nf4 = () => (view.value.double_quantization ? "nf4_dq" : "nf4");

const heldOutOf = (files: ModelFiles) => heldApart(files.adapter).heldOut;
/** The end of the station's log, which no run learns from. */
const heldOutText: OwnText = {
  name: "the log, held apart",
  bytes: () => modelFiles.value && heldOutOf(modelFiles.value),
};

type Shown = Beside<Evaluations>;

const loraOn = (base: string): TrainRequest => ({
  op: "train",
  learning: "lora",
  ...(base === "none" ? {} : { base }),
  rank: view.value.rank,
  alpha: view.value.alpha,
  steps: view.value.steps,
  ...kCommon,
});
const evalOf = (method: string): EvalRequest => ({ op: "eval", method });

const adapters = new Training();
const adapterSettings = () => {
  const { rank, alpha, double_quantization, steps } = view.value;
  return [rank, alpha, double_quantization, steps];
};
clearsWith(adapters, adapterSettings);
const adaptersTrained = trainedBy(adapters, adapterSettings, heldOutOf, () => [
  { what: "trained, beside its base", request: evalOf("none"), asStored: true },
]);
const adaptersAsked = evaluateEach(() => [evalOf("none"), evalOf(nf4())], heldOutText);
const adaptersResult = besideCurves(adaptersAsked, adapters);

function adapterRuns(files: ModelFiles): Run[] {
  const { text, heldOut } = heldApart(files.adapter);
  return [
    { name: "LoRA on 16 bits", request: loraOn("none"), text, heldOut },
    { name: `QLoRA on ${nf4()}`, request: loraOn(nf4()), text, heldOut },
  ];
}

const adapterLines = ({ others }: Shown): Line[] => [
  { name: "no adapter, 16 bits", kind: "original", found: others.items[0] },
  {
    name: `no adapter, ${view.value.double_quantization ? "NF4, its scales rounded" : "NF4"}`,
    kind: "error",
    found: others.items[1],
  },
];

export function Adapters() {
  const { rank, alpha } = view.value;
  return (
    <Figure
      title="Adapters learn a new manner, on a base of 16 bits and of 4"
      lead="The text to learn is the log of a mountain station, nothing like a novel. Its last tenth is held apart to measure with. Lower is better."
      result={adaptersResult}
      view={view}
      command={() => [
        { ...loraOn("none"), out: "lora.safetensors" },
        { ...loraOn(nf4()), out: "qlora.safetensors" },
      ]}
      controls={
        <>
          <Slider
            field={view.field("rank")}
            name="Rank"
            minimum={4}
            maximum={64}
            stops={kRanks}
            hint="Columns of B and rows of A."
          />
          <Slider
            field={view.field("alpha")}
            name="Alpha"
            minimum={4}
            maximum={64}
            stops={kRanks}
            hint={`B A counts ${significant(alpha / rank, 3)} times.`}
          />
          <Switch
            field={view.field("double_quantization")}
            name="Double quantization"
            hint="the scales of NF4 are rounded as well"
          />
          <StepsSlider field={view.field("steps")} />
          <TrainButton training={adapters} runsWith={adapterRuns} />
        </>
      }
      sentence={(r) => {
        const [full, quantized] = r.curves;
        const [bare, base] = r.others.items ?? [];
        const [a, b] = [lastOf(full), lastOf(quantized)];
        return (
          <>
            {bare && base ? (
              <>
                The base takes <b class="is-quantized">{bytes(base.bytes)}</b> instead of {bytes(bare.bytes)}{" "}
                ({decimals(base.quantized_bits_per_weight, 2)} bits a weight) and knows nothing of station
                logs: {decimals(base.bits_per_byte, 2)} bits a byte, in 16 bits{" "}
                {decimals(bare.bits_per_byte, 2)}.{" "}
              </>
            ) : null}
            {a !== undefined && b !== undefined ? (
              <>
                After {quantized!.step} steps {whole(quantized!.learnable)} numbers have learned: LoRA on 16
                bits stands at <b class="is-original">{decimals(a, 3)}</b>, QLoRA at{" "}
                <b class="is-quantized">{decimals(b, 3)}</b>.
              </>
            ) : (
              "Press train to let the adapters learn."
            )}
          </>
        );
      }}
      table={(r) => trainTable(r.curves, adapterLines(r), adaptersTrained.value)}
    >
      {(r) => (
        <TrainChart
          label="Bits a byte against training steps for LoRA and QLoRA."
          steps={view.value.steps}
          curves={r.curves}
          kinds={["scale", "quantized"]}
          lines={adapterLines(r)}
        />
      )}
    </Figure>
  );
}

// LoRA-Q: the base is in integers, and what was learned is merged and rounded again.

const integerOn = (loftq: number): TrainRequest => ({
  op: "train",
  learning: "lora",
  base: "rtn",
  bits: Number(view.value.bits),
  group_size: kGroup,
  ...(loftq > 0 ? { loftq_iterations: loftq } : {}),
  rank: view.value.rank,
  alpha: view.value.alpha,
  steps: view.value.integer_steps,
  ...kCommon,
});
const rounded = (): EvalRequest => ({
  op: "eval",
  method: "rtn",
  bits: Number(view.value.bits),
  group_size: kGroup,
});

const integers = new Training();
const integerSettings = () => {
  const { rank, alpha, bits, integer_steps } = view.value;
  return [rank, alpha, bits, integer_steps];
};
clearsWith(integers, integerSettings);
const integersTrained = trainedBy(integers, integerSettings, heldOutOf, () => [
  { what: "merged in 16 bits", request: evalOf("none") },
  { what: "merged and rounded again", request: rounded() },
]);
const integersAsked = evaluateEach(() => [evalOf("none"), rounded()], heldOutText);
const integersResult = besideCurves(integersAsked, integers);

function integerRuns(files: ModelFiles): Run[] {
  const { text, heldOut } = heldApart(files.adapter);
  return [
    { name: "adapters from zero", request: integerOn(0), text, heldOut },
    { name: "LoftQ start", request: integerOn(kLoftqIterations), text, heldOut },
  ];
}

const integerLines = ({ others }: Shown): Line[] => [
  { name: "no adapter, 16 bits", kind: "original", found: others.items[0] },
  { name: `no adapter, ${view.value.bits} bits`, kind: "error", found: others.items[1] },
];

export function Integers() {
  return (
    <Figure
      title="On integers: where the adapters begin, and what is left after merging"
      lead="Adapters usually begin at zero, so the run begins with all of the rounding error. LoftQ chooses base and adapters together, so that their sum is near to the weights from the start."
      result={integersResult}
      view={view}
      command={() => [
        { ...integerOn(0), out: "from-zero.safetensors" },
        { ...integerOn(kLoftqIterations), out: "loftq.safetensors" },
      ]}
      controls={
        <>
          <FewBits field={view.field("bits")} name="Bits of the base" />
          <StepsSlider field={view.field("integer_steps")} />
          <TrainButton training={integers} runsWith={integerRuns} />
        </>
      }
      sentence={(r) => {
        const [plain, loftq] = r.curves;
        const first = [plain?.measured[0]?.bits, loftq?.measured[0]?.bits];
        return (
          <>
            {first[0] !== undefined && first[1] !== undefined ? (
              <>
                After the first step the run from zero stands at{" "}
                <b class="is-scale">{decimals(first[0], 3)}</b>, the one with the LoftQ start at{" "}
                <b class="is-quantized">{decimals(first[1], 3)}</b>.{" "}
              </>
            ) : (
              "Press train to compare the two starts. "
            )}
            {integersTrained.value.map(({ curve, found, rounded: again }) =>
              again ? (
                <>
                  rounded to {view.value.bits} bits again{" "}
                  <b class="is-error">{decimals(found.bits_per_byte, 3)}</b>, and then the same byte is the
                  likeliest as before at {decimals(found.top1_agreement * 100, 1)}&nbsp;% of the places.{" "}
                </>
              ) : (
                <>
                  The run with {curve}: merged in 16 bits {decimals(found.bits_per_byte, 3)},{" "}
                </>
              ),
            )}
          </>
        );
      }}
      table={(r) => trainTable(r.curves, integerLines(r), integersTrained.value)}
    >
      {(r) => (
        <TrainChart
          label="Bits a byte against training steps for two starts of the adapters."
          steps={view.value.integer_steps}
          curves={r.curves}
          kinds={["scale", "quantized"]}
          lines={integerLines(r)}
        />
      )}
    </Figure>
  );
}
