import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

const kRotation = String.raw`Y = X W^{\mathsf T} = (X M)(W M)^{\mathsf T} \qquad \text{since } M M^{\mathsf T} = I`;

export default function Quarot() {
  return (
    <Chapter id="quarot" title="A rotation spreads an outlier over all inputs, and nothing is lost">
      <p>
        <b>What to look for:</b> before, a few inputs tower over the rest; after,{" "}
        <Term of="incoherence">all are alike</Term>. The output without rounding does not change, and with 4
        bits for both weights and inputs the error falls.
      </p>
      <Demo of="quarot" name="Spread" />
      <p>
        Multiply the inputs by a <Term of="hadamard-transform">Hadamard matrix</Term> <Tex>{"M"}</Tex>: plus
        and minus ones, divided by the root of how many stand in a row. Every new input is then a mixture of
        all the old ones, so a single large one gives a little to each.
      </p>
      <p>
        Turn the weights the same way and the product stays what it was: turned there and back, nothing is
        turned (<Tex>{"I"}</Tex>).
      </p>
      <Tex display>{kRotation}</Tex>
      <p>
        What changes is how well both can be rounded. A row without a giant has a finer ruler, in the inputs
        and in the weights. Where there was no giant there is nothing to win, even something to lose: choose
        an <i>output</i> matrix.
      </p>
      <Demo of="quarot" name="WithAndWithout" />
      <Demo of="quarot" name="OnTheModel" />
      <Note title="Source">
        Ashkboos and others 2024, QuaRot (arXiv 2404.00456), sections 3 and 4. In a model most of the
        rotations are folded into the weights before it runs, so they cost nothing there. The cache is rounded
        as QuaRot does it: keys, after their turn by position, and values are turned head by head, and the 32
        numbers of a token’s key in a head share a scale and a minimum, as do those of its value.
      </Note>
    </Chapter>
  );
}
