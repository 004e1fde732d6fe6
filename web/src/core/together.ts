// A figure that also shows numbers of other answers comes whole: what came later would move what is being read.
import { computed } from "@preact/signals";
import type { Answer } from "./ask";

/** The first answer, once the others have come too; whoever reads it may then read theirs. */
export function together<R>(answer: Answer<R>, ...others: readonly Answer<object>[]): Answer<R> {
  const all = [answer, ...others];
  return {
    ...answer,
    value: computed(() => (others.every((other) => other.value.value) ? answer.value.value : undefined)),
    error: computed(() => all.map((one) => one.error.value).find(Boolean)),
    stale: computed(() => all.some((one) => one.stale.value)),
  };
}
