import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { ProseTable } from "../../ui/prose-table";

const kRows = [
  [
    <Term key="weights" of="weight-only-quantization">
      Weights only
    </Term>,
    "The matrices are stored in 2 to 8 bits and unpacked to 16 when they are used.",
    "A quarter of the bits takes a quarter to a third of the bytes, depending on how many scales there are. Writing one text at a time gets faster almost as much, since it waits for weights.",
    "Reading long prompts and writing hundreds of texts at a time gain little or nothing. Below 4 bits rounding alone is not enough.",
  ],
  [
    "Weights and activations",
    "The inputs of each layer are rounded too, so that the processor multiplies 8- or 4-bit integers or floats.",
    "Multiplying itself gets faster: this is what helps prompts and many texts at a time.",
    "Activations have outliers that stretch the ruler. They must be smoothed, rotated or kept apart.",
  ],
  [
    "KV cache",
    "Keys and values of earlier tokens are stored in 2 to 8 bits.",
    "Longer texts, and more of them at a time.",
    "It is written while the model runs, so rounding must be cheap. Keys have channels with large values; the newest tokens matter most.",
  ],
  [
    "Low-bit finetuning",
    "To teach a finished model something new, its weights are frozen and stored in 4 bits; small matrices beside them, the adapters, are trained in 16.",
    "A model that would need several devices for training fits on one.",
    "Each step unpacks all weights, so a step is slower. Merging the adapters into the weights needs rounding once more.",
  ],
] as const;

export default function WhatIsQuantized() {
  return (
    <Chapter id="what-is-quantized" title="Four things can be stored in fewer bits">
      <p>
        Weights lie still, <Term of="activation">activations</Term> flow through, the{" "}
        <Term of="kv-cache">cache</Term> grows, and <Term of="finetuning">finetuning</Term> keeps a frozen
        model beneath the small part that learns. Each can be rounded, and each has its own difficulty.
      </p>
      <ProseTable
        label="What can be quantized"
        heads={["what", "how", "what you gain", "what is hard"]}
        rows={kRows}
      />
      <p>
        People write W4A16 for weights in 4 bits and activations in 16,{" "}
        <Term of="w4a16-w8a8-notation">and so on</Term>. Activations live for a moment only and are small
        beside weights and cache, so rounding them saves time, not memory.
      </p>
      <Demo of="what-is-quantized" name="WhatItSaves" />
      <Demo of="what-is-quantized" name="WhatItCosts" />
    </Chapter>
  );
}
