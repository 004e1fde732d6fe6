import type { ComponentChildren } from "preact";

/** A section of the page. Its heading says the point, not the topic. */
export function Chapter({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="chapter" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** A remark beside the text: a source, a caveat. On narrow screens it folds under its first line. */
export function Note({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="note">
      <summary>{title}</summary>
      <p>{children}</p>
    </details>
  );
}
