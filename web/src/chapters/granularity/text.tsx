import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Granularity() {
  return (
    <Chapter id="granularity" title="The fewer numbers share a ruler, the better it fits them">
      <p>
        One large weight stretches the ruler for everyone who shares it. So the question is who shares:{" "}
        <Term of="granularity">the whole matrix, one row, or a short run of a row</Term>. Below is a weight
        matrix; the stronger the colour, the further a weight has moved.
      </p>
      <Demo of="granularity" name="ErrorMap" />
      <p>
        Little colour is not always good. The stripes with hardly any in the down matrix of block 4, with one
        scale for all, are inputs whose weights nearly all lie less than half a step from zero. They become
        zero: the error is small, but it is all that they were.
      </p>
      <p>
        With one scale <Term of="per-tensor">for the whole matrix</Term> (a <b>tensor</b> is any table of
        numbers), the largest weight of all sets the step. With one for each{" "}
        <Term of="per-channel">channel</Term>, here an output channel (a row), rows of small weights get a
        finer ruler.
      </p>
      <p>
        With <b>groups</b>, a large weight spoils only its own{" "}
        <Term of="group-size">run of consecutive inputs</Term> in its own row.
      </p>
      <p>
        Every scale takes 16 bits of its own. In groups of 32 that is half a bit for each weight, so 4 bits
        are really 4.5. The figure counts them.
      </p>
      <Note title="Not groups of channels">
        Per-group is often drawn as several rows sharing a scale. In GPTQ, AWQ and the formats of GGUF it is
        the other way round: one row has several scales. (Square blocks exist too: DeepSeek-V3 is shipped in
        FP8 with one scale for each 128 rows by 128 columns.)
      </Note>
    </Chapter>
  );
}
