import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function Codebooks() {
  return (
    <Chapter id="codebooks" title="The marks of the ruler can go where the weights are">
      <p>
        <b>What to look for:</b> the levels, the marks of such a ruler, crowd where weights are many. Keeping
        the few largest weights apart does the same from the other side: what is left needs a shorter ruler.
      </p>
      <Demo of="codebooks" name="Levels" />
      <p>
        A <Term of="codebook">codebook</Term> is a table of levels; a weight is stored as the number of the
        nearest one in the table. <b>k{"\u2011"}means</b> finds the table: put levels anywhere, give each
        weight to its nearest, move each level to the mean of its weights, and repeat.
      </p>
      <Demo of="codebooks" name="VectorCells" />
      <p>
        The same works for two weights at a time: <Term of="vector-quantization">vector quantization</Term>. A
        table of pairs covers the plane where pairs really lie, and leaves the empty corners alone. The table
        itself takes bits too; on a small layer many of them.
      </p>
      <Demo of="codebooks" name="SparseOutliers" />
      <p>
        Each weight kept apart takes 16 bits for its value and 16 for its place, and each row 32 more to say
        where its own begin. Compare with the grey squares: where no weight is far from the rest, a bit more
        for all of them is the better bargain.
      </p>
      <p>
        On the synthetic layer, where a few weights are far from the rest, the first tenths of a percent are
        worth most.
      </p>
      <Demo of="codebooks" name="OnTheModel" />
      <Note title="Sources">
        Tables by k{"\u2011"}means: Han, Mao and Dally 2015, Deep Compression (arXiv 1510.00149), section 3;
        vectors: Stock and others 2019 (arXiv 1907.05686), section 3. Sparse outliers: SpQR (arXiv
        2306.03078), section 4, and SqueezeLLM (arXiv 2306.07629), section 4.2.
      </Note>
    </Chapter>
  );
}
