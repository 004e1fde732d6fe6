import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";

export default function Formula() {
  return (
    <Chapter id="formula" title="The whole method fits into one line">
      <p>
        Point at a symbol, or go through the list with the tab key: each says what it is, and what it is when
        0.87 of the five numbers in the next figure gets 4 bits.
      </p>
      <Demo of="formula" name="Symbols" />
      <p>
        The clamp is easy to forget. It keeps a code within the ruler: a number beyond the last mark gets the
        last mark. With a scale from the smallest and largest number nothing is clamped; with a tighter one
        something is, on purpose.
      </p>
    </Chapter>
  );
}
