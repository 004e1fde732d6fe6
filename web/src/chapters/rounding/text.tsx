import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Rounding() {
  return (
    <Chapter id="rounding" title="Try it on your own numbers">
      <p>Five numbers to start with; change them, add some, paste a list.</p>
      <p>
        Every choice so far is here. Lower <b>share a scale</b>, and each group of your numbers gets a ruler
        of its own. Under the ruler each code stands in bits, as it is stored. Codes below zero count down
        from all ones: in 4 bits &minus;1 is four ones, &minus;2 three ones and a zero.
      </p>
      <p>
        Two choices are new: which way to round (<b>away</b> differs from nearest only halfway between two
        marks; <Term of="stochastic-rounding">chance</Term> goes up or down, more often to the nearer mark),
        and how much of the range to keep.
      </p>
      <Demo of="rounding" name="YourNumbers" />
      <p>
        One bit less about doubles the step, so the errors double too, and the mean <i>squared</i> error grows
        about fourfold. You can see it in the curve: roughly a straight line on an axis where each mark is ten
        times the last.
      </p>
      <Demo of="rounding" name="ErrorByBits" />
      <p>
        <Term of="clipping">Clipping</Term> gives up on the largest number to get a finer ruler for the
        others. With five numbers that rarely pays. With thousands, of which few are large, it often does.
      </p>
      <Note title="One bit">
        With one bit symmetric codes have no ruler left, only a sign. Each number becomes plus or minus the
        mean magnitude, which is the choice with the least squared error.
      </Note>
    </Chapter>
  );
}
