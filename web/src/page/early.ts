// What a reader presses or sets in a figure before its script has come. index.html notes it from the page's first moment;
// once the figure is awake it is done there, so that nothing has to be pressed twice.

declare global {
  interface Window {
    /** Buttons and inputs that were used while they were still those of the build. */
    early: Set<Element>;
  }
}

type Control = HTMLButtonElement | HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const kControls = "button, input, select, textarea";
const controlsIn = (place: Element): Control[] => [...place.querySelectorAll<Control>(kControls)];

/** What a control is called by: two that are called the same are told apart by their order. */
const nameOf = (control: Control): string =>
  [
    control.type,
    control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? "",
    control instanceof HTMLButtonElement ? control.textContent : "",
    control.type === "radio" ? control.value : "",
  ].join("\n");

const isToggle = (control: Control): control is HTMLInputElement =>
  control instanceof HTMLInputElement && (control.type === "radio" || control.type === "checkbox");

function doAgain(was: Control, now: Control): void {
  if (now instanceof HTMLButtonElement) {
    now.click();
    return;
  }
  if (isToggle(was) && isToggle(now)) {
    // Of a group only the choice that was made last is pressed.
    if (now.checked !== was.checked && (was.checked || was.type === "checkbox")) now.click();
    return;
  }
  if (was instanceof HTMLInputElement && now instanceof HTMLInputElement && was.type === "file")
    now.files = was.files;
  else now.value = was.value;
  now.dispatchEvent(new Event("input", { bubbles: true }));
  now.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Puts what is awake in the place of what was built, and does there what was done before. */
export function replaceKeeping(place: HTMLElement, render: () => void): void {
  const was = controlsIn(place);
  const focused = document.activeElement;
  const used = was
    .filter((one) => one === focused || window.early.has(one))
    .map((one) => {
      const name = nameOf(one);
      return { one, name, nth: was.filter((other) => nameOf(other) === name).indexOf(one) };
    });
  render();
  for (const { one, name, nth } of used) {
    const awake = controlsIn(place).filter((other) => nameOf(other) === name)[nth];
    if (one === focused) awake?.focus({ preventScroll: true });
    if (window.early.delete(one) && awake) doAgain(one, awake);
  }
}
