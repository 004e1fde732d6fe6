import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function FormatComparison() {
  return (
    <Chapter id="format-comparison" title="Most ways to store a layer are beaten by another; a few are not">
      <p>
        <b>What to look for:</b> left is smaller, low is better. The steps join what{" "}
        <Term of="pareto-front">nothing else beats</Term> in both bits and error; switch from the output to
        the weights, and others take their place.
      </p>
      <Demo of="format-comparison" name="Front" />
      <p>
        Every point counts <Term of="bits-per-weight">all that is stored</Term>: codes, scales, zero-points,
        tables, outliers. So a 4{"\u2011"}bit format stands at 4.5 where each 32 weights have a scale of their
        own, and a method that keeps weights apart in 16 bits pays for them.
      </p>
      <p>
        A <b>format</b> says how numbers are written. A <b>method</b> says which of the numbers that a format
        offers each weight should become, and may look at the layer&rsquo;s inputs to decide. The methods that
        look at the inputs do well by the output and poorly by the weights.
      </p>
      <Demo of="format-comparison" name="OnTheModel" />
      <Note title="One layer is not a model">
        The order of the points belongs to this layer, with its outliers and its size. On another layer others
        may be unbeaten; the command reproduces the table, and runs on a matrix of your own too.
      </Note>
    </Chapter>
  );
}
