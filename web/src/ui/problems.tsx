import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { CoreError } from "../core/requests";

/** The figure's error, so that the control whose field it names can show it beside itself. */
export const ProblemContext = createContext<{ error: CoreError | undefined; claim(field: string): void }>({
  error: undefined,
  claim: () => {},
});

/** The core's message about this field, if there is one. */
export function Problem({ field }: { field: string }) {
  const { error, claim } = useContext(ProblemContext);
  claim(field);
  if (!error || error.field !== field) return null;
  return (
    <p class="problem" role="alert" id={`problem-${field}`}>
      {error.message}
    </p>
  );
}
