import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Qat() {
  return (
    <Chapter id="qat" title="After training, while training, or a little of both">
      <p>
        <Term of="post-training-quantization">Rounding afterwards</Term> takes seconds here, and minutes to
        hours for a large model. <Term of="quantization-aware-training">Training with the rounding</Term> in
        the loop lets every weight settle where its mark is. In between, a{" "}
        <Term of="small-update">small update</Term> leaves the codes as they are: only scales and norms learn.
      </p>
      <p>
        <b>What to look for:</b> at 4 bits there is little to win. At 2 the first steps win most, and scales
        and norms alone come a good part of the way. GPTQ, which trains nothing, is the line to beat.
      </p>
      <Demo of="qat" name="Curves" />
      <p>
        Training asks of each weight in which direction the error falls, its{" "}
        <Term of="gradient">gradient</Term>, and moves it a little that way: one step. Gradients are worked
        out backwards, from the error to the first layer.
      </p>
      <p>
        Rounding, only <Term of="fake-quantization">simulated</Term> meanwhile, stands in between: move a
        weight a little, and its mark stays the same, so the slope is zero and nothing would be learned.
      </p>
      <p>
        The trick, the <Term of="straight-through-estimator">straight-through estimator</Term>, is to pretend
        on the way back that rounding is not there: the gradient of the rounded weight is given to the weight
        itself.
      </p>
      <Note title="Source">
        The estimator: <a href="#paper-straight-through">Bengio, L&eacute;onard and Courville 2013</a>.
        Training with rounding in the loop: Jacob and others 2017 (arXiv 1712.05877), section 3.
      </Note>
      <Note title="How fair is this?">
        A real run of QAT sees many millions of tokens. Here it sees the 6.5 kB of the calibration text over
        and over, 600 times less than the novels that the model itself was made from, which the page does not
        carry. So many steps learn the short text by heart and the curve turns up again: the reason why the
        height is measured on another one. <code>data/reference/demonstrations.md</code> has runs on the
        novels.
      </Note>
    </Chapter>
  );
}
