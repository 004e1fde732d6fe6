// To lay out the whole page takes longer than all else before the first paint. While the page arrives at its top, chapters
// out of sight are skipped (layout.css, .arriving); after the paint they are laid out, one a frame.
import { chapterOf } from "../state/link";

export function layOutInTurn(): void {
  const page = document.documentElement;
  if (!page.classList.contains("arriving")) return;
  const chapters = [...document.querySelectorAll(".chapter")];
  // A link followed meanwhile went to where its chapter seemed to be.
  const goAgain = () => {
    end();
    document.getElementById(chapterOf(location.hash))?.scrollIntoView();
  };
  const end = () => {
    page.classList.remove("arriving");
    removeEventListener("hashchange", goAgain);
  };
  const next = () => {
    const chapter = chapters.shift();
    if (!chapter) return end();
    chapter.classList.add("arrived");
    requestAnimationFrame(next);
  };
  addEventListener("hashchange", goAgain, { once: true });
  requestAnimationFrame(next);
}
