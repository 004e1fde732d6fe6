import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

const kFactor = String.raw`s_j = \frac{(\max|X_j|)^{\alpha}}{(\max|W_j|)^{1-\alpha}}, \qquad Y = (X \operatorname{diag}(s)^{-1})\,(W \operatorname{diag}(s))^{\mathsf T}`;

export default function SmoothQuant() {
  return (
    <Chapter id="smoothquant" title="SmoothQuant moves the trouble from the inputs into the weights">
      <p>
        <b>What to look for:</b> as alpha grows, the towers among the inputs shrink and the weights of the
        same channels grow. The error is least somewhere between, where neither side has all the trouble.
      </p>
      <Demo of="smoothquant" name="Ranges" />
      <p>
        An <Term of="outlier-feature">outlier channel</Term> stretches the ruler of every input that shares
        it. But a channel meets its own column of weights and no other, so dividing the one and multiplying
        the other by the same factor changes nothing in the product.
      </p>
      <p>
        Written as for <a href="#awq">AWQ</a>, with <Tex>{"\\alpha"}</Tex> for alpha, the factor of each
        channel is
      </p>
      <Tex display>{kFactor}</Tex>
      <p>
        At alpha 0 the weights are evened out and the inputs pay; at 1 the inputs are even and the weights
        pay. The division costs nothing when the model runs: it is folded into what comes before, such as the
        weights of a norm.
      </p>
      <Demo of="smoothquant" name="Sweep" />
      <p>
        A planted outlier is a factor on a channel, taken back in the weights that meet it. That is just what
        smoothing undoes: flip the switch, and only the line without smoothing moves.
      </p>
      <p>
        Then choose a <i>down</i> matrix. Its outliers the model grew itself, and too much smoothing hurts, as
        too little does.
      </p>
      <Demo of="smoothquant" name="OnTheModel" />
      <Note title="Source">
        Xiao, Lin, Seznec, Wu, Demouth and Han 2022, SmoothQuant (arXiv 2211.10438), equation 4 and section 4.
      </Note>
    </Chapter>
  );
}
