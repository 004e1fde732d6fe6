import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function ThisDevice() {
  return (
    <Chapter id="this-device" title="Measure the device that you are reading on">
      <p>
        The tables above are about other people&rsquo;s machines. Here this page&rsquo;s kernels, the loops
        that multiply, run on yours. To write one word, a model multiplies one{" "}
        <Term of="activation">activation</Term> vector by every weight, and each weight comes from memory
        once.
      </p>
      <Demo of="this-device" name="Device" />
      <p>
        Fewer bits a weight are fewer bytes to fetch, so the time falls with them as long as unpacking is
        quicker than memory. The line is what memory gives; where a bar ends short of it, the arithmetic was
        the slower part.
      </p>
      <Note title="How it is measured">
        Weights of 4096 × 4096, each time another copy, so that they are in no cache of the processor. The
        middle of five repetitions, with the machine&rsquo;s own limit measured beside each. A browser gives
        one core and no more than 128-bit SIMD; the same kernels natively are in the report of{" "}
        <code>quantbench --report</code>.
      </Note>
    </Chapter>
  );
}
