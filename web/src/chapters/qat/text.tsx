import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Qat() {
  return (
    <Chapter id="qat" title="After training, while training, or a little of both">
      <p>
        <Term of="post-training-quantization">Rounding afterwards</Term> takes seconds.{" "}
        <Term of="quantization-aware-training">Training with the rounding</Term> in the loop lets every weight
        settle where its mark is. In between, the codes stay as they are and only scales and norms learn.
      </p>
      <Demo of="qat" name="Curves" />
      <p>
        Rounding has no slope, so no gradient would come through it. The trick, the{" "}
        <b>straight-through estimator</b>, is to pretend on the way back that it is not there: the gradient of
        the rounded weight is given to the weight itself.
      </p>
      <p>
        What to look for: at 4 bits there is little to win. At 2 the first steps win most, and a small update
        of scales and norms alone comes a good part of the way. GPTQ, which trains nothing, is the line to
        beat.
      </p>
      <Note title="How fair is this?">
        A real run of QAT sees millions of tokens. Here it sees one short text over and over, so many steps
        learn that text by heart and the curve turns up again: the reason why the height is measured on
        another one.
      </Note>
    </Chapter>
  );
}
