import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function Memory() {
  return (
    <Chapter id="memory" title="Weights, cache and the rest: does it fit on your device?">
      <p>
        Three things lie in memory while a model runs: its weights, the <Term of="kv-cache">cache</Term> of
        each text, and what the program needs to work. Choose a model and a device (of one that is sold with
        several sizes it is the largest). The green line is all the memory there is.
      </p>
      <Demo of="memory" name="MemoryCalculator" />
      <Tex display>
        {
          "\\text{memory} = \\sum_{\\text{parts}} \\frac{\\text{numbers} \\times \\text{bits}}{8} \\allowbreak {} + \\text{texts} \\times \\text{cache} + \\text{rest}"
        }
      </Tex>
      <p>
        Bits a weight includes the scales that a format stores beside its codes, so{" "}
        <Term of="bits-per-weight">4 bits are really</Term> 4.13 to 5. Norms stay in 16 bits.
      </p>
      <Demo of="memory" name="WhatFits" />
      <Note title="The rest">
        Activations, buffers and code depend on the program that runs the model, so no formula has them. Half
        a GiB is a guess for one text; set what you measure. A desktop also shows its windows from the same
        memory.
      </Note>
      <Note title="Experts">
        A <Term of="mixture-of-experts">model of experts</Term> uses only a few of them for each word, but all
        of them must lie in memory. So Mixtral 8x7B computes like a model of about a quarter of its size, and
        is stored as what it is.
      </Note>
    </Chapter>
  );
}
