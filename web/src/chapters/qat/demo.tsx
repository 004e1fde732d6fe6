// The same model at few bits in three ways: rounded after training, trained with the rounding, and rounded with its scales
// and norms trained afterwards.
import { kTextPaths } from "../../core/companions";
import { type Evaluations, evaluateEach } from "../../core/evaluate";
import type { ModelFiles } from "../../core/model";
import type { EvalRequest, TrainRequest } from "../../core/requests";
import { type Run, Training } from "../../core/training";
import { viewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { bytes, decimals, whole } from "../../ui/format";
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

const kGroup = 64;
const kWindows = 4;
const kHeldOutBytes = kWindows * 512;

const view = viewState("qat", { bits: "2", steps: 60 });
const bits = () => Number(view.value.bits);

const evalOf = (method: string): EvalRequest =>
  method === "none"
    ? { op: "eval", method, windows: kWindows }
    : { op: "eval", method, bits: bits(), scheme: "asymmetric", group_size: kGroup, windows: kWindows };
const measured = evaluateEach(() => [evalOf("none"), evalOf("rtn"), evalOf("gptq")]);

const kCommon = {
  batch: 1,
  sequence: 256,
  parts: 1,
  optimizer: "adamw",
  warmup: 5,
  weight_decay: 0,
} as const;
const trainOf = (learning: "qat" | "scales"): TrainRequest => ({
  op: "train",
  learning,
  ...(learning === "scales" ? { base: "rtn" } : {}),
  bits: bits(),
  group_size: kGroup,
  // Scales are few and bear a higher rate; both were tried at three rates and the better one kept.
  learning_rate: learning === "qat" ? 3e-4 : 3e-3,
  steps: view.value.steps,
  ...kCommon,
});
/** The same on the command line, which stores the model; the second line measures it. */
const commandsOf = (learning: "qat" | "scales"): object[] => [
  { ...trainOf(learning), text: kTextPaths.calibration, held_out_share: 0, out: `${learning}.safetensors` },
  { ...evalOf("none"), model: `${learning}.safetensors` },
];

const training = new Training();
const settings = () => [view.value.bits, view.value.steps];
clearsWith(training, settings);
const heldOutOf = (files: ModelFiles) => files.evaluation.subarray(0, kHeldOutBytes);
const trained = trainedBy(training, settings, heldOutOf, () => [
  { what: "trained", request: evalOf("none"), asStored: true },
]);

function runsWith(files: ModelFiles): Run[] {
  const heldOut = heldOutOf(files);
  return [
    { name: "QAT: all weights learn", request: trainOf("qat"), text: files.calibration, heldOut },
    { name: "small update: scales and norms", request: trainOf("scales"), text: files.calibration, heldOut },
  ];
}

const result = besideCurves(measured, training);

const linesOf = ({ others }: Beside<Evaluations>): Line[] => [
  { name: "rounded to nearest", kind: "error", found: others.items[1] },
  { name: "GPTQ", kind: "scale", found: others.items[2] },
  { name: "as trained, 16 bits", kind: "original", found: others.items[0] },
];

export function Curves() {
  return (
    <Figure
      title="Rounded afterwards, or trained with the rounding"
      lead={`Both runs learn from the 6.5 kB calibration text, one step after the other; the height is measured on ${whole(kHeldOutBytes)} bytes of another text. Lower is better.`}
      result={result}
      view={view}
      command={() => [...["rtn", "gptq", "none"].map(evalOf), ...commandsOf("qat"), ...commandsOf("scales")]}
      controls={
        <>
          <FewBits field={view.field("bits")} name="Bits for each weight" />
          <StepsSlider field={view.field("steps")} />
          <TrainButton training={training} runsWith={runsWith} />
        </>
      }
      sentence={(r) => {
        const [none, rtn] = r.others.items ?? [];
        const [qat, scales] = r.curves;
        const after = lastOf(qat);
        const small = lastOf(scales);
        return (
          <>
            {none && rtn ? (
              <>
                At {view.value.bits} bits ({decimals(rtn.quantized_bits_per_weight, 2)} with scales, the model{" "}
                {bytes(rtn.bytes)}) rounding alone needs{" "}
                <b class="is-error">{decimals(rtn.bits_per_byte, 3)}</b> bits a byte, as trained{" "}
                {decimals(none.bits_per_byte, 3)}.{" "}
              </>
            ) : null}
            {after !== undefined && small !== undefined ? (
              <>
                After {qat!.step} steps QAT stands at <b class="is-quantized">{decimals(after, 3)}</b>, with{" "}
                {whole(qat!.learnable)} numbers learning; the small update at{" "}
                <b class="is-good">{decimals(small, 3)}</b> with {whole(scales!.learnable)}.
              </>
            ) : (
              "Press train to see what learning adds."
            )}
          </>
        );
      }}
      table={(r) => trainTable(r.curves, linesOf(r), trained.value)}
    >
      {(r) => (
        <TrainChart
          label="Bits a byte against training steps, beside methods that do not train."
          steps={view.value.steps}
          curves={r.curves}
          kinds={["quantized", "good"]}
          lines={linesOf(r)}
        />
      )}
    </Figure>
  );
}
