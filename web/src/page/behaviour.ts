// The small behaviour of the page around its figures: where the reader is, the contents sheet, the cards of terms.
import { chapterOf } from "../state/link";

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

/** Scrolls a list of contents by itself, not the page, until the chapter that the reader is in stands in sight. */
function showCurrent(scroller: HTMLElement): void {
  const link = scroller.querySelector<HTMLElement>("[aria-current]");
  if (!link || scroller.offsetHeight === 0) return;
  const [box, at] = [scroller.getBoundingClientRect(), link.getBoundingClientRect()];
  const margin = 2 * at.height;
  if (at.top >= box.top + margin && at.bottom <= box.bottom - margin) return;
  scroller.scrollTop += (at.top + at.bottom - box.top - box.bottom) / 2;
}

/** Marks the chapter that the reader is in, in both tables of contents, and draws the line of what is read down to it. */
export function followReading(): void {
  const sections = [...document.querySelectorAll<HTMLElement>(".opening, .chapter")];
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".contents a")];
  const lists = [...document.querySelectorAll<HTMLElement>("ol.contents")];
  const rail = document.querySelector<HTMLElement>(".rail nav");
  let asked = false;
  let was: HTMLElement | undefined;
  const mark = () => {
    asked = false;
    const line = innerHeight * 0.35;
    const at = Math.max(
      0,
      sections.findLastIndex((section) => section.getBoundingClientRect().top <= line),
    );
    const here = sections[at];
    const box = here?.getBoundingClientRect();
    const within = box ? Math.max(0, Math.min(1, (line - box.top) / box.height)) : 0;
    const placeOf = (list: HTMLElement, section: HTMLElement | undefined): number => {
      const link = list.querySelector<HTMLElement>(`a[href="#${section?.id}"]`);
      return link ? link.offsetTop + link.offsetHeight / 2 : list.offsetHeight;
    };
    for (const list of lists) {
      if (list.offsetHeight === 0) continue;
      const from = placeOf(list, here);
      const read = from + within * (placeOf(list, sections[at + 1]) - from);
      list.style.setProperty("--progress", String(read / list.offsetHeight));
    }
    for (const link of links) {
      if (link.hash === `#${here?.id}`) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    // Only when another chapter begins: in between, the reader may look around in the list.
    if (rail && here !== was) showCurrent(rail);
    was = here;
  };
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(mark);
  };
  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask, { passive: true });
  mark();
}

export function openContents(): void {
  const sheet = find<HTMLDialogElement>("sheet");
  const open = () => {
    sheet.showModal();
    // Its list has a height only now.
    dispatchEvent(new Event("scroll"));
    showCurrent(sheet);
  };
  find("sheet-open").addEventListener("click", open);
  if (window.early.has(find("sheet-open"))) open();
  find("sheet-close").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target === sheet || target.closest("a")) sheet.close();
  });
}

/** An address such as #rounding?bits=3 names a place that only we understand. */
export function followLink(): void {
  const go = () => {
    if (location.hash.includes("?")) document.getElementById(chapterOf(location.hash))?.scrollIntoView();
  };
  addEventListener("hashchange", go);
  go();
}

const kCardGap = 6;
/** The way of the pointer from a term to its card may take so long. */
const kCardStaysMs = 200;

/** Shows a term's meaning, taken from the glossary in the page, while the reader points at it or at its card. */
export function explainTerms(): void {
  let card: HTMLElement | undefined;
  let of: HTMLAnchorElement | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const hide = () => {
    clearTimeout(leaving);
    of?.removeAttribute("aria-describedby");
    card?.remove();
    card = undefined;
    of = undefined;
  };
  const show = (link: HTMLAnchorElement) => {
    clearTimeout(leaving);
    if (link === of) return;
    hide();
    const entry = document.getElementById(link.hash.slice(1));
    if (!entry) return;
    card = document.createElement("div");
    card.className = "term-card";
    card.setAttribute("role", "tooltip");
    card.id = "term-card";
    const name = document.createElement("b");
    name.textContent = entry.querySelector("dt")?.textContent ?? "";
    card.append(name, entry.querySelector("dd")?.textContent ?? "");
    document.body.append(card);
    of = link;
    link.setAttribute("aria-describedby", card.id);
    const box = link.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - card.offsetWidth - 16);
    const above = box.bottom + card.offsetHeight + kCardGap > innerHeight;
    card.style.left = `${Math.max(16, left) + scrollX}px`;
    card.style.top = `${(above ? box.top - card.offsetHeight - kCardGap : box.bottom + kCardGap) + scrollY}px`;
  };
  const termAt = (event: Event) => (event.target as Element | null)?.closest?.<HTMLAnchorElement>("a.term");
  document.addEventListener("pointerover", (event) => {
    const term = termAt(event);
    if (term) show(term);
    else if (card?.contains(event.target as Node)) clearTimeout(leaving);
  });
  document.addEventListener("pointerout", (event) => {
    if (!termAt(event) && !card?.contains(event.target as Node)) return;
    clearTimeout(leaving);
    leaving = setTimeout(hide, kCardStaysMs);
  });
  document.addEventListener("focusin", (event) => {
    const term = termAt(event);
    if (term) show(term);
  });
  document.addEventListener("focusout", (event) => {
    if (termAt(event)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}
