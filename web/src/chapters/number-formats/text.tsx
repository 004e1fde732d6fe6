import { Chapter, Note } from "../../page/chapter";
import { Demo } from "../../page/demo";
import { Term } from "../../page/term";

export default function NumberFormats() {
  return (
    <Chapter id="number-formats" title="A format is the list of numbers it can write">
      <p>
        With four bits you can write sixteen numbers at most and no others. Which these are is up to the
        format. Choose one, type a number, and see what it becomes.
      </p>
      <Demo of="number-formats" name="FormatLine" />
      <p>
        <b>Integers</b> (INT) are evenly spaced: the ruler of this page. <b>Floating-point</b> formats (FP)
        keep a few bits for a power of two, so their marks crowd around zero and thin out further away: each
        doubling of size has equally many, but for the few nearest to zero.
      </p>
      <p>
        In the name E4M3 of an <Term of="fp8">FP8</Term> format, four bits are for the power (E, exponent),
        three for the marks between two powers (M, mantissa), and one is the sign. E5M2 has more reach and
        fewer marks. <Term of="microscaling">MXFP4</Term> and <Term of="nvfp4">NVFP4</Term> write 4-bit
        floats, E2M1, with a scale for each 32 or 16.
      </p>
      <p>
        <b>Tables</b> put the marks wherever somebody thought them useful. <Term of="nf4">NF4</Term> follows
        the bell curve that trained weights roughly have: close together where most weights are, far apart at
        the ends.
      </p>
      <p>
        FP16 and BF16, the formats that most models are shipped in, have 16 bits and so at most 65,536 numbers
        each. Zoom in and you see marks there too.
      </p>
      <p>
        Names such as Q4_0 and IQ4_NL belong to <Term of="gguf">GGUF</Term>, the files of llama.cpp. It has an
        MXFP4 and an NVFP4 of its own, which this page calls GGUF MXFP4 and GGUF NVFP4. The first puts what
        lies halfway between two marks on the smaller one; the second has no scale for the whole tensor.
      </p>
      <p>
        Models used to be trained in FP32, which has 32 bits: 8 for the power, 23 for the marks, and the sign.
        BF16 keeps all 8 and 7 of the 23; FP16 has 5 and 10.
      </p>
      <Note title="Where is the scale?">
        Small formats come with a scale for each short run of numbers, of 16 to 256 of them; what is stored is
        multiplied by it when it is read. The line shows the marks before that.
      </Note>
      <Note title="Sources">
        FP8: Micikevicius and others 2022 (arXiv 2209.05433). MXFP4: Rouhani and others 2023 (arXiv
        2310.10537). NVFP4: NVIDIA 2025 (arXiv 2509.25149). NF4: Dettmers and others 2023 (arXiv 2305.14314).
        The formats of GGUF are those of llama.cpp&rsquo;s code.
      </Note>
    </Chapter>
  );
}
