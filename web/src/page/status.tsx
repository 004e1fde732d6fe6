import { computed } from "@preact/signals";
import { aboutCore, core } from "../core/ask";

const kBuildNames = { simd128: "WebAssembly SIMD", relaxed: "WebAssembly relaxed SIMD" } as const;

/** What the reader must know when the figures cannot live. */
const trouble = computed(() => {
  const status = core.status.value;
  if (status.state === "unsupported")
    return "This browser has no WebAssembly SIMD, which the figures are computed with. The text and the formulas are all here; the figures stay empty.";
  if (status.state === "failed")
    return `The figures cannot be computed: ${status.message}. The text is complete without them.`;
  return "";
});

export const Banner = () => <>{trouble}</>;

/** Which core runs here. */
export function CoreStatus() {
  const status = core.status.value;
  const about = aboutCore.value.value;
  if (status.state !== "ready" || !about) return null;
  return (
    <>
      Core {about.version}, {kBuildNames[status.build]} build.
    </>
  );
}
