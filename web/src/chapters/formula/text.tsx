import { Chapter } from "../../page/chapter";
import { Demo } from "../../page/demo";

export default function Formula() {
  return (
    <Chapter id="formula" title="The whole method fits into two lines">
      <p>
        The first line makes a code, the second turns it back. Point at a symbol or tap it, or go through the
        list with the tab key: each says what it is, and what its value is for 0.87, one of the five numbers
        of the next chapter, in 4 bits with asymmetric codes.
      </p>
      <Demo of="formula" name="Symbols" />
      <p>
        The clamp is easy to forget. It keeps a code within the ruler: a number beyond the last mark gets the
        last mark. With a scale from the smallest and largest number nothing lies beyond it by more than half
        a step; with a tighter scale something does, on purpose.
      </p>
    </Chapter>
  );
}
