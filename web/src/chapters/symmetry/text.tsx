import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Symmetry() {
  return (
    <Chapter id="symmetry" title="A symmetric ruler is simpler; a shifted one wastes fewer marks">
      <p>
        <Term of="symmetric-quantization">Symmetric</Term> codes have zero in the middle: only a scale to
        store, and products stay simple. <Term of="asymmetric-quantization">Asymmetric</Term> codes may sit
        anywhere, at the price of a zero-point. Which is better depends on the numbers.
      </p>
      <Demo of="symmetry" name="TwoRulers" />
      <p>
        Weights spread evenly to both sides of zero, and there the two differ by little more than one mark.
        The outputs of an activation function are mostly positive; a symmetric ruler then leaves its negative
        marks unused and has half as many for the rest.
      </p>
      <Demo of="symmetry" name="OnMatrices" />
      <p>
        With 8 bits there are 256 codes, an even count, so a ruler with zero in the middle has one code too
        many. The <b>restricted</b> range leaves it out and uses &minus;127 to 127. The <b>full</b> range
        keeps &minus;128 and puts the marks a little closer; the largest number then lies half a step past the
        last mark.
      </p>
      <p>At 8 bits that hardly matters. At 2 bits it is the difference between three marks and four.</p>
    </Chapter>
  );
}
