import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function Qlora() {
  return (
    <Chapter id="qlora" title="A frozen base in 4 bits, and small matrices that learn">
      <p>
        <Term of="finetuning">Finetuning</Term> teaches a finished model something new. It needs a{" "}
        <Term of="gradient">gradient</Term> for each weight and the{" "}
        <Term of="optimizer">optimizer&rsquo;s</Term> memory of them: several times the model itself.
      </p>
      <p>
        <Term of="lora">LoRA</Term> freezes the weights and learns two thin matrices, A and B, beside each,
        the adapter; <b>QLoRA</b> then stores the frozen part in <Term of="nf4">NF4</Term>, with its scales
        rounded too under <Term of="double-quantization">double quantization</Term>. The adapters stay in 16
        bits or more.
      </p>
      <p>
        <b>What to look for:</b> the curve of QLoRA beside that of LoRA, and how far both are below the lines
        without an adapter. The rank says how much can be learned; on a text this short a high one learns it
        by heart.
      </p>
      <Demo of="qlora" name="Adapters" />
      <Tex display>{"y = W x + \\tfrac{\\alpha}{r}\\, B A x"}</Tex>
      <p>
        <Tex>W</Tex> are the frozen weights, <Tex>x</Tex> the inputs. <Tex>A</Tex> squeezes them into{" "}
        <Tex>r</Tex> numbers (the rank), <Tex>B</Tex> spreads these out again, and <Tex>{"\\alpha"}</Tex>{" "}
        (alpha) says how much that counts.
      </p>
      <p>
        <b>What to look for:</b> with adapters, gradients and optimizer shrink to almost nothing; the base is
        left, which for Llama 2 7B NF4 makes between three and four times smaller. Then lengthen the{" "}
        <Term of="context">context</Term>: activations become the largest part, until you turn checkpoints on.
      </p>
      <Demo of="qlora" name="Memory" />
      <Note title="How these bytes are counted">
        Twelve bytes a weight where all learn, as in the paper&rsquo;s introduction: more than 780 GB for 65
        billion. Activations are counted from the layer, in 16 bits: each token keeps the inputs of norms and
        of matrices with adapters, queries, keys, values, what attention gives, and the inside of the
        feed-forward part. This page&rsquo;s own training is simpler and larger: it keeps all in 32 bits.
      </Note>
      <p>
        <b>LoRA-Q</b> is the same on a base of integers. <b>What to look for:</b> at 2 bits the run that
        starts from zero begins far above the one with the LoftQ start. After training, see how much of what
        was learned is left when adapters are merged and rounded again.
      </p>
      <Demo of="qlora" name="Integers" />
      <p>
        As long as base and adapters stay apart, nothing is lost. If they are merged into one matrix and that
        is rounded to the base&rsquo;s bits again, part of what was learned falls between the marks. The last
        sentence under the picture says how much.
      </p>
      <Note title="Source">
        LoRA: Hu and others 2021 (arXiv 2106.09685). NF4, double quantization and adapters on a frozen base:
        Dettmers and others 2023, QLoRA (arXiv 2305.14314), section 3.
      </Note>
      <Note title="Where a base in integers makes sense">
        Integer products are what many processors have fast programs for; NF4 has to be unpacked first. The
        paper behind the start is LoftQ (Li et al. 2023, arXiv 2310.08659).
      </Note>
    </Chapter>
  );
}
