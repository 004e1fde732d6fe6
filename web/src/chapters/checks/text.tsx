import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";

export default function ChecksChapter() {
  return (
    <Chapter id="checks" title="You can check the arithmetic yourself">
      <p>A page that computes everything can be wrong everywhere.</p>
      <p>
        So it carries cases that others have computed: GPTQ, AWQ, SmoothQuant, LLM.int8(), QuaRot, KIVI and
        ZeroQuant with their authors&rsquo; code, GGUF with ggml (llama.cpp&rsquo;s library), NF4 and FP4 with
        bitsandbytes, FP8 with ml_dtypes, MX with microxcaling.
      </p>
      <Demo of="checks" name="Checks" />
      <Note title="How near is near enough">
        Codes and blocks of a format must be the same to the bit. Where a reference itself moves when it is
        run in more digits, the answer may be as far off as that, and the table says how far.
      </Note>
    </Chapter>
  );
}
