// What stands below a control and what its inputs say of it: a hint, what is wrong, why it waits. The same for all controls.
import { type ComponentChildren, createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { type Fault, faultOf, type Marks, marksFor, Problem, useClaim } from "./problems";
import { useUniqueId } from "./unique-id";

const IdleContext = createContext<string | undefined>(undefined);

/** Controls that do nothing now, since another setting decides in their place. They keep their values. */
export function Idle({ when, why, children }: { when: boolean; why: string; children: ComponentChildren }) {
  return <IdleContext.Provider value={when ? why : undefined}>{children}</IdleContext.Provider>;
}

export interface Notes {
  /** For each input of the control, or for the group where its inputs cannot be wrong by themselves. */
  marks: Marks;
  /** For an input that has no part in what is wrong. */
  others: Marks;
  /** Whether its inputs are disabled. */
  idle: boolean;
  /** Hint and message, to be drawn last. */
  below: ComponentChildren;
}

export interface About {
  hint?: string | undefined;
  /** What the control itself finds wrong, before the core is asked. */
  wrong?: string | undefined;
}

/** `fields`: what the core calls the settings that are made here. Or which of its errors are about this control. */
export function useNotes(fields: readonly string[] | Fault, { hint, wrong }: About = {}): Notes {
  const id = useUniqueId();
  const [hintId, problemId] = [`${id}-hint`, `${id}-problem`];
  const why = useContext(IdleContext);
  const names = typeof fields === "function" ? fields : fields.join(" ");
  const at = useMemo(() => (typeof names === "function" ? names : faultOf(...names.split(" "))), [names]);
  const refused = useClaim(at, problemId);
  const message = wrong ?? refused;
  const described = [hint ? hintId : undefined, why];
  return {
    marks: marksFor(message ? problemId : undefined, ...described),
    others: marksFor(undefined, ...described),
    idle: why !== undefined,
    below: (
      <>
        {hint ? (
          <p class="hint" id={hintId}>
            {hint}
          </p>
        ) : null}
        {message ? <Problem id={problemId}>{message}</Problem> : null}
      </>
    ),
  };
}
