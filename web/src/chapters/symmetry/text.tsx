import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function Symmetry() {
  return (
    <Chapter id="symmetry" title="A symmetric ruler is simpler; a shifted one wastes fewer marks">
      <p>
        <Term of="symmetric-quantization">Symmetric</Term> codes have zero in the middle: only a scale to
        store, and multiplying stays simple. <Term of="asymmetric-quantization">Asymmetric</Term> codes may
        sit anywhere, at the price of a zero-point. Which is better depends on the numbers.
      </p>
      <Demo of="symmetry" name="TwoRulers" />
      <p>
        The <Term of="mean-squared-error">mean squared error</Term> (MSE) is one number for all errors: each
        is squared, and the mean is taken.
      </p>
      <p>
        With 8 bits there are 256 codes, an even count, so a ruler with zero in the middle has one code too
        many. The <b>restricted</b> range leaves it out and uses &minus;127 to 127.
      </p>
      <p>
        The <b>full</b> range keeps &minus;128 and puts the marks a little closer; the largest number then
        lies half a step past the last mark.
      </p>
      <p>At 8 bits that hardly matters. At 2 bits it is the difference between three marks and four.</p>
      <p>
        Inside a block an <Term of="activation-function">activation function</Term> bends the numbers. The
        outputs of one such as <Tex>{"\\operatorname{SiLU}(x) = x / (1 + e^{-x})"}</Tex> reach far above zero
        and never below {"\u2212"}0.28; a symmetric ruler then leaves nearly all its negative marks unused and
        has half as many for the rest.
      </p>
      <p>
        Below are the reference model&rsquo;s outputs of SiLU, each token on a scale of its own. The bars are
        in <Term of="signal-to-noise-ratio">decibels</Term>, which say how much larger numbers are than their
        errors: 6 dB more is half the error, as much as one more bit brings.
      </p>
      <Demo of="symmetry" name="OnSilu" />
      <p>
        Weights spread to both sides of zero, and there asymmetric codes win less. The fewer the bits, the
        more the one mark counts that the symmetric ruler leaves out.
      </p>
      <Demo of="symmetry" name="OnMatrices" />
      <Note title="Where models use which">
        In newer models the output of SiLU is multiplied by another row before a layer reads it, so it leans
        to neither side any more: the inputs of the reference model&rsquo;s down matrices reach about as far
        below zero as above. Activations are therefore often rounded symmetrically too.
      </Note>
    </Chapter>
  );
}
