// A figure over numbers that are in a file, not asked of the core.
import { signal } from "@preact/signals";
import type { Answer } from "./ask";

export function fixed<R extends object>(value: R): Answer<R> {
  return {
    value: signal(value),
    error: signal(undefined),
    stale: signal(false),
    progress: signal(undefined),
    request: signal(undefined),
  };
}
