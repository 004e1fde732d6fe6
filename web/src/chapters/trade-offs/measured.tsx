// The usual four rows (16, 8, 4 bits and a mix), on the reference model.
import { evaluateEach } from "../../core/evaluate";
import { bytes, significant } from "../../ui/format";
import { Measured, requestOf, type Way } from "../shared/measured";

const kGroups = { scheme: "asymmetric", granularity: "group", group_size: 64 } as const;
const kWays: readonly Way[] = [
  { name: "16 bits", plan: { method: "none" } },
  { name: "8 bits", plan: { method: "rtn", bits: 8, ...kGroups } },
  { name: "4 bits", plan: { method: "rtn", bits: 4, ...kGroups } },
  {
    name: "Mixed: feed-forward in 4 bits, attention in 16",
    plan: { method: "rtn", bits: 4, ...kGroups, layers: "model.layers.*mlp*" },
  },
  { name: "3 bits", plan: { method: "rtn", bits: 3, ...kGroups } },
  { name: "3 bits by GPTQ", plan: { method: "gptq", bits: 3, ...kGroups } },
  { name: "2 bits", plan: { method: "rtn", bits: 2, ...kGroups } },
  { name: "2 bits by GPTQ", plan: { method: "gptq", bits: 2, ...kGroups } },
];
const result = evaluateEach(() => kWays.map(requestOf));

export const MeasuredHere = () => (
  <Measured
    title="Memory against quality, measured here"
    lead="The reference model in the usual sizes, and what a better method saves at the small ones."
    ways={kWays}
    result={result}
    sentence={(items) => {
      const [full, , four, , , , two, gptq] = items;
      return full && four && two && gptq ? (
        <>
          From {bytes(full.bytes)} to <b class="is-quantized">{bytes(four.bytes)}</b> at 4 bits the perplexity
          goes from {significant(full.perplexity, 4)} to {significant(four.perplexity, 4)}. At 2 bits it is{" "}
          <b class="is-error">{significant(two.perplexity, 4)}</b>, by GPTQ{" "}
          <b class="is-good">{significant(gptq.perplexity, 4)}</b> in the same space.
        </>
      ) : (
        "The rows come one after the other."
      );
    }}
  />
);
