import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Rounding() {
  return (
    <Chapter id="rounding" title="Try it on your own numbers">
      <p>
        Five numbers to start with; change them, add some, paste a list. Every choice so far is here, and a
        few more.
      </p>
      <Demo of="rounding" name="YourNumbers" />
      <p>
        One bit less doubles the step, so the error doubles too, and the mean <i>squared</i> error grows about
        fourfold. You can see it in the curve: nearly a straight line on a scale where each mark is ten times
        the last.
      </p>
      <Demo of="rounding" name="ErrorByBits" />
      <p>
        <Term of="clipping">Clipping</Term> gives up on the largest number to get a finer ruler for the
        others. With five numbers that rarely pays. With thousands, of which few are large, it often does.
      </p>
      <Note title="One bit">
        With one bit there is no ruler left, only a sign. Each number becomes plus or minus the mean
        magnitude, which is the choice with the least squared error.
      </Note>
    </Chapter>
  );
}
