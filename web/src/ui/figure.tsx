// Every figure of the page is built the same way: a claim, the picture, the controls, the live sentence, quiet links.

import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Answer, aboutCore, cannot, core } from "../core/ask";
import { commandOf } from "../core/command";
import { needsModel } from "../core/companions";
import { modelStatus, whyAbsent } from "../core/model";
import type { CoreError, ReceiptRow } from "../core/requests";
import type { ViewState } from "../state/view-state";
import { DataTable, type TableData } from "./data-table";
import { Claims, Problem, ProblemContext } from "./problems";
import { Receipt } from "./receipt";
import { useUniqueId } from "./unique-id";

export interface FigureProps<R extends object> {
  /** One line that says what the picture shows. */
  title: string;
  /** What to look at, in a sentence or two. */
  lead?: ComponentChildren;
  result: Answer<R>;
  // biome-ignore lint/suspicious/noExplicitAny: a figure only resets the state and asks for its link
  view?: ViewState<any>;
  /** The picture, once the core has answered. Until then a placeholder stands in, as tall as page/heights.json says. */
  children: (result: R) => ComponentChildren;
  controls?: ComponentChildren;
  sentence?: ((result: R) => ComponentChildren) | undefined;
  table?: (result: R) => TableData;
  /** The derivation behind the main number; the answer's own receipt unless given. */
  receipt?: (result: R) => readonly ReceiptRow[] | undefined;
  /** What the command line is asked, one line each; the figure's own request unless given. */
  command?: () => object | readonly object[] | undefined;
}

/** An answer that takes longer than this is waited for in sight. */
const kLateMs = 120;
const kCopiedMs = 2000;
const kQuietMs = 700;

export function Figure<R extends object>(props: FigureProps<R>) {
  const { title, lead, result, view, children, controls, sentence, table } = props;
  const value = result.value.value;
  const error = result.error.value;
  const [open, setOpen] = useState<"table" | "how" | "command" | undefined>(undefined);
  const claims = useState(() => new Claims())[0];
  const derived = value ? (props.receipt?.(value) ?? receiptOf(value)) : undefined;
  const receipt = derived && derived.length > 0 ? derived : undefined;
  // Not a reason to draw the figure again, so not read here: the settings are new well before the answer is.
  const stale = useComputed(() => (result.value.value && result.stale.value ? "" : undefined));
  const late = useLate(stale);
  const command = () => {
    const asked = props.command ? props.command() : result.request.value;
    return asked && [asked].flat().map(commandOf).join("\n");
  };
  const toggle = (panel: "table" | "how" | "command") => () => setOpen(open === panel ? undefined : panel);
  const titleId = useUniqueId();
  const remark = useUniqueId();
  return (
    <ProblemContext.Provider value={{ error, claims, remark }}>
      <figure class="figure" aria-labelledby={titleId}>
        <figcaption class="figure-title" id={titleId}>
          {title}
        </figcaption>
        {lead ? <p class="figure-lead">{lead}</p> : null}
        <div class="picture" data-stale={stale} data-late={late}>
          <Progress share={result.progress} />
          {value ? children(value) : <Placeholder model={asksModel(result)} />}
        </div>
        {controls ? <div class="controls needs-script">{controls}</div> : null}
        <Remark error={error} claims={claims} id={remark} />
        {sentence ? <Sentence>{value ? sentence(value) : null}</Sentence> : null}
        <div class="links needs-script">
          {table ? (
            <PanelButton name="table" open={open === "table"} onClick={toggle("table")} disabled={!value} />
          ) : null}
          <PanelButton name="how?" open={open === "how"} onClick={toggle("how")} disabled={!value} />
          <CopyCommand command={command} />
          {view ? (
            <>
              <CopyButton name="link to this view" text={() => location.href.split("#")[0] + view.link()} />
              <button type="button" disabled={!view.changed.value} onClick={() => view.reset()}>
                reset
              </button>
            </>
          ) : null}
        </div>
        {open === "table" && table && value ? (
          <div class="panel">
            <DataTable {...table(value)} />
          </div>
        ) : null}
        {open === "how" && value ? (
          <div class="panel">
            {receipt ? <Receipt rows={receipt} caption={`How it came about: ${title}`} /> : null}
            <AskedOf command={command} />
          </div>
        ) : null}
      </figure>
    </ProblemContext.Provider>
  );
}

const receiptOf = (value: object): readonly ReceiptRow[] | undefined =>
  (value as { receipt?: readonly ReceiptRow[] }).receipt;

/** What was asked, and who answered: with it anybody gets the same numbers. */
function AskedOf({ command }: { command: () => string | undefined }) {
  const about = aboutCore.value.value;
  const asked = command();
  if (!asked) return null;
  return (
    <>
      <p class="figure-lead">
        Asked of the core{about ? ` ${about.version} (${about.instruction_set})` : ""}; in a terminal the same
        is
      </p>
      <code class="command">{asked}</code>
    </>
  );
}

function CopyCommand({ command }: { command: () => string | undefined }) {
  return command() ? <CopyButton name="copy as command" text={() => command() ?? ""} /> : null;
}

/** Whether the picture has been stale for a while: a drag over quick answers must not flicker. */
function useLate(stale: ReadonlySignal<"" | undefined>): ReadonlySignal<"" | undefined> {
  const late = useSignal<"" | undefined>(undefined);
  useSignalEffect(() => {
    if (stale.value === undefined) {
      late.value = undefined;
      return;
    }
    const timer = setTimeout(() => {
      late.value = "";
    }, kLateMs);
    return () => clearTimeout(timer);
  });
  return late;
}

/** How far the answer is, where it says so. */
function Progress({ share }: { share: ReadonlySignal<number | undefined> }) {
  return (
    <div class="progress" style={{ "--share": String(share.value ?? 0.35) }}>
      <i />
    </div>
  );
}

const asksModel = (result: Answer<object>): boolean => {
  const request = result.request.value;
  return request !== undefined && needsModel(request);
};

/** What a figure on the language model waits for. */
function waitingForModel(): string {
  if (import.meta.env.SSR) return "waiting for the model";
  const status = modelStatus.value;
  if (status.state === "loading") return `the model is on its way: ${Math.floor(status.share * 100)}\u00a0%`;
  return whyAbsent(status) ?? "waiting for the model";
}

/** What a figure waits for, in words; undefined once core and model are there. */
export function waitingFor(model: boolean): string | undefined {
  if (cannot.value) return cannot.value;
  if (model && modelStatus.value.state !== "ready") return waitingForModel();
  return core.status.value.state === "ready" ? undefined : "waiting for the core";
}

function Placeholder({ model }: { model: boolean }) {
  const absent = model && !import.meta.env.SSR && modelStatus.value.state === "missing";
  return (
    <div class="placeholder" data-absent={absent ? "" : undefined}>
      <span class="needs-script">
        {waitingFor(model) ?? (model ? "the model is at work" : "the core is at work")}
      </span>
      <span class="without-script">This picture is drawn by the page's script.</span>
    </div>
  );
}

/** An error that no control on the figure shows beside itself. */
function Remark({ error, claims, id }: { error: CoreError | undefined; claims: Claims; id: string }) {
  if (!error || claims.idFor(error)) return null;
  return <Problem id={id}>{error.message}</Problem>;
}

/** The result in words. It is read aloud once the reader has stopped moving the controls. */
function Sentence({ children }: { children: ComponentChildren }) {
  const shown = useRef<HTMLParagraphElement>(null);
  const spoken = useRef<HTMLParagraphElement>(null);
  const first = useRef(true);
  const reserved = useRef({ width: 0, height: 0 }).current;
  // A sentence that was three lines long keeps their room when it is two: what follows must not move with each number.
  useLayoutEffect(() => {
    const element = shown.current;
    if (!element) return;
    if (element.clientWidth !== reserved.width) {
      Object.assign(reserved, { width: element.clientWidth, height: 0 });
      element.style.minHeight = "";
    }
    if (element.offsetHeight <= reserved.height) return;
    reserved.height = element.offsetHeight;
    element.style.minHeight = `${reserved.height}px`;
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      // Not textContent, which has what is only there for its room as well.
      const text = shown.current?.innerText ?? "";
      if (text && first.current) first.current = false;
      else if (spoken.current && spoken.current.textContent !== text) spoken.current.textContent = text;
    }, kQuietMs);
    return () => clearTimeout(timer);
  });
  return (
    <>
      <p class="sentence" ref={shown}>
        {children}
      </p>
      <p class="hidden-text" role="status" ref={spoken} />
    </>
  );
}

interface PanelButtonProps {
  name: string;
  open: boolean;
  onClick: () => void;
  disabled?: boolean;
}

function PanelButton({ name, open, onClick, disabled = false }: PanelButtonProps) {
  return (
    <button type="button" aria-expanded={open} onClick={onClick} disabled={disabled}>
      {name}
    </button>
  );
}

function CopyButton({ name, text }: { name: string; text: () => string }) {
  const [said, setSaid] = useState<string | undefined>(undefined);
  const [last, setLast] = useState("");
  const copy = async () => {
    const wanted = text();
    setLast(wanted);
    const copied = await navigator.clipboard?.writeText(wanted).then(
      () => true,
      () => false,
    );
    // Where the clipboard is closed to us the text itself is shown, to be copied by hand.
    setSaid(copied ? "copied" : wanted);
    if (copied) setTimeout(() => setSaid(undefined), kCopiedMs);
  };
  return (
    <>
      <button type="button" onClick={copy} aria-label={name} data-copied={last || undefined}>
        {said === "copied" ? "copied" : name}
      </button>
      <span class="hidden-text" role="status">
        {said === "copied" ? `${name}: copied` : ""}
      </span>
      {said && said !== "copied" ? <code class="command">{said}</code> : null}
    </>
  );
}
