import type { ComponentChildren } from "preact";

export const kFirstBar = "The first bar is on its way.";

/** A picture, and while `words` are given a sentence in its place, which is as tall as the picture will be. */
export const ToCome = ({ words, children }: { words: string | undefined; children: ComponentChildren }) => (
  <div class="to-come">
    <div class={words ? "unwritten" : ""}>{children}</div>
    {words ? (
      <p class="words">
        <span class="needs-script">{words}</span>
        <span class="without-script">What is measured here is measured by the page&rsquo;s script.</span>
      </p>
    ) : null}
  </div>
);
