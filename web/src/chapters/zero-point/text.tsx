import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";
import { Tex } from "../../page/tex";

export default function ZeroPoint() {
  return (
    <Chapter id="zero-point" title="Two numbers place the ruler: the scale and the zero-point">
      <p>
        What is stored is a <Term of="code">code</Term>, a whole number such as 0 to 15: the number of a mark.
        To <Term of="dequantization">turn it back</Term> into a weight you need to know how far apart the
        marks are, the <Term of="scale">scale</Term>, and which code means zero, the{" "}
        <Term of="zero-point">zero-point</Term>. Change the numbers and follow them through.
      </p>
      <Demo of="zero-point" name="StepByStep" />
      <p>
        The range from the smallest to the largest number is cut into equal steps: with <Tex>b</Tex> bits
        there are <Tex>{"2^b"}</Tex> marks and one step fewer.
      </p>
      <Tex display>
        {
          "\\class{is-scale}{s} = \\frac{\\mathrm{max} - \\mathrm{min}}{2^b - 1} \\qquad \\class{is-scale}{z} = q_{\\min} - \\operatorname{round}\\!\\left(\\frac{\\min}{s}\\right)"
        }
      </Tex>
      <p>
        The zero-point is the code that stands for exactly zero: so many steps above the lowest code,{" "}
        <Tex>{"q_{\\min}"}</Tex>, as zero lies above the minimum. (The minimum is negative or zero, so minus
        makes it more.) Some formats store the minimum itself instead of a zero-point.
      </p>
      <p>
        Many texts print the sign the other way round. Turn the switch to see what happens then: numbers fall
        off the ruler, and the error is many times larger.
      </p>
      <p>
        Rounding is the step that cannot be undone. Dividing by the scale and adding the zero-point lose
        nothing, as long as no number lies beyond the last mark.
      </p>
      <Note title="Zero stays zero">
        The range always includes zero, so that zero has a code of its own. Zeros are common where a model
        fills up its rows or has weights removed, and they should not become noise. (Jacob et al. 2017, arXiv
        1712.05877, section 2.1)
      </Note>
    </Chapter>
  );
}
