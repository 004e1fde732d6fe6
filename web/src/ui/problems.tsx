import { createContext } from "preact";
import { useContext, useLayoutEffect, useMemo } from "preact/hooks";
import type { CoreError } from "../core/requests";

/** Which fields have a control that shows what is wrong with them. */
export class Claims {
  private readonly counts = new Map<string, number>();

  has = (field: string): boolean => (this.counts.get(field) ?? 0) > 0;

  /** Until what it returns is called: a control may go, and its field's error is the figure's again. */
  claim = (field: string): (() => void) => {
    const add = (change: number) => this.counts.set(field, (this.counts.get(field) ?? 0) + change);
    add(1);
    return () => void add(-1);
  };
}

/** The figure's error, so that the control whose field it names can show it beside itself. */
export const ProblemContext = createContext<{ error: CoreError | undefined; claims: Claims }>({
  error: undefined,
  claims: new Claims(),
});

/** The core's message about this field, if there is one. */
export function Problem({ field }: { field: string }) {
  const { error, claims } = useContext(ProblemContext);
  // While it is drawn, not after: the figure looks at the claims in the same turn.
  const release = useMemo(() => claims.claim(field), [claims, field]);
  useLayoutEffect(() => release, [release]);
  if (!error || error.field !== field) return null;
  return (
    <p class="problem" role="alert">
      {error.message}
    </p>
  );
}
