// What is wrong stands beside the control that it is about, and the control says so: it is invalid, and the message is named.
import { createContext } from "preact";
import { useContext, useLayoutEffect, useMemo } from "preact/hooks";
import type { CoreError } from "../core/requests";

/** Which errors a control is at fault for. */
export type Fault = (error: CoreError) => boolean;

/** Which errors have a control that shows them, and the element in which it does. */
export class Claims {
  private readonly all = new Set<{ at: Fault; id: string }>();

  /** The id of the element that shows this error, if a control does. */
  idFor = (error: CoreError): string | undefined => [...this.all].find(({ at }) => at(error))?.id;

  /** Until what it returns is called: a control may go, and its field's error is the figure's again. */
  claim = (at: Fault, id: string): (() => void) => {
    const one = { at, id };
    this.all.add(one);
    return () => void this.all.delete(one);
  };
}

/** The figure's error, so that the control that is at fault can show it beside itself. */
export interface Problems {
  error: CoreError | undefined;
  claims: Claims;
  /** Where the figure shows what no control does. */
  remark: string;
}
export const ProblemContext = createContext<Problems>({
  error: undefined,
  claims: new Claims(),
  remark: "",
});

export const faultOf =
  (...fields: readonly string[]): Fault =>
  ({ field }) =>
    field !== undefined && fields.includes(field);

/** The core's message for the control that shows it in the element of this id. `at` must be the same at each drawing. */
export function useClaim(at: Fault, id: string): string | undefined {
  const { error, claims } = useContext(ProblemContext);
  // While it is drawn, not after: the figure looks at the claims in the same turn.
  const release = useMemo(() => claims.claim(at, id), [claims, at, id]);
  useLayoutEffect(() => release, [release]);
  return error && at(error) ? error.message : undefined;
}

/** What an input says of a problem: that it has one, and in which element it is written. */
export interface Marks {
  "aria-invalid"?: "true";
  "aria-errormessage"?: string;
  "aria-describedby"?: string;
}

/** The message is a description too: few screen readers know aria-errormessage. */
export function marksFor(
  message: string | undefined,
  ...descriptions: readonly (string | undefined)[]
): Marks {
  const described = [...descriptions, message].filter((id) => id !== undefined).join(" ");
  return {
    ...(message === undefined ? {} : { "aria-invalid": "true", "aria-errormessage": message }),
    ...(described === "" ? {} : { "aria-describedby": described }),
  };
}

/** For a second control of a field: it shows no message, and names the one that stands elsewhere in the figure. */
export function useMarks(field: string): Marks {
  const { error, claims, remark } = useContext(ProblemContext);
  return marksFor(error?.field === field ? (claims.idFor(error) ?? remark) : undefined);
}

/** Said at once by screen readers. */
export const Problem = ({ id, children }: { id: string; children: string }) => (
  <p class="problem" role="alert" id={id}>
    {children}
  </p>
);
