import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

const kScaled = String.raw`\widehat{Y} = (X \operatorname{diag}(s)^{-1})\; Q(W \operatorname{diag}(s))^{\mathsf T}, \qquad s_j = \operatorname{mean}|X_j|^{\,r}`;

export default function Awq() {
  return (
    <Chapter id="awq" title="AWQ scales the weights that matter; it keeps none of them apart">
      <p>
        <b>What to look for:</b> the loss has its least point at an exponent between 0 and 1, and 0 is plain
        rounding. Then compare with keeping the same channels in 16 bits: that costs bits, scaling costs none.
      </p>
      <Demo of="awq" name="Search" />
      <p>
        A weight that meets large inputs matters more than one that meets small ones: its error is multiplied
        by them. Such <Term of="salient-channel">salient channels</Term> are told by the inputs, not by the
        weights. Multiply a channel's weights by a factor before rounding, divide its inputs by the same, and
        the error of just these weights shrinks.
      </p>
      <Tex display>{kScaled}</Tex>
      <p>
        Too large a factor stretches the ruler for the others in the group. So AWQ tries 20 exponents{" "}
        <Tex>{"r"}</Tex> on real inputs and keeps the best.
      </p>
      <Demo of="awq" name="Scales" />
      <p>
        AWQ is often described as keeping 1 % of the weights in 16 bits. The paper does try that, as a first
        observation, and then scales instead: all weights are stored at the same few bits.
      </p>
      <Demo of="awq" name="KeepInstead" />
      <Demo of="awq" name="OnTheModel" />
      <Note title="Source">
        Lin and others 2023, AWQ (arXiv 2306.00978), section 3: the observation in 3.1, the scaling in 3.2.
      </Note>
    </Chapter>
  );
}
