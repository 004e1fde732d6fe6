// What stands around the chapters: the bar, the contents, the foot.
import type { ComponentType } from "preact";
import { kParts } from "../chapters/list";

function Contents({ id }: { id?: string }) {
  return (
    <ol class="contents" id={id}>
      <li>
        <a href="#opening">Start</a>
      </li>
      {kParts.map((part) => (
        <li key={part.name}>
          <span class="contents-part">{part.name}</span>
          <ol class="contents-list">
            {part.chapters.map((chapter) => (
              <li key={chapter.id}>
                <a href={`#${chapter.id}`}>{chapter.short}</a>
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ol>
  );
}

const kTexts = import.meta.glob<{ default: ComponentType }>("../chapters/*/text.tsx", { eager: true });

function textOf(id: string): ComponentType {
  const text = kTexts[`../chapters/${id}/text.tsx`]?.default;
  if (!text) throw new Error(`chapters/${id}/text.tsx is missing, or exports no default`);
  return text;
}

function Story() {
  const Opening = textOf("opening");
  return (
    <main class="main" id="story">
      <Opening />
      {kParts.map((part) => (
        <>
          <p class="part">{part.name}</p>
          {part.chapters.map((chapter) => {
            const Text = textOf(chapter.id);
            return <Text key={chapter.id} />;
          })}
        </>
      ))}
    </main>
  );
}

export function Page() {
  return (
    <>
      <a class="skip" href="#story">
        Skip to the text
      </a>
      <header class="bar">
        <a class="name" href="#opening">
          Quantlens
        </a>
        <div id="theme-switch" class="needs-script" />
      </header>
      <div class="banner" id="banner" role="status" />
      <div class="page">
        <div class="rail">
          <nav aria-label="Contents">
            <a class="name" href="#opening">
              Quantlens
            </a>
            <Contents id="contents" />
          </nav>
        </div>
        <Story />
        <footer class="foot">
          <p>
            Every number on this page is computed in this tab by the project&rsquo;s C++ core, or comes from a
            file that names its source. Nothing is sent anywhere: the page&rsquo;s own security policy lets it
            connect to no other place.
          </p>
          <p id="core-status" class="needs-script" />
        </footer>
      </div>
      <button type="button" class="sheet-button needs-script" id="sheet-open" aria-haspopup="dialog">
        Contents
      </button>
      <dialog class="sheet" id="sheet" aria-label="Contents">
        <div class="sheet-head">
          Contents
          <button type="button" class="plain-button" id="sheet-close">
            close
          </button>
        </div>
        <nav aria-label="Contents, as a sheet">
          <Contents />
        </nav>
      </dialog>
    </>
  );
}
