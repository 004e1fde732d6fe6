import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

const kScaled = String.raw`\widehat{Y} = (X \operatorname{diag}(s)^{-1})\; Q(W \operatorname{diag}(s))^{\mathsf T}, \qquad s_j = (\operatorname{mean}|X_j|)^{r}`;

export default function Awq() {
  return (
    <Chapter id="awq" title="AWQ scales the weights that matter; it keeps none of them apart">
      <p>
        <b>What to look for:</b> the exponent says how strongly weights that meet large inputs are scaled up.
        At 0 it is plain rounding; the error is mostly lowest between 0 and 1. Then compare: keeping the same
        channels in 16 bits costs bits, scaling costs none.
      </p>
      <Demo of="awq" name="Search" />
      <p>
        AWQ is short for <Term of="activation-aware-quantization">activation-aware</Term> weight quantization.
        A weight that meets large inputs matters more than one that meets small ones: its error is multiplied
        by them. Such <Term of="salient-channel">salient channels</Term> are known by their inputs, not by
        their weights.
      </p>
      <p>
        Multiply a channel&rsquo;s weights by a factor before rounding, divide its inputs by the same, and the
        error of just these weights shrinks.
      </p>
      <Tex display>{kScaled}</Tex>
      <p>
        Here <Tex>{"Q"}</Tex> rounds, <Tex>{"\\operatorname{diag}(s)"}</Tex> multiplies each channel{" "}
        <Tex>{"j"}</Tex> by its factor <Tex>{"s_j"}</Tex>, and the power {"\u2212"}1 divides by it.
      </p>
      <p>
        Too large a factor stretches the ruler for the others in the group. So AWQ tries 20 exponents{" "}
        <Tex>{"r"}</Tex> on real inputs and keeps the best.
      </p>
      <Demo of="awq" name="Scales" />
      <p>
        AWQ is often described as keeping 1&nbsp;% of the weights in 16 bits. The paper does try that, as a
        first observation, and then scales instead: all weights are stored at the same few bits.
      </p>
      <Demo of="awq" name="KeepInstead" />
      <Demo of="awq" name="OnTheModel" />
      <p>
        Do not expect much of it on this model. Few of its channels are large on average, and over the whole
        passage AWQ and plain rounding cannot be told apart at 4, 3 or 2 bits. In large models they can; the
        paper&rsquo;s numbers are on <a href="#card-awq">its card</a>.
      </p>
      <Note title="In the code">
        The authors&rsquo; code tries the exponents 0, 0.05 and so on to 0.95, and divides all factors of a
        layer by the root of the largest times the smallest. So does this page. It leaves out what their code
        does next, the search for a clipping of each group; the command has it as <code>--clip</code>.
      </Note>
      <Note title="Source">
        Lin and others 2023, AWQ (arXiv 2306.00978): the sections on keeping 1&nbsp;% of salient weights and
        on scaling by activations. That AWQ and plain rounding cannot be told apart here is in{" "}
        <code>data/reference/demonstrations.md</code>.
      </Note>
    </Chapter>
  );
}
